package io.silverback.server.handler;

import com.fasterxml.jackson.core.JsonGenerator;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import io.silverback.codec.model.Labels;
import io.silverback.server.body.BodyCoding.UnreadableBodyException;
import io.silverback.server.group.select.LabelMatcher;
import io.silverback.server.http.Exchange;
import io.silverback.server.json.JsonAnswer;
import io.silverback.server.json.QueryParameters;
import io.silverback.server.limits.LimitedMemory;
import io.silverback.server.limits.OverLimitException;
import io.silverback.server.limits.QueryBounds;
import io.silverback.server.limits.RefusalReason;
import io.silverback.server.limits.RequestLimits;
import io.silverback.server.limits.Turnstile;
import io.silverback.server.read.HeldSeries;
import io.silverback.server.storage.HistoryQuery;
import io.silverback.server.storage.HistorySink;
import io.silverback.server.storage.MetricStore;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.function.LongSupplier;

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

  private final MetricStore store;
  private final RequestLimits limits;
  private final FormParameters forms;
  private final LimitedMemory memory;
  private final Turnstile reads;
  private final OverLimitAnswer overLimit;
  private final RequestLog log;
  private final LongSupplier wallMillis;

  /**
   * A handler over that store.
   *
   * @param memory what all queries take from
   * @param reads lets so many be answered at once
   * @param wallMillis the wall clock, in milliseconds since the epoch
   */
  SeriesHandler(
      MetricStore store,
      RequestLimits limits,
      FormParameters forms,
      LimitedMemory memory,
      Turnstile reads,
      OverLimitAnswer overLimit,
      RequestLog log,
      LongSupplier wallMillis) {
    this.store = store;
    this.limits = limits;
    this.forms = forms;
    this.memory = memory;
    this.reads = reads;
    this.overLimit = overLimit;
    this.log = log;
    this.wallMillis = wallMillis;
  }

  /** Sends the answer to a query. */
  @FunctionalInterface
  private interface Answer {
    void send(HistoryQuery query, QueryBounds bounds, long limit) throws IOException;
  }

  /** What is told of a series. */
  @FunctionalInterface
  private interface Telling {
    List<String> texts(String name, Labels labels);
  }

  Endpoint series() {
    return (request, response, _) ->
        answer(
            request,
            response,
            true,
            (query, bounds, limit) -> {
              try (var found = new HeldSeries(bounds, Labels.EMPTY)) {
                gather(request, query, bounds, (name, labels, _) -> found.addLabels(name, labels));
                found.sort();
                JsonAnswer.send(
                    request,
                    response,
                    out ->
                        writeList(found.size(), limit, out, number -> write(found, number, out)));
              }
            });
  }

  Endpoint labels() {
    return (request, response, _) -> answerTexts(request, response, SeriesHandler::namesOf);
  }

  Endpoint values() {
    return (request, response, parameters) -> {
      String label = parameters.getFirst();
      answerTexts(request, response, (name, labels) -> valueOf(label, name, labels));
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

  private void answerTexts(ServerRequest request, ServerResponse response, Telling telling)
      throws IOException {
    answer(
        request,
        response,
        false,
        (query, bounds, limit) -> {
          var found = new TreeSet<String>();
          gather(
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

  private void answer(
      ServerRequest request, ServerResponse response, boolean needsSelector, Answer answer)
      throws IOException {
    try {
      QueryParameters parameters = forms.read(request);
      HistoryQuery query = HistoryParameters.read(parameters, needsSelector, limits, wallMillis);
      long limit = HistoryParameters.limit(parameters, LIMIT);
      try (Turnstile.Place _ = reads.enter(request.remotePeer().host());
          var lease = memory.lease()) {
        answer.send(query, new QueryBounds(lease, limits, System::nanoTime), limit);
      }
    } catch (UnreadableBodyException e) {
      log.refused(RefusalReason.MALFORMED_BODY);
      JsonAnswer.refuse(request, response, e.reason());
    } catch (OverLimitException e) {
      overLimit.query(request, response, e);
    } catch (QueryBounds.StoppedException stopped) {
      overLimit.query(request, response, stopped.over());
    }
  }

  private void gather(
      ServerRequest request, HistoryQuery query, QueryBounds bounds, HistorySink sink)
      throws IOException {
    bounds.during(
        Exchange.of(request)::isAbandoned,
        () -> store.history(query, bounds, bounds.bounded(sink)));
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
