package io.silverback.server.log;

import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;

/**
 * Where the lines go and which of them. Thread-safe; lines of several threads do not mix.
 *
 * @param level from which gravity on our own events are shown
 */
record LogSink(LogLevel level, LogFormat format, PrintStream out) {
  static final String OWN_PREFIX = "io.silverback.";

  boolean shows(String loggerName, System.Logger.Level eventLevel) {
    LogLevel least = loggerName.startsWith(OWN_PREFIX) ? level : libraryLevel();
    return eventLevel != System.Logger.Level.OFF
        && eventLevel.getSeverity() >= least.platformLevel().getSeverity();
  }

  /**
   * Libraries speak one level later: what is news to them is detail to the operator of a gateway.
   */
  LogLevel libraryLevel() {
    return switch (level) {
      case DEBUG -> LogLevel.INFO;
      case INFO, WARN -> LogLevel.WARN;
      case ERROR -> LogLevel.ERROR;
    };
  }

  /** Writes the event, whatever its level. */
  void write(String loggerName, System.Logger.Level eventLevel, String sentence, LogFields fields) {
    var event =
        new LogEvent(
            Instant.now(),
            LogLevel.of(eventLevel),
            Caller.find(loggerName, level == LogLevel.DEBUG),
            sentence,
            fields);
    byte[] line = format.line(event).getBytes(StandardCharsets.UTF_8);
    out.write(line, 0, line.length);
    out.flush();
  }
}
