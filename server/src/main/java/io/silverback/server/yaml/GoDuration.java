package io.silverback.server.yaml;

import java.math.BigDecimal;
import java.time.Duration;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Durations as Go writes them: {@code 1h}, {@code 1m30s}, {@code 0.5s}. */
public final class GoDuration {
  private static final int MAX_LENGTH = 64;
  private static final Pattern PART =
      Pattern.compile(
          "(?<count>[0-9]+\\.?[0-9]*|\\.[0-9]+)(?<unit>ns|us|\u00b5s|\u03bcs|ms|s|m|h)");

  private GoDuration() {}

  /** Empty if the text is no duration, or one that Go's 64 bits of nanoseconds cannot hold. */
  public static Optional<Duration> parse(String text) {
    if (text.length() > MAX_LENGTH) {
      return Optional.empty();
    }
    boolean negative = text.startsWith("-");
    String unsigned = negative || text.startsWith("+") ? text.substring(1) : text;
    if (unsigned.equals("0")) {
      return Optional.of(Duration.ZERO);
    }
    BigDecimal nanos = BigDecimal.ZERO;
    Matcher part = PART.matcher(unsigned);
    int position = 0;
    while (position < unsigned.length()) {
      if (!part.find(position) || part.start() != position) {
        return Optional.empty();
      }
      BigDecimal unit = BigDecimal.valueOf(nanos(part.group("unit")));
      nanos = nanos.add(new BigDecimal(part.group("count")).multiply(unit));
      position = part.end();
    }
    if (position == 0 || nanos.compareTo(BigDecimal.valueOf(Long.MAX_VALUE)) > 0) {
      return Optional.empty();
    }
    return Optional.of(Duration.ofNanos(negative ? -nanos.longValue() : nanos.longValue()));
  }

  /** As Go prints it: {@code 5m0s}, {@code 1h0m0s}, {@code 1.5s}, {@code 50ms}. */
  public static String format(Duration duration) {
    long nanos = duration.abs().toNanos();
    String sign = duration.isNegative() ? "-" : "";
    if (nanos == 0) {
      return "0s";
    }
    if (nanos < nanos("s")) {
      String unit = nanos < nanos("us") ? "ns" : nanos < nanos("ms") ? "us" : "ms";
      String shown = unit.equals("us") ? "\u00b5s" : unit;
      return sign + decimal(nanos, nanos(unit)) + shown;
    }
    long hours = nanos / nanos("h");
    long minutes = nanos / nanos("m") % 60;
    String seconds = decimal(nanos % nanos("m"), nanos("s")) + "s";
    return sign
        + (hours > 0 ? hours + "h" : "")
        + (hours > 0 || minutes > 0 ? minutes + "m" : "")
        + seconds;
  }

  private static String decimal(long nanos, long unit) {
    return BigDecimal.valueOf(nanos)
        .divide(BigDecimal.valueOf(unit))
        .stripTrailingZeros()
        .toPlainString();
  }

  private static long nanos(String unit) {
    return switch (unit) {
      case "ns" -> 1L;
      case "us", "\u00b5s", "\u03bcs" -> 1_000L;
      case "ms" -> 1_000_000L;
      case "s" -> 1_000_000_000L;
      case "m" -> 60_000_000_000L;
      case "h" -> 3_600_000_000_000L;
      default -> throw new IllegalStateException("the pattern has no such unit: unit=" + unit);
    };
  }
}
