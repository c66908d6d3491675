package io.silverback.server.json;

import io.silverback.codec.exposition.GoNumbers;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.time.format.ResolverStyle;
import java.time.temporal.ChronoField;
import java.util.Locale;
import java.util.OptionalDouble;
import java.util.OptionalLong;

/** A time as Prometheus' API takes it: Unix seconds with decimals, or RFC 3339. */
public final class QueryTime {
  private static final DateTimeFormatter RFC_3339 =
      new DateTimeFormatterBuilder()
          .appendPattern("uuuu-MM-dd'T'HH:mm:ss")
          .appendFraction(ChronoField.NANO_OF_SECOND, 0, 9, true)
          .appendOffset("+HH:MM", "Z")
          .toFormatter(Locale.ROOT)
          .withResolverStyle(ResolverStyle.STRICT);

  private QueryTime() {}

  /**
   * The time in milliseconds since the epoch, the nearest one that a long can say; nothing if the
   * text is no time.
   */
  public static OptionalLong parseMillis(String text) {
    OptionalDouble seconds = GoNumbers.parseDouble(text);
    if (seconds.isPresent()) {
      return Double.isNaN(seconds.getAsDouble())
          ? OptionalLong.empty()
          : OptionalLong.of(Math.round(seconds.getAsDouble() * 1000));
    }
    try {
      return OptionalLong.of(millis(RFC_3339.parse(text, Instant::from)));
    } catch (DateTimeException _) {
      return OptionalLong.empty();
    }
  }

  private static long millis(Instant time) {
    try {
      return time.toEpochMilli();
    } catch (ArithmeticException _) {
      return time.isBefore(Instant.EPOCH) ? Long.MIN_VALUE : Long.MAX_VALUE;
    }
  }
}
