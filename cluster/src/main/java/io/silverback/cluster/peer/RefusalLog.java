package io.silverback.cluster.peer;

import static java.util.Map.entry;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.EnumMap;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;

/**
 * Log lines of connections that were ended, few of each reason: strangers must not fill the disk.
 * Thread-safe.
 */
final class RefusalLog {
  private static final Logger logger = System.getLogger(SealedNetwork.class.getName());
  private static final long NANOS_BETWEEN = TimeUnit.SECONDS.toNanos(10);

  private final Map<Refusal, Turn> turns = new EnumMap<>(Refusal.class);

  private static final class Turn {
    private long nanos;
    private long suppressed;
  }

  /**
   * Logs a refusal, or one of many.
   *
   * @param peer its address
   */
  void log(Refusal refusal, String peer, String message) {
    Level level =
        switch (refusal) {
          case REPLACED, DROPPED -> Level.DEBUG;
          case NEWER -> Level.INFO;
          case NAME, VERSION, SECRET, MALFORMED, SEAL, TIMEOUT, CROWDED, FULL -> Level.WARNING;
        };
    if (logger.isLoggable(level)) {
      suppressedIfDue(refusal)
          .ifPresent(
              suppressed ->
                  logger.log(
                      level,
                      "a connection to or from a peer is refused",
                      entry("peer", peer),
                      entry("refusal", refusal),
                      entry("reason", message),
                      entry("suppressed", suppressed)));
    }
  }

  /** How many of that reason were left out since the last line; empty if this one is, too. */
  private synchronized OptionalLong suppressedIfDue(Refusal refusal) {
    long now = System.nanoTime();
    Turn turn = turns.get(refusal);
    if (turn != null && now - turn.nanos < NANOS_BETWEEN) {
      turn.suppressed++;
      return OptionalLong.empty();
    }
    var next = new Turn();
    next.nanos = now;
    turns.put(refusal, next);
    return OptionalLong.of(turn == null ? 0 : turn.suppressed);
  }
}
