package io.silverback.server.log;

import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Set;

/**
 * How an event becomes a line. Whatever its texts hold, it stays one line and its parts can be told
 * apart.
 */
public enum LogFormat {
  /** {@code ts=... level=... caller=... msg="..." key=value}. */
  LOGFMT {
    @Override
    void begin(StringBuilder line) {}

    @Override
    void append(StringBuilder line, String key, Object value) {
      if (!line.isEmpty()) {
        line.append(' ');
      }
      LogText.appendLogfmt(line, key);
      line.append('=');
      LogText.appendLogfmt(line, value.toString());
    }

    @Override
    void end(StringBuilder line) {}
  },
  /** The same as an object, numbers and booleans as such. */
  JSON {
    @Override
    void begin(StringBuilder line) {
      line.append('{');
    }

    @Override
    void append(StringBuilder line, String key, Object value) {
      if (line.length() > 1) {
        line.append(',');
      }
      LogText.appendJson(line, key);
      line.append(':');
      if (value instanceof Boolean || value instanceof Integer || value instanceof Long) {
        line.append(value);
      } else {
        LogText.appendJson(line, value.toString());
      }
    }

    @Override
    void end(StringBuilder line) {
      line.append('}');
    }
  };

  // upstream: the keys and their order are those of promslog in its go-kit style.
  private static final String TIME = "ts";
  private static final String LEVEL = "level";
  private static final String CALLER = "caller";
  private static final String MESSAGE = "msg";
  private static final Set<String> RESERVED = Set.of(TIME, LEVEL, CALLER, MESSAGE);

  private static final DateTimeFormatter MILLISECONDS =
      DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.SSS'Z'").withZone(ZoneOffset.UTC);

  private static final int LONGEST_VALUE = 2048;
  private static final int LONGEST_STACK = 8192;

  /**
   * The format that {@code --log.format} names.
   *
   * @throws IllegalArgumentException if there is none; the message is for the user
   */
  public static LogFormat of(String name) {
    return switch (name) {
      case "logfmt" -> LOGFMT;
      case "json" -> JSON;
      // upstream: promslog's words.
      default -> throw new IllegalArgumentException("unrecognized log format " + name);
    };
  }

  /** The event with its line break. */
  String line(LogEvent event) {
    var line = new StringBuilder(256);
    begin(line);
    append(line, TIME, MILLISECONDS.format(event.time()));
    append(line, LEVEL, event.level().text());
    append(line, CALLER, event.caller());
    append(line, MESSAGE, LogText.cut(event.sentence(), LONGEST_VALUE));
    event
        .fields()
        .forEach(
            (key, value) -> {
              String free = RESERVED.contains(key) ? "logged_" + key : key;
              append(line, free, LogText.bounded(value, LONGEST_VALUE));
              if (value instanceof Throwable failure) {
                append(line, "stack", LogText.cut(LogText.stack(failure), LONGEST_STACK));
              }
            });
    end(line);
    return line.append('\n').toString();
  }

  abstract void begin(StringBuilder line);

  abstract void append(StringBuilder line, String key, Object value);

  abstract void end(StringBuilder line);
}
