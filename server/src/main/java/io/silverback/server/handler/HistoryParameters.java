package io.silverback.server.handler;

import io.silverback.codec.exposition.GoQuote;
import io.silverback.server.group.select.MalformedSelectorException;
import io.silverback.server.group.select.SeriesSelector;
import io.silverback.server.json.BadParameterException;
import io.silverback.server.json.QueryParameters;
import io.silverback.server.json.QueryTime;
import io.silverback.server.limits.OverLimitException;
import io.silverback.server.limits.RequestLimits;
import io.silverback.server.storage.HistoryQuery;
import java.util.List;
import java.util.function.LongSupplier;

/** Reads which part of the history a request is about, in the words of Prometheus' API. */
final class HistoryParameters {
  private static final String MATCH = "match[]";
  private static final String START = "start";
  private static final String END = "end";
  private static final String ENDS = "ends";

  private HistoryParameters() {}

  /**
   * The query that the parameters say, up to now if they say no end; of nothing if that is before
   * the start, as it may be by a clock that is ahead.
   *
   * @param needsSelector false if all series are meant where no selector is given
   */
  static HistoryQuery read(
      QueryParameters parameters,
      boolean needsSelector,
      RequestLimits limits,
      LongSupplier wallMillis)
      throws OverLimitException {
    List<String> matches = parameters.selectors(MATCH, limits.maxSelectors());
    if (matches.isEmpty() && needsSelector) {
      throw new BadParameterException("no match[] parameter provided");
    }
    long start = time(parameters, START, Long.MIN_VALUE);
    long end = time(parameters, END, Math.max(start, wallMillis.getAsLong()));
    if (end < start) {
      throw BadParameterException.of(END, "end timestamp must not be before start time");
    }
    try {
      List<SeriesSelector> selectors =
          matches.isEmpty() ? List.of(SeriesSelector.of(List.of())) : SeriesSelector.parse(matches);
      return new HistoryQuery(selectors, start, end);
    } catch (MalformedSelectorException e) {
      throw BadParameterException.of(MATCH, String.valueOf(e.getMessage()));
    }
  }

  /** The time that a parameter says, in milliseconds since the epoch. */
  static long time(QueryParameters parameters, String name, long otherwise) {
    return parameters
        .first(name)
        .map(
            text ->
                QueryTime.parseMillis(text)
                    .orElseThrow(
                        () ->
                            BadParameterException.of(
                                name,
                                "cannot parse " + GoQuote.quote(text) + " to a valid timestamp")))
        .orElse(otherwise);
  }

  /** What an answer says of series that have ended. */
  enum Ends {
    /** Nothing. */
    UNMARKED,
    /** That they have, and when. */
    MARKED,
    /** The same, and nothing of the others. */
    ONLY
  }

  /** What is to be said of the ends of series; nothing if no word is. */
  static Ends ends(QueryParameters parameters) {
    return parameters
        .first(ENDS)
        .map(
            text ->
                switch (text) {
                  case "marked" -> Ends.MARKED;
                  case "only" -> Ends.ONLY;
                  default ->
                      throw BadParameterException.of(
                          ENDS, "must be marked or only: value=" + GoQuote.quote(text));
                })
        .orElse(Ends.UNMARKED);
  }

  /** How many things there may be in an answer; where it is 0 or not said, any number. */
  static long limit(QueryParameters parameters, String name) {
    return parameters
        .first(name)
        .map(
            text -> {
              if (!text.matches("\\d{1,9}")) {
                throw BadParameterException.of(
                    name, "must be a whole number, 0 for no limit: value=" + GoQuote.quote(text));
              }
              return Long.parseLong(text);
            })
        .filter(limit -> limit > 0)
        .orElse(Long.MAX_VALUE);
  }
}
