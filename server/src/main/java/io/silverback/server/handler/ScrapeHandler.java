package io.silverback.server.handler;

import io.helidon.http.HeaderName;
import io.helidon.http.HeaderNames;
import io.helidon.webserver.CloseConnectionException;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import io.silverback.codec.exposition.AcceptEncoding;
import io.silverback.codec.exposition.EscapingScheme;
import io.silverback.codec.exposition.ExpositionBuffer;
import io.silverback.codec.exposition.ExpositionFormat;
import io.silverback.codec.exposition.ExpositionRenderer;
import io.silverback.codec.exposition.ProtobufRenderer;
import io.silverback.codec.exposition.ProtobufTextRenderer;
import io.silverback.codec.exposition.TextRenderer;
import io.silverback.codec.model.Family;
import io.silverback.codec.model.MetricFamily;
import io.silverback.server.group.FamilyGatherer;
import io.silverback.server.gzip.GzipPage;
import io.silverback.server.gzip.SegmentCache;
import io.silverback.server.http.AnswerStream;
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
import java.util.Iterator;
import java.util.List;
import java.util.Optional;

/**
 * {@code GET /metrics}: the server's own metrics and the groups that it shows, or with {@code
 * scope=cluster} those of all servers and no own metrics; and {@code GET /-/metrics}: its own
 * alone, in the format asked for.
 */
final class ScrapeHandler {
  /** From how much on a piece of a page in gzip may end. */
  private static final int BORDER_BYTES = 16 * 1024;

  private static final int CHUNK_BYTES = 64 * 1024;

  private static final String SCOPE = "scope";
  private static final String CLUSTER = "cluster";

  /** How long a collector waits, in seconds: Prometheus and what works like it send this. */
  private static final HeaderName SCRAPE_TIMEOUT =
      HeaderNames.create("X-Prometheus-Scrape-Timeout-Seconds");

  private static final double STANDARD_TIMEOUT_SECONDS = 10;
  private static final double MOST_TIMEOUT_SECONDS = 60;
  private static final double MARGIN_SECONDS = 0.5;

  private static final ExpositionRenderer TEXT = new TextRenderer();
  private static final ExpositionRenderer PROTOBUF = new ProtobufRenderer();
  private static final ExpositionRenderer PROTOBUF_TEXT =
      new ProtobufTextRenderer(ProtobufTextRenderer.Layout.INDENTED);
  private static final ExpositionRenderer PROTOBUF_COMPACT_TEXT =
      new ProtobufTextRenderer(ProtobufTextRenderer.Layout.COMPACT);

  private final MetricStore store;
  private final GatewayMetrics metrics;
  private final SegmentCache deflated;
  private final RequestLog log;
  private final Runnable onCollector;

  /**
   * The endpoints over a store.
   *
   * @param deflated pieces of the pages that were sent before
   * @param onCollector told of each scrape by a collector of metrics, not by a person or a script
   */
  ScrapeHandler(
      MetricStore store,
      GatewayMetrics metrics,
      SegmentCache deflated,
      RequestLog log,
      Runnable onCollector) {
    this.onCollector = onCollector;
    this.store = store;
    this.metrics = metrics;
    this.deflated = deflated;
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
    return (request, response, _) -> begin(request, response, metrics.collect().iterator()).close();
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
      page = begin(request, response, families);
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

  /**
   * Writes a page, all but its end.
   *
   * @return to be closed only when the page is whole: one that a fault cut off must not look as if
   *     it had ended
   */
  private OutputStream begin(
      ServerRequest request, ServerResponse response, Iterator<? extends Family> families)
      throws IOException {
    var format = ExpositionFormat.negotiate(request.headers().first(HeaderNames.ACCEPT).orElse(""));
    boolean gzip =
        AcceptEncoding.acceptsGzip(request.headers().first(HeaderNames.ACCEPT_ENCODING).orElse(""));
    response.status(200).header(HeaderNames.CONTENT_TYPE, format.contentType());
    if (gzip) {
      response.header(HeaderNames.CONTENT_ENCODING, "gzip");
    }
    OutputStream body = AnswerStream.open(request, response);
    OutputStream out = gzip ? new GzipPage(body, deflated) : body;
    int borderBytes = gzip ? BORDER_BYTES : CHUNK_BYTES;
    write(
        families,
        rendererOf(format),
        format.escaping(),
        ExpositionBuffer.into(out, borderBytes, CHUNK_BYTES),
        out);
    return out;
  }

  private static ExpositionRenderer rendererOf(ExpositionFormat format) {
    return switch (format.encoding()) {
      case TEXT -> TEXT;
      case PROTOBUF_DELIMITED -> PROTOBUF;
      case PROTOBUF_TEXT -> PROTOBUF_TEXT;
      case PROTOBUF_COMPACT_TEXT -> PROTOBUF_COMPACT_TEXT;
    };
  }

  private static void write(
      Iterator<? extends Family> families,
      ExpositionRenderer renderer,
      EscapingScheme escaping,
      ExpositionBuffer buffer,
      OutputStream out)
      throws IOException {
    while (families.hasNext()) {
      renderer.render(escaping.escape(families.next()), buffer);
      if (buffer.length() >= CHUNK_BYTES) {
        buffer.drainTo(out);
      }
    }
    buffer.drainTo(out);
  }
}
