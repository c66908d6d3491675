package io.silverback.server.handler;

import com.fasterxml.jackson.core.JsonGenerator;
import io.helidon.webserver.CloseConnectionException;
import io.silverback.codec.model.Deadline;
import io.silverback.codec.model.DeadlineException;
import io.silverback.server.handler.Cardinality.Dimension;
import io.silverback.server.handler.Cardinality.Query;
import io.silverback.server.handler.Cardinality.Ranking;
import io.silverback.server.handler.HeavyNames.Heavy;
import io.silverback.server.http.Exchange;
import io.silverback.server.json.BadParameterException;
import io.silverback.server.json.JsonAnswer;
import io.silverback.server.json.QueryParameters;
import io.silverback.server.limits.QueryBounds;
import io.silverback.server.limits.RequestLimits;
import java.io.IOException;
import java.util.Map;

/**
 * {@code GET /api/v1/cardinality}: which names of metrics, names of labels, or values of a label
 * the series have most. Takes a fixed amount of memory, and the time of a query at most.
 */
final class CardinalityHandler {
  private static final String LABEL = "label";
  private static final String LIMIT = "limit";
  private static final int STANDARD_LIMIT = 20;

  private static final Map<String, Dimension> DIMENSIONS =
      Map.of("metric", Dimension.METRIC, LABEL, Dimension.LABEL, "value", Dimension.VALUE);

  private final Cardinality cardinality;
  private final RequestLimits limits;
  private final OverLimitAnswer overLimit;

  CardinalityHandler(Cardinality cardinality, RequestLimits limits, OverLimitAnswer overLimit) {
    this.cardinality = cardinality;
    this.limits = limits;
    this.overLimit = overLimit;
  }

  Endpoint endpoint() {
    return (request, response, _) -> {
      var parameters = QueryParameters.parse(request.query().rawValue());
      Query query = read(parameters);
      int limit = parameters.first(LIMIT).map(CardinalityHandler::limit).orElse(STANDARD_LIMIT);
      var deadline =
          Deadline.of(limits.queryTimeout(), System::nanoTime, Exchange.of(request)::isAbandoned);
      deadline.begin();
      try {
        Ranking ranking = deadline.call(() -> cardinality.rank(query));
        JsonAnswer.send(request, response, data -> write(ranking, limit, data));
      } catch (DeadlineException e) {
        switch (e.reason()) {
          case TIME -> overLimit.query(request, response, QueryBounds.tookTooLong(limits));
          case ABANDONED -> throw new CloseConnectionException("the client went away", e);
        }
      }
    };
  }

  private static Query read(QueryParameters parameters) {
    Dimension by = DIMENSIONS.get(parameters.first("by").orElse("metric"));
    if (by == null) {
      throw BadParameterException.of("by", "must be one of metric, label, value");
    }
    String label = parameters.first(LABEL).orElse("");
    if (label.isEmpty() == (by == Dimension.VALUE)) {
      throw BadParameterException.of(LABEL, "must be given with by=value, and only there");
    }
    return new Query(by, parameters.first("metric").orElse(""), label);
  }

  private static int limit(String text) {
    try {
      int limit = Integer.parseInt(text);
      if (limit >= 1 && limit <= Cardinality.MOST_NAMES) {
        return limit;
      }
    } catch (NumberFormatException _) {
      // The same answer as to a number out of range.
    }
    throw BadParameterException.of(LIMIT, "must be a number from 1 to " + Cardinality.MOST_NAMES);
  }

  private static void write(Ranking ranking, int limit, JsonGenerator out) throws IOException {
    out.writeStartObject();
    out.writeBooleanField("exact", ranking.isExact());
    out.writeNumberField("series", ranking.series());
    out.writeNumberField("names_in_all", ranking.names().size());
    out.writeArrayFieldStart("names");
    for (Heavy heavy : ranking.names().stream().limit(limit).toList()) {
      out.writeStartObject();
      out.writeStringField("name", heavy.name());
      out.writeNumberField("series", heavy.sum());
      out.writeEndObject();
    }
    out.writeEndArray();
    out.writeEndObject();
  }
}
