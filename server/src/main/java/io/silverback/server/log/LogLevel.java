package io.silverback.server.log;

import java.util.Locale;

/** How grave an event is, and from which gravity on events are shown. */
public enum LogLevel {
  DEBUG(System.Logger.Level.DEBUG),
  INFO(System.Logger.Level.INFO),
  WARN(System.Logger.Level.WARNING),
  /** An operator must act. */
  ERROR(System.Logger.Level.ERROR);

  private final System.Logger.Level platformLevel;

  LogLevel(System.Logger.Level platformLevel) {
    this.platformLevel = platformLevel;
  }

  /**
   * The level that {@code --log.level} names, in any case.
   *
   * @throws IllegalArgumentException if there is none; the message is for the user
   */
  public static LogLevel of(String name) {
    return switch (name.toLowerCase(Locale.ROOT)) {
      case "debug" -> DEBUG;
      case "info" -> INFO;
      case "warn" -> WARN;
      case "error" -> ERROR;
      // upstream: promslog's words.
      default -> throw new IllegalArgumentException("unrecognized log level " + name);
    };
  }

  /** The gravest level that is not above that of the platform. */
  static LogLevel of(System.Logger.Level level) {
    int severity = level.getSeverity();
    if (severity >= System.Logger.Level.ERROR.getSeverity()) {
      return ERROR;
    }
    if (severity >= System.Logger.Level.WARNING.getSeverity()) {
      return WARN;
    }
    return severity >= System.Logger.Level.INFO.getSeverity() ? INFO : DEBUG;
  }

  System.Logger.Level platformLevel() {
    return platformLevel;
  }

  /** As a line shows it. */
  String text() {
    return name().toLowerCase(Locale.ROOT);
  }
}
