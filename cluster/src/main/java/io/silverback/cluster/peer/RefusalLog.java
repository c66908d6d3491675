package io.silverback.cluster.peer;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * Log lines of connections that were ended, few of each reason: strangers must not fill the disk.
 * Thread-safe.
 */
final class RefusalLog {
  private static final Logger logger = System.getLogger(SealedNetwork.class.getName());
  private static final long NANOS_BETWEEN = TimeUnit.SECONDS.toNanos(10);

  private final Map<Refusal, Long> lastNanos = new EnumMap<>(Refusal.class);

  /**
   * Logs a refusal, or one of many.
   *
   * @param peer its address
   */
  void log(Refusal refusal, String peer, String message) {
    Level level =
        switch (refusal) {
          case REPLACED, DROPPED -> Level.DEBUG;
          case NAME, VERSION, SECRET, MALFORMED, SEAL, TIMEOUT, CROWDED, FULL -> Level.WARNING;
        };
    if (logger.isLoggable(level) && isDue(refusal)) {
      logger.log(level, message + " peer=" + peer + " reason=" + refusal);
    }
  }

  private synchronized boolean isDue(Refusal refusal) {
    long now = System.nanoTime();
    Long last = lastNanos.get(refusal);
    if (last != null && now - last < NANOS_BETWEEN) {
      return false;
    }
    lastNanos.put(refusal, now);
    return true;
  }
}
