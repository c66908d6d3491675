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
import io.silverback.server.group.FamilyGatherer;
import io.silverback.server.http.AnswerStream;
import io.silverback.server.metrics.GatewayMetrics;
import io.silverback.server.storage.MetricStore;
import io.silverback.server.storage.Snapshot;
import java.io.IOException;
import java.io.OutputStream;
import java.util.Iterator;
import java.util.zip.GZIPOutputStream;

/**
 * {@code GET /metrics}: the server's own metrics and the groups that it shows, and {@code GET
 * /-/metrics}: its own alone, in the format asked for.
 */
final class ScrapeHandler {
  /** Sent by Prometheus and by what works like it. */
  private static final HeaderName SCRAPE_TIMEOUT =
      HeaderNames.create("X-Prometheus-Scrape-Timeout-Seconds");

  private static final int CHUNK_BYTES = 64 * 1024;

  private static final ExpositionRenderer TEXT = new TextRenderer();
  private static final ExpositionRenderer PROTOBUF = new ProtobufRenderer();
  private static final ExpositionRenderer PROTOBUF_TEXT =
      new ProtobufTextRenderer(ProtobufTextRenderer.Layout.INDENTED);
  private static final ExpositionRenderer PROTOBUF_COMPACT_TEXT =
      new ProtobufTextRenderer(ProtobufTextRenderer.Layout.COMPACT);

  private final MetricStore store;
  private final GatewayMetrics metrics;
  private final RequestLog log;
  private final Runnable onCollector;

  /**
   * The endpoints over a store.
   *
   * @param onCollector told of each scrape by a collector of metrics, not by a person or a script
   */
  ScrapeHandler(MetricStore store, GatewayMetrics metrics, RequestLog log, Runnable onCollector) {
    this.onCollector = onCollector;
    this.store = store;
    this.metrics = metrics;
    this.log = log;
  }

  Endpoint endpoint() {
    return (request, response, _) -> scrape(request, response);
  }

  /** Shows the server's own metrics, also those that pushed families hide from a scrape. */
  Endpoint own() {
    return (request, response, _) -> begin(request, response, metrics.collect().iterator()).close();
  }

  private void scrape(ServerRequest request, ServerResponse response) throws IOException {
    if (request.headers().contains(SCRAPE_TIMEOUT)) {
      onCollector.run();
    }
    try (Snapshot snapshot = store.snapshot()) {
      var families = new FamilyGatherer(metrics.collect(), snapshot.families());
      OutputStream page = begin(request, response, families);
      metrics.countOmitted(families.omissions());
      log.omitted(families.omissions());
      log.lost(snapshot.lost());
      if (!snapshot.isCurrent()) {
        throw new CloseConnectionException("another server may show newer values by now");
      }
      page.close();
    }
  }

  /**
   * Writes a page, all but its end.
   *
   * @return to be closed only when the page is whole: one that a fault cut off must not look as if
   *     it had ended
   */
  private static OutputStream begin(
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
    OutputStream out = gzip ? new GZIPOutputStream(body, CHUNK_BYTES) : body;
    write(families, rendererOf(format), format.escaping(), out);
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
      OutputStream out)
      throws IOException {
    var buffer = ExpositionBuffer.into(out, CHUNK_BYTES);
    while (families.hasNext()) {
      renderer.render(escaping.escape(families.next()), buffer);
      if (buffer.length() >= CHUNK_BYTES) {
        buffer.drainTo(out);
      }
    }
    buffer.drainTo(out);
  }
}
