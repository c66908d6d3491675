package io.silverback.server.web;

import io.silverback.server.log.Log;
import io.silverback.server.log.RateLimitedLog;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;

/**
 * Counts the connections that did not get through their TLS handshake, and logs why. Thread-safe.
 */
public final class HandshakeFailures {
  /** Some probes connect every few seconds and never shake hands. */
  private static final Duration LOG_INTERVAL = Duration.ofMinutes(1);

  private static final int MAX_LOG_SUBJECTS = 1000;

  private final Map<HandshakeFailure, LongAdder> counts = new ConcurrentHashMap<>();
  private final RateLimitedLog log =
      new RateLimitedLog(
          Log.of(HandshakeFailures.class), LOG_INTERVAL, MAX_LOG_SUBJECTS, System::nanoTime);

  private record Subject(String host, HandshakeFailure reason) {}

  /**
   * Counts one connection, and logs it unless the same happened to that client a moment ago.
   *
   * @param host of the client
   * @param detail what the log says besides the reason
   */
  public void note(HandshakeFailure reason, String host, int port, String detail) {
    adder(reason).increment();
    log.info(
        new Subject(host, reason),
        "TLS handshake failed",
        "source",
        host + ":" + port,
        "reason",
        reason.label(),
        "err",
        detail);
  }

  /** How often it happened since the start. */
  public long count(HandshakeFailure reason) {
    return adder(reason).sum();
  }

  private LongAdder adder(HandshakeFailure reason) {
    return counts.computeIfAbsent(reason, _ -> new LongAdder());
  }
}
