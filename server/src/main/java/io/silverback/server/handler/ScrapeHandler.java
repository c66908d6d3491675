package io.silverback.server.handler;

import io.helidon.http.HeaderName;
import io.helidon.http.HeaderNames;
import io.helidon.webserver.CloseConnectionException;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import io.silverback.codec.model.MetricFamily;
import io.silverback.server.group.FamilyGatherer;
import io.silverback.server.json.BadParameterException;
import io.silverback.server.json.QueryParameters;
import io.silverback.server.metrics.GatewayMetrics;
import io.silverback.server.storage.FamilyListing;
import io.silverback.server.storage.MetricStore;
import io.silverback.server.storage.Snapshot;
import io.silverback.server.storage.StoreNotReadyException;
import java.io.IOException;
import java.io.OutputStream;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Optional;

/**
 * {@code GET /metrics}: the server's own metrics and the groups that it shows, or with {@code
 * scope=cluster} those of all servers and no own metrics; and {@code GET /-/metrics}: its own
 * alone, in the format asked for.
 */
final class ScrapeHandler {
  private static final String SCOPE = "scope";
  private static final String CLUSTER = "cluster";

  /** How long a collector waits, in seconds: Prometheus and what works like it send this. */
  private static final HeaderName SCRAPE_TIMEOUT =
      HeaderNames.create("X-Prometheus-Scrape-Timeout-Seconds");

  private static final double STANDARD_TIMEOUT_SECONDS = 10;
  private static final double MOST_TIMEOUT_SECONDS = 60;
  private static final double MARGIN_SECONDS = 0.5;

  private final MetricStore store;
  private final GatewayMetrics metrics;
  private final PageWriter pages;
  private final RequestLog log;
  private final Runnable onCollector;

  /**
   * The endpoints over a store.
   *
   * @param onCollector told of each scrape by a collector of metrics, not by a person or a script
   */
  ScrapeHandler(
      MetricStore store,
      GatewayMetrics metrics,
      PageWriter pages,
      RequestLog log,
      Runnable onCollector) {
    this.onCollector = onCollector;
    this.store = store;
    this.metrics = metrics;
    this.pages = pages;
    this.log = log;
  }

  /** Of the groups that this server shows; {@code scope=cluster} goes to another endpoint. */
  Endpoint endpoint(Endpoint ofCluster) {
    return (request, response, parameters) -> {
      if (isOfCluster(request)) {
        ofCluster.answer(request, response, parameters);
        return;
      }
      if (request.headers().contains(SCRAPE_TIMEOUT)) {
        onCollector.run();
      }
      try (Snapshot snapshot = store.snapshot()) {
        scrape(request, response, metrics.collect(), snapshot);
      }
    };
  }

  /**
   * Of all groups of the cluster, and of no server itself: their own metrics have the same names
   * and labels, and are on the page of each.
   */
  Endpoint ofCluster() {
    return (request, response, _) -> {
      try (FamilyListing groups = store.everywhere(patience(request))) {
        scrape(request, response, List.of(), groups);
      }
    };
  }

  private static boolean isOfCluster(ServerRequest request) {
    // Other parameters are ignored, and need not be well-formed.
    String query = request.query().rawValue();
    if (!query.contains(SCOPE)) {
      return false;
    }
    Optional<String> scope = QueryParameters.parse(query).first(SCOPE);
    if (scope.isPresent() && !scope.get().equals(CLUSTER)) {
      throw BadParameterException.of(
          SCOPE, "must be \"cluster\", or left out for what this server shows");
    }
    return scope.isPresent();
  }

  /** As long as Prometheus waits, but for what the answer takes to get there. */
  private static Duration patience(ServerRequest request) {
    double seconds = STANDARD_TIMEOUT_SECONDS;
    try {
      seconds = request.headers().first(SCRAPE_TIMEOUT).map(Double::parseDouble).orElse(seconds);
    } catch (NumberFormatException _) {
      // As if it were not there.
    }
    double bounded = seconds > 0 ? Math.min(seconds, MOST_TIMEOUT_SECONDS) : seconds;
    return Duration.ofMillis((long) (1000 * Math.max(0, bounded - MARGIN_SECONDS)));
  }

  /** Shows the server's own metrics, also those that pushed families hide from a scrape. */
  Endpoint own() {
    return (request, response, _) ->
        pages.begin(request, response, metrics.collect().iterator()).close();
  }

  private void scrape(
      ServerRequest request,
      ServerResponse response,
      Collection<MetricFamily> own,
      FamilyListing groups)
      throws IOException {
    var families = new FamilyGatherer(own, groups.families());
    OutputStream page;
    try {
      page = pages.begin(request, response, families);
    } catch (StoreNotReadyException e) {
      throw new CloseConnectionException("groups went out of reach in the middle of a page", e);
    }
    metrics.countOmitted(families.omissions());
    log.omitted(families.omissions());
    log.lost(groups.lost());
    if (!groups.isCurrent()) {
      throw new CloseConnectionException("another server may show newer values by now");
    }
    page.close();
  }
}
