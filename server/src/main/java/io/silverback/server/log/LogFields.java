package io.silverback.server.log;

import java.util.function.BiConsumer;

/** Keys and values of one event, in the order in which the code gave them. */
final class LogFields {
  static final LogFields NONE = new LogFields();

  private final Object[] keysAndValues;

  private LogFields(Object... keysAndValues) {
    this.keysAndValues = keysAndValues;
  }

  static LogFields of(Object... keysAndValues) {
    return new LogFields(keysAndValues);
  }

  void forEach(BiConsumer<String, Object> consumer) {
    for (int i = 0; i + 1 < keysAndValues.length; i += 2) {
      consumer.accept(keysAndValues[i].toString(), keysAndValues[i + 1]);
    }
    if (keysAndValues.length % 2 != 0) {
      // upstream: slog shows the mistake in the line; a request must not fail for its log line.
      consumer.accept("!BADKEY", keysAndValues[keysAndValues.length - 1]);
    }
  }
}
