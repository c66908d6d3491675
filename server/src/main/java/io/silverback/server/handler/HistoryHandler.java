package io.silverback.server.handler;

import io.helidon.http.HeaderNames;
import io.helidon.webserver.CloseConnectionException;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import io.silverback.server.handler.HistoryParameters.Ends;
import io.silverback.server.http.AnswerStream;
import io.silverback.server.http.Exchange;
import io.silverback.server.json.HeldStream;
import io.silverback.server.json.JsonAnswer;
import io.silverback.server.json.MatrixJson;
import io.silverback.server.json.QueryParameters;
import io.silverback.server.limits.LimitedMemory;
import io.silverback.server.limits.OverLimitException;
import io.silverback.server.limits.QueryBounds;
import io.silverback.server.limits.RequestLimits;
import io.silverback.server.storage.HistoryQuery;
import io.silverback.server.storage.HistorySink;
import io.silverback.server.storage.MetricStore;
import io.silverback.server.storage.StoreNotReadyException;
import java.io.IOException;
import java.util.function.LongSupplier;

/** {@code GET /api/v1/history}: the samples that are kept of the series that a selector matches. */
final class HistoryHandler {
  /** How much of an answer waits for what may still be refused. */
  private static final int HELD_BYTES = 64 * 1024;

  private final MetricStore store;
  private final RequestLimits limits;
  private final LimitedMemory memory;
  private final OverLimitAnswer overLimit;
  private final LongSupplier wallMillis;

  /**
   * A handler over that store.
   *
   * @param memory what all queries take from
   * @param wallMillis the wall clock, in milliseconds since the epoch
   */
  HistoryHandler(
      MetricStore store,
      RequestLimits limits,
      LimitedMemory memory,
      OverLimitAnswer overLimit,
      LongSupplier wallMillis) {
    this.store = store;
    this.limits = limits;
    this.memory = memory;
    this.overLimit = overLimit;
    this.wallMillis = wallMillis;
  }

  Endpoint endpoint() {
    return (request, response, _) -> {
      HistoryQuery query;
      Ends ends;
      try {
        var parameters = QueryParameters.parse(request.query().rawValue());
        ends = HistoryParameters.ends(parameters);
        query =
            HistoryParameters.read(parameters, true, limits, wallMillis)
                .withEnds(ends != Ends.UNMARKED);
      } catch (OverLimitException e) {
        overLimit.query(request, response, e);
        return;
      }
      answer(request, response, query, ends);
    };
  }

  private static HistorySink wanted(Ends ends, HistorySink sink) {
    return ends == Ends.ONLY
        ? (name, labels, samples) -> {
          if (HistoryQuery.endsIn(samples)) {
            sink.series(name, labels, samples);
          }
        }
        : sink;
  }

  private void answer(ServerRequest request, ServerResponse response, HistoryQuery query, Ends ends)
      throws IOException {
    var stream = new HeldStream(HELD_BYTES, () -> AnswerStream.open(request, response));
    try (var lease = memory.lease()) {
      JsonAnswer.send(
          response,
          stream,
          data ->
              MatrixJson.write(
                  sink -> {
                    var bounds = new QueryBounds(lease, limits, System::nanoTime);
                    bounds.during(
                        Exchange.of(request)::isAbandoned,
                        () -> store.history(query, bounds, wanted(ends, bounds.bounded(sink))));
                  },
                  query.marksEnds(),
                  data));
    } catch (StoreNotReadyException e) {
      if (stream.isBegun()) {
        throw new CloseConnectionException("history went out of reach in an answer", e);
      }
      // Told as text, as everywhere.
      response.header(HeaderNames.CONTENT_TYPE, "text/plain; charset=utf-8");
      throw e;
    } catch (QueryBounds.StoppedException stopped) {
      if (stream.isBegun()) {
        overLimit.note(request, stopped.over());
        // An answer without its end: what came of it is not to be taken for the whole.
        throw new CloseConnectionException(stopped.over().reason());
      }
      overLimit.query(request, response, stopped.over());
    }
  }
}
