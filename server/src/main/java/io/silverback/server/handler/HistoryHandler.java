package io.silverback.server.handler;

import io.silverback.codec.exposition.GoQuote;
import io.silverback.server.group.MalformedSelectorException;
import io.silverback.server.group.SeriesSelector;
import io.silverback.server.storage.HistoryQuery;
import io.silverback.server.storage.MetricStore;
import java.util.List;
import java.util.function.LongSupplier;

/** {@code GET /api/v1/history}: the samples that are kept of the series that a selector matches. */
final class HistoryHandler {
  private static final String MATCH = "match[]";
  private static final String START = "start";
  private static final String END = "end";

  private final MetricStore store;
  private final LongSupplier wallMillis;

  /**
   * A handler over that store.
   *
   * @param wallMillis the wall clock, in milliseconds since the epoch
   */
  HistoryHandler(MetricStore store, LongSupplier wallMillis) {
    this.store = store;
    this.wallMillis = wallMillis;
  }

  Door door() {
    return (request, response, _) -> {
      HistoryQuery query;
      try {
        query = read(QueryParameters.parse(request.query().rawValue()));
      } catch (BadParameterException e) {
        JsonAnswer.refuse(request, response, String.valueOf(e.getMessage()));
        return;
      }
      JsonAnswer.send(
          request, response, data -> MatrixJson.write(sink -> store.history(query, sink), data));
    };
  }

  private HistoryQuery read(QueryParameters parameters) {
    List<String> matches = parameters.all(MATCH);
    if (matches.isEmpty()) {
      throw new BadParameterException("no match[] parameter provided");
    }
    long start = time(parameters, START, Long.MIN_VALUE);
    long end = time(parameters, END, wallMillis.getAsLong());
    if (end < start) {
      throw BadParameterException.of(END, "end timestamp must not be before start time");
    }
    try {
      return new HistoryQuery(SeriesSelector.parse(matches), start, end);
    } catch (MalformedSelectorException e) {
      throw BadParameterException.of(MATCH, String.valueOf(e.getMessage()));
    }
  }

  private static long time(QueryParameters parameters, String name, long otherwise) {
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
}
