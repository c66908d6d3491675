package io.silverback.server.handler;

import io.helidon.http.HeaderNames;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import io.silverback.codec.model.Labels;
import io.silverback.server.group.select.SeriesSelector;
import io.silverback.server.json.QueryParameters;
import io.silverback.server.limits.OverLimitException;
import io.silverback.server.limits.QueryBounds;
import io.silverback.server.limits.RefusalReason;
import io.silverback.server.read.NewestSamples;
import io.silverback.server.storage.HistoryQuery;
import java.io.IOException;
import java.time.Duration;
import java.util.List;

/**
 * {@code GET /federate}: the newest sample of each series that a selector matches, as Prometheus
 * shows it to another one.
 */
final class FederateHandler {
  private static final String MATCH = "match[]";

  /** An older sample counts as none. */
  private static final Duration LOOK_BACK = Duration.ofMinutes(5);

  private final HistoryReads reads;
  private final PageWriter pages;
  private final Labels externalLabels;

  FederateHandler(HistoryReads reads, PageWriter pages, Labels externalLabels) {
    this.reads = reads;
    this.pages = pages;
    this.externalLabels = externalLabels;
  }

  Endpoint endpoint() {
    return reads.plainEndpoint(
        RefusalReason.MALFORMED_PARAMETER,
        (request, response) -> {
          List<SeriesSelector> selectors =
              SeriesSelector.parse(
                  QueryParameters.parse(request.query().rawValue())
                      .selectors(MATCH, reads.limits().maxSelectors()));
          reads.inTurn(request, bounds -> answer(request, response, selectors, bounds));
        });
  }

  private void answer(
      ServerRequest request,
      ServerResponse response,
      List<SeriesSelector> selectors,
      QueryBounds bounds)
      throws OverLimitException, IOException {
    long now = reads.wallMillis().getAsLong();
    var query = new HistoryQuery(selectors, now - LOOK_BACK.toMillis(), now, true);
    try (var newest = new NewestSamples(bounds, externalLabels)) {
      if (!selectors.isEmpty()) {
        reads.gather(request, query, bounds, newest);
      }
      response.header(HeaderNames.VARY, "Accept-Encoding");
      pages.begin(request, response, newest.families()).close();
    }
  }
}
