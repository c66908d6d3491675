package io.silverback.server.log;

import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogManager;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.logging.SimpleFormatter;

/** Carries what libraries log through java.util.logging to the gateway's log. */
final class JulBridge extends Handler {
  private JulBridge() {
    setFormatter(new SimpleFormatter());
  }

  /** Takes the place of all handlers that java.util.logging has. */
  static void install(LogLevel least) {
    LogManager.getLogManager().reset();
    Logger root = Logger.getLogger("");
    root.setLevel(
        switch (least) {
          case DEBUG -> Level.FINE;
          case INFO -> Level.INFO;
          case WARN -> Level.WARNING;
          case ERROR -> Level.SEVERE;
        });
    root.addHandler(new JulBridge());
  }

  @Override
  public void publish(LogRecord event) {
    Throwable thrown = event.getThrown();
    Logging.sink()
        .write(
            String.valueOf(event.getLoggerName()),
            level(event.getLevel()),
            getFormatter().formatMessage(event),
            thrown == null ? LogFields.NONE : LogFields.of("err", thrown));
  }

  @Override
  public void flush() {}

  @Override
  public void close() {}

  private static System.Logger.Level level(Level level) {
    int value = level.intValue();
    if (value >= Level.SEVERE.intValue()) {
      return System.Logger.Level.ERROR;
    }
    if (value >= Level.WARNING.intValue()) {
      return System.Logger.Level.WARNING;
    }
    return value >= Level.INFO.intValue() ? System.Logger.Level.INFO : System.Logger.Level.DEBUG;
  }
}
