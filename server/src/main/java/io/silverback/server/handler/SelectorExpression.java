package io.silverback.server.handler;

import io.silverback.codec.exposition.GoQuote;
import io.silverback.server.group.select.MalformedSelectorException;
import io.silverback.server.group.select.SeriesSelector;
import io.silverback.server.json.BadParameterException;
import java.time.Duration;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What of Prometheus' query language is answered here: a selector, with or without a range, such as
 * {@code up{job="x"}} or {@code up{job="x"}[5m]}.
 *
 * @param range empty if the newest values are asked for
 */
record SelectorExpression(SeriesSelector selector, Optional<Duration> range) {
  private static final Pattern DURATION =
      Pattern.compile(
          "(?=.)(?:(\\d{1,9})y)?(?:(\\d{1,9})w)?(?:(\\d{1,9})d)?(?:(\\d{1,9})h)?(?:(\\d{1,9})m)?"
              + "(?:(\\d{1,9})s)?(?:(\\d{1,9})ms)?");

  private static final Duration[] UNITS = {
    Duration.ofDays(365),
    Duration.ofDays(7),
    Duration.ofDays(1),
    Duration.ofHours(1),
    Duration.ofMinutes(1),
    Duration.ofSeconds(1),
    Duration.ofMillis(1)
  };

  /** Its milliseconds are a long. */
  private static final Duration LONGEST = Duration.ofDays(200L * 365);

  private static final String ELSEWHERE =
      "only a selector is answered here, such as up{job=\"x\"}, or with a range up{job=\"x\"}[5m];"
          + " for PromQL ask a Prometheus that reads this server by remote_read: ";

  /**
   * Reads it.
   *
   * @param parameter the name of the parameter that it is the value of
   * @throws BadParameterException if it is anything else, with where to ask instead
   */
  static SelectorExpression parse(String parameter, String text) {
    String bare = text.strip();
    // In a selector a bracket is in quotes, before the last brace.
    int open = bare.endsWith("]") ? bare.lastIndexOf('[') : -1;
    try {
      Optional<Duration> range =
          open < 0
              ? Optional.empty()
              : Optional.of(range(parameter, bare.substring(open + 1, bare.length() - 1).strip()));
      return new SelectorExpression(
          SeriesSelector.parse(open < 0 ? text : bare.substring(0, open)), range);
    } catch (MalformedSelectorException e) {
      throw BadParameterException.of(parameter, ELSEWHERE + e.getMessage());
    }
  }

  private static Duration range(String parameter, String text) {
    return duration(text)
        .filter(Duration::isPositive)
        .orElseThrow(
            () ->
                BadParameterException.of(
                    parameter,
                    ELSEWHERE + "the range is not a positive duration: " + GoQuote.quote(text)));
  }

  /** A duration as Prometheus writes it, such as {@code 1h30m}; empty if it is not one. */
  static Optional<Duration> duration(String text) {
    Matcher parts = DURATION.matcher(text);
    if (!parts.matches()) {
      return Optional.empty();
    }
    Duration sum = Duration.ZERO;
    for (int i = 0; i < UNITS.length; i++) {
      String count = parts.group(i + 1);
      if (count != null) {
        sum = sum.plus(UNITS[i].multipliedBy(Long.parseLong(count)));
      }
    }
    return Optional.of(sum).filter(all -> all.compareTo(LONGEST) <= 0);
  }
}
