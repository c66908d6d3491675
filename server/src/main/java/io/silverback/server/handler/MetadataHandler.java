package io.silverback.server.handler;

import com.fasterxml.jackson.core.JsonGenerator;
import io.helidon.http.HeaderNames;
import io.helidon.webserver.CloseConnectionException;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import io.silverback.codec.model.MetricType;
import io.silverback.server.group.HeldFamily;
import io.silverback.server.http.AnswerStream;
import io.silverback.server.json.HeldStream;
import io.silverback.server.json.JsonAnswer;
import io.silverback.server.json.QueryParameters;
import io.silverback.server.storage.FamilyListing;
import io.silverback.server.storage.MetricStore;
import io.silverback.server.storage.StoreNotReadyException;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;

/**
 * {@code GET /api/v1/metadata}: the types and help texts of all families that are held, in the form
 * of Prometheus' API. Where groups say different things of one, it is what a scrape shows.
 */
final class MetadataHandler {
  private static final String METRIC = "metric";

  /** How long the other servers of a cluster may take, as for a scrape. */
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  /** Until then a failure can still be told. */
  private static final int HELD_BYTES = 64 * 1024;

  private final MetricStore store;

  MetadataHandler(MetricStore store) {
    this.store = store;
  }

  Endpoint endpoint() {
    return (request, response, _) -> {
      QueryParameters parameters = QueryParameters.parse(request.query().rawValue());
      Optional<String> metric = parameters.first(METRIC);
      long limit = HistoryParameters.limit(parameters, "limit");
      boolean isNone = parameters.first("limit_per_metric").filter("0"::equals).isPresent();
      try (FamilyListing groups = store.everywhere(PATIENCE)) {
        send(request, response, groups, metric, isNone ? 0 : limit);
      }
    };
  }

  private static void send(
      ServerRequest request,
      ServerResponse response,
      FamilyListing groups,
      Optional<String> metric,
      long limit)
      throws IOException {
    var stream = new HeldStream(HELD_BYTES, () -> AnswerStream.open(request, response));
    try {
      JsonAnswer.send(response, stream, out -> write(groups, metric, limit, out));
    } catch (StoreNotReadyException e) {
      if (stream.isBegun()) {
        throw new CloseConnectionException("groups went out of reach in an answer", e);
      }
      response.header(HeaderNames.CONTENT_TYPE, "text/plain; charset=utf-8");
      throw e;
    }
  }

  private static void write(
      FamilyListing groups, Optional<String> metric, long limit, JsonGenerator out)
      throws IOException {
    out.writeStartObject();
    long left = limit;
    for (HeldFamily family : groups.families()) {
      if (left == 0) {
        break;
      }
      if (metric.filter(name -> !name.equals(family.name())).isEmpty()) {
        out.writeArrayFieldStart(family.name());
        out.writeStartObject();
        out.writeStringField("type", nameOf(family.type()));
        out.writeStringField("help", family.help());
        out.writeStringField("unit", family.unit());
        out.writeEndObject();
        out.writeEndArray();
        left--;
      }
    }
    out.writeEndObject();
  }

  private static String nameOf(MetricType type) {
    return switch (type) {
      case COUNTER -> "counter";
      case GAUGE -> "gauge";
      case SUMMARY -> "summary";
      case HISTOGRAM -> "histogram";
      case GAUGE_HISTOGRAM -> "gaugehistogram";
      case UNTYPED -> "unknown";
    };
  }
}
