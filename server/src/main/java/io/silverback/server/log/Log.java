package io.silverback.server.log;

import java.util.ResourceBundle;
import org.jspecify.annotations.Nullable;

/**
 * A {@link System.Logger} that takes a sentence and alternating keys and values:
 *
 * <pre>{@code
 * log.error("could not load persisted metrics", "file", file, "err", e.getMessage());
 * }</pre>
 *
 * <p>The sentence is a constant; everything that varies is a value. Texts of any origin may be
 * values: they cannot forge a line, and long ones are cut. A {@link Throwable} as a value adds its
 * stack, so for an expected failure give its message instead. Thread-safe.
 */
public final class Log {
  private static final @Nullable ResourceBundle NO_BUNDLE = null;

  private final System.Logger logger;

  private Log(System.Logger logger) {
    this.logger = logger;
  }

  public static Log of(Class<?> owner) {
    return new Log(System.getLogger(owner.getName()));
  }

  /** An operator must act. */
  public void error(String sentence, Object... keysAndValues) {
    write(LogLevel.ERROR, sentence, keysAndValues);
  }

  public void warn(String sentence, Object... keysAndValues) {
    write(LogLevel.WARN, sentence, keysAndValues);
  }

  public void info(String sentence, Object... keysAndValues) {
    write(LogLevel.INFO, sentence, keysAndValues);
  }

  public void debug(String sentence, Object... keysAndValues) {
    write(LogLevel.DEBUG, sentence, keysAndValues);
  }

  /** True if events of that level are shown; worth asking where the values cost something. */
  public boolean shows(LogLevel level) {
    return logger.isLoggable(level.platformLevel());
  }

  void write(LogLevel level, String sentence, Object... keysAndValues) {
    if (shows(level)) {
      logger.log(level.platformLevel(), NO_BUNDLE, sentence, LogFields.of(keysAndValues));
    }
  }
}
