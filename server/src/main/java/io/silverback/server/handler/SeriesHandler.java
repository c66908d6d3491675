package io.silverback.server.handler;

import com.fasterxml.jackson.core.JsonGenerator;
import io.silverback.codec.model.Labels;
import io.silverback.server.group.select.LabelMatcher;
import io.silverback.server.json.JsonAnswer;
import io.silverback.server.json.QueryParameters;
import io.silverback.server.limits.OverLimitException;
import io.silverback.server.read.HeldSeries;
import io.silverback.server.storage.HistoryQuery;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;

/**
 * {@code /api/v1/series}, {@code /api/v1/labels} and {@code /api/v1/label/NAME/values}: which
 * series the history has, as Prometheus' API tells it, so that what can ask a Prometheus can offer
 * their names and labels.
 *
 * <p>The answer begins when all of it is there, and has at most as much as {@code limit} says.
 */
final class SeriesHandler {
  private static final String LIMIT = "limit";

  /** What a text takes besides its characters, about. */
  private static final int TEXT_BYTES = 96;

  private final HistoryReads reads;

  SeriesHandler(HistoryReads reads) {
    this.reads = reads;
  }

  /** What is told of a series. */
  @FunctionalInterface
  private interface Telling {
    List<String> texts(String name, Labels labels);
  }

  Endpoint series() {
    return reads.endpoint(
        (request, response, parameters, bounds) -> {
          HistoryQuery query = query(parameters, true);
          long limit = HistoryParameters.limit(parameters, LIMIT);
          try (var found = new HeldSeries(bounds, Labels.EMPTY)) {
            reads.gather(
                request, query, bounds, (name, labels, _) -> found.addLabels(name, labels));
            found.sort();
            JsonAnswer.send(
                request,
                response,
                out -> writeList(found.size(), limit, out, number -> write(found, number, out)));
          }
        });
  }

  Endpoint labels() {
    return texts(SeriesHandler::namesOf);
  }

  Endpoint values() {
    return (request, response, ofPath) -> {
      String label = ofPath.getFirst();
      texts((name, labels) -> valueOf(label, name, labels)).answer(request, response, ofPath);
    };
  }

  private static List<String> namesOf(String name, Labels labels) {
    var names = new ArrayList<String>(labels.size() + 1);
    names.add(LabelMatcher.NAME);
    for (int i = 0; i < labels.size(); i++) {
      if (!labels.value(i).isEmpty()) {
        names.add(labels.name(i));
      }
    }
    return names;
  }

  private static List<String> valueOf(String label, String name, Labels labels) {
    String value = label.equals(LabelMatcher.NAME) ? name : labels.value(label).orElse("");
    return value.isEmpty() ? List.of() : List.of(value);
  }

  private Endpoint texts(Telling telling) {
    return reads.endpoint(
        (request, response, parameters, bounds) -> {
          HistoryQuery query = query(parameters, false);
          long limit = HistoryParameters.limit(parameters, LIMIT);
          var found = new TreeSet<String>();
          reads.gather(
              request,
              query,
              bounds,
              (name, labels, _) -> {
                for (String text : telling.texts(name, labels)) {
                  if (found.add(text)) {
                    bounds.take(TEXT_BYTES + 2L * text.length());
                  }
                }
              });
          List<String> sorted = List.copyOf(found);
          JsonAnswer.send(
              request,
              response,
              out ->
                  writeList(
                      sorted.size(), limit, out, number -> out.writeString(sorted.get(number))));
        });
  }

  private HistoryQuery query(QueryParameters parameters, boolean needsSelector)
      throws OverLimitException {
    return HistoryParameters.read(parameters, needsSelector, reads.limits(), reads.wallMillis());
  }

  /** Writes one thing of a list. */
  @FunctionalInterface
  private interface Item {
    void write(int number) throws IOException;
  }

  private static void writeList(int size, long limit, JsonGenerator out, Item item)
      throws IOException {
    out.writeStartArray();
    for (int i = 0; i < Math.min(size, limit); i++) {
      item.write(i);
    }
    out.writeEndArray();
    if (size > limit) {
      // upstream: web/api/v1/api.go says it in these words.
      out.writeArrayFieldStart("warnings");
      out.writeString("results truncated due to limit");
      out.writeEndArray();
    }
  }

  private static void write(HeldSeries found, int number, JsonGenerator out) throws IOException {
    out.writeStartObject();
    for (var pair : found.labels(number)) {
      out.writeStringField(pair.getKey(), pair.getValue());
    }
    out.writeEndObject();
  }
}
