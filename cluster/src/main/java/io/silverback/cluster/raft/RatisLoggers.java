package io.silverback.cluster.raft;

import java.util.List;
import java.util.logging.Level;
import java.util.logging.Logger;

/**
 * The loggers of Ratis, which tell every unreachable peer with a stack trace, again and again. Held
 * on to, since a logger that nobody holds forgets its level.
 */
final class RatisLoggers {
  private static final List<Logger> LOGGERS = List.of(Logger.getLogger("org.apache.ratis"));

  private RatisLoggers() {}

  /** Lets only errors through, where nothing else was configured. */
  static void quiet() {
    for (Logger each : LOGGERS) {
      if (each.getLevel() == null) {
        each.setLevel(Level.SEVERE);
      }
    }
  }
}
