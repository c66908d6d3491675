package io.silverback.server.handler;

import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import io.silverback.codec.model.Labels;
import io.silverback.server.group.select.MalformedSelectorException;
import io.silverback.server.group.select.SeriesSelector;
import io.silverback.server.http.Exchange;
import io.silverback.server.http.PlainText;
import io.silverback.server.json.QueryParameters;
import io.silverback.server.limits.LimitedMemory;
import io.silverback.server.limits.OverLimitException;
import io.silverback.server.limits.QueryBounds;
import io.silverback.server.limits.RefusalReason;
import io.silverback.server.limits.RequestLimits;
import io.silverback.server.limits.Turnstile;
import io.silverback.server.read.NewestSamples;
import io.silverback.server.storage.HistoryQuery;
import io.silverback.server.storage.MetricStore;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.function.LongSupplier;

/**
 * {@code GET /federate}: the newest sample of each series that a selector matches, as Prometheus
 * shows it to another one.
 */
final class FederateHandler {
  private static final String MATCH = "match[]";

  /** An older sample counts as none. */
  private static final Duration LOOK_BACK = Duration.ofMinutes(5);

  private final MetricStore store;
  private final RequestLimits limits;
  private final LimitedMemory memory;
  private final Turnstile reads;
  private final PageWriter pages;
  private final Labels externalLabels;
  private final OverLimitAnswer overLimit;
  private final RequestLog log;
  private final LongSupplier wallMillis;

  /**
   * A handler over that store.
   *
   * @param memory what all queries take from
   * @param reads bounds how many are answered at once
   * @param wallMillis the wall clock, in milliseconds since the epoch
   */
  FederateHandler(
      MetricStore store,
      EndpointConfig settings,
      LimitedMemory memory,
      Turnstile reads,
      PageWriter pages,
      OverLimitAnswer overLimit,
      RequestLog log,
      LongSupplier wallMillis) {
    this.store = store;
    this.limits = settings.limits();
    this.memory = memory;
    this.reads = reads;
    this.pages = pages;
    this.externalLabels = settings.externalLabels();
    this.overLimit = overLimit;
    this.log = log;
    this.wallMillis = wallMillis;
  }

  Endpoint endpoint() {
    return (request, response, _) -> {
      try {
        List<SeriesSelector> selectors =
            SeriesSelector.parse(
                QueryParameters.parse(request.query().rawValue())
                    .selectors(MATCH, limits.maxSelectors()));
        try (Turnstile.Place _ = reads.enter(request.remotePeer().host())) {
          answer(request, response, selectors);
        }
      } catch (MalformedSelectorException e) {
        log.refused(RefusalReason.MALFORMED_PARAMETER);
        PlainText.error(request, response, 400, String.valueOf(e.getMessage()));
      } catch (OverLimitException e) {
        overLimit.endpoint(request, response, e);
      }
    };
  }

  private void answer(
      ServerRequest request, ServerResponse response, List<SeriesSelector> selectors)
      throws OverLimitException, IOException {
    long now = wallMillis.getAsLong();
    var query = new HistoryQuery(selectors, now - LOOK_BACK.toMillis(), now, true);
    try (var lease = memory.lease()) {
      var bounds = new QueryBounds(lease, limits, System::nanoTime);
      try (var newest = new NewestSamples(bounds, externalLabels)) {
        if (!selectors.isEmpty()) {
          bounds.during(
              Exchange.of(request)::isAbandoned,
              () -> store.history(query, bounds, bounds.bounded(newest)));
        }
        pages.begin(request, response, newest.families()).close();
      }
    } catch (QueryBounds.StoppedException stopped) {
      throw stopped.over();
    }
  }
}
