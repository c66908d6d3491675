package io.silverback.server.handler;

import com.fasterxml.jackson.core.JsonGenerator;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import io.silverback.codec.exposition.GoNumbers;
import io.silverback.codec.exposition.GoQuote;
import io.silverback.codec.model.Labels;
import io.silverback.server.json.BadParameterException;
import io.silverback.server.json.JsonAnswer;
import io.silverback.server.json.MatrixJson;
import io.silverback.server.json.QueryParameters;
import io.silverback.server.limits.OverLimitException;
import io.silverback.server.limits.QueryBounds;
import io.silverback.server.limits.RequestLimit;
import io.silverback.server.read.HeldSeries;
import io.silverback.server.storage.HistoryQuery;
import java.io.IOException;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalDouble;

/**
 * {@code /api/v1/query} and {@code /api/v1/query_range} for selectors, in the form of Prometheus'
 * API, so that what can ask a Prometheus can show the series as they were pushed.
 *
 * <p>The answer begins when all series are there.
 */
final class QueryHandler {
  private static final String QUERY = "query";
  private static final String TIME = "time";
  private static final String START = "start";
  private static final String END = "end";
  private static final String STEP = "step";

  private static final String VECTOR = "vector";
  private static final String MATRIX = "matrix";

  /** What Grafana asks to see whether a server answers. */
  private static final String PROBE = "1+1";

  /** An older sample counts as none. */
  private static final Duration LOOK_BACK = Duration.ofMinutes(5);

  /** upstream: web/api/v1/api.go gives no more points of a series. */
  private static final int MOST_STEPS = 11_000;

  /** What a sample of the series takes that is written, and what is shown of it. */
  private static final long POINT_BYTES = 64;

  private static final int FIRST_POINTS = 256;

  private final HistoryReads reads;

  QueryHandler(HistoryReads reads) {
    this.reads = reads;
  }

  /** Chooses what is shown of one series, which is not shown itself if that is nothing. */
  @FunctionalInterface
  private interface Choice {
    void choose(Points samples, Points shown);
  }

  /** Samples in the order of their times, which are told anew for each series. */
  private static final class Points implements HeldSeries.SampleSink {
    private long[] times = new long[FIRST_POINTS];
    private long[] values = new long[FIRST_POINTS];
    private int size;

    @Override
    public void sample(long timeMillis, long valueBits) {
      if (size == times.length) {
        times = Arrays.copyOf(times, 2 * size);
        values = Arrays.copyOf(values, 2 * size);
      }
      times[size] = timeMillis;
      values[size] = valueBits;
      size++;
    }

    void clear() {
      size = 0;
    }

    int size() {
      return size;
    }

    long timeMillis(int index) {
      return times[index];
    }

    long valueBits(int index) {
      return values[index];
    }

    boolean isStale(int index) {
      return HistoryQuery.isStale(value(index));
    }

    double value(int index) {
      return Double.longBitsToDouble(values[index]);
    }

    void write(int index, JsonGenerator out) throws IOException {
      MatrixJson.writeSample(timeMillis(index), value(index), out);
    }
  }

  Endpoint instant() {
    return reads.endpoint(this::answerInstant);
  }

  Endpoint range() {
    return reads.endpoint(this::answerRange);
  }

  private void answerInstant(
      ServerRequest request,
      ServerResponse response,
      QueryParameters parameters,
      QueryBounds bounds)
      throws IOException, OverLimitException {
    long now = HistoryParameters.time(parameters, TIME, reads.wallMillis().getAsLong());
    String text = parameters.first(QUERY).orElse("");
    if (text.equals(PROBE)) {
      JsonAnswer.send(request, response, out -> writeScalar(now, 2, out));
      return;
    }
    SelectorExpression asked = SelectorExpression.parse(QUERY, text);
    Duration window = asked.range().orElse(LOOK_BACK);
    // upstream: since 3.0 the start of a window is no part of it.
    var query =
        new HistoryQuery(List.of(asked.selector()), minus(now, window.toMillis() - 1), now, true);
    if (asked.range().isPresent()) {
      answer(request, response, query, bounds, MATRIX, 0, QueryHandler::chooseAll);
    } else {
      answer(
          request,
          response,
          query,
          bounds,
          VECTOR,
          1,
          (samples, shown) -> chooseNewest(samples, now, shown));
    }
  }

  private void answerRange(
      ServerRequest request,
      ServerResponse response,
      QueryParameters parameters,
      QueryBounds bounds)
      throws IOException, OverLimitException {
    long start = requiredTime(parameters, START);
    long end = requiredTime(parameters, END);
    if (end < start) {
      throw BadParameterException.of(END, "end timestamp must not be before start time");
    }
    long step = step(parameters.first(STEP).orElse(""));
    if ((end - start) / step >= MOST_STEPS || end - start < 0) {
      throw new BadParameterException(
          "exceeded maximum resolution of 11,000 points per timeseries. Try decreasing the query"
              + " resolution (?step=XX)");
    }
    SelectorExpression asked = SelectorExpression.parse(QUERY, parameters.first(QUERY).orElse(""));
    if (asked.range().isPresent()) {
      throw BadParameterException.of(
          QUERY,
          "invalid expression type \"range vector\" for range query, must be Scalar or instant"
              + " Vector");
    }
    var query =
        new HistoryQuery(
            List.of(asked.selector()), minus(start, LOOK_BACK.toMillis() - 1), end, true);
    answer(
        request,
        response,
        query,
        bounds,
        MATRIX,
        (end - start) / step + 1,
        (samples, shown) -> chooseSteps(samples, start, end, step, shown));
  }

  private static void chooseAll(Points samples, Points shown) {
    for (int i = 0; i < samples.size(); i++) {
      if (!samples.isStale(i)) {
        shown.sample(samples.timeMillis(i), samples.valueBits(i));
      }
    }
  }

  private static void chooseNewest(Points samples, long timeMillis, Points shown) {
    int last = samples.size() - 1;
    if (last >= 0 && !samples.isStale(last)) {
      shown.sample(timeMillis, samples.valueBits(last));
    }
  }

  private static void chooseSteps(Points samples, long start, long end, long step, Points shown) {
    int next = 0;
    long steps = (end - start) / step;
    for (long i = 0; i <= steps; i++) {
      long at = start + i * step;
      while (next < samples.size() && samples.timeMillis(next) <= at) {
        next++;
      }
      int last = next - 1;
      if (last >= 0
          && at - samples.timeMillis(last) < LOOK_BACK.toMillis()
          && !samples.isStale(last)) {
        shown.sample(at, samples.valueBits(last));
      }
    }
  }

  private void answer(
      ServerRequest request,
      ServerResponse response,
      HistoryQuery query,
      QueryBounds bounds,
      String type,
      long pointsEach,
      Choice choice)
      throws IOException, OverLimitException {
    try (var found = new HeldSeries(bounds, Labels.EMPTY)) {
      reads.gather(request, query, bounds, found::add);
      found.sort();
      bounds.take(POINT_BYTES * found.mostSamples());
      requireFew(found.size() * pointsEach);
      JsonAnswer.send(request, response, out -> write(found, type, choice, out));
    }
  }

  /** Steps may show each sample more than once. */
  private void requireFew(long points) throws OverLimitException {
    long most = reads.limits().maxHistorySamples();
    if (points > most) {
      throw OverLimitException.tooMuch(
          RequestLimit.HISTORY_SAMPLES,
          "the answer would have too many points, ask for fewer series or steps, or raise"
              + " --limits.max-history-samples: points="
              + points
              + " limit="
              + most);
    }
  }

  private static void write(HeldSeries found, String type, Choice choice, JsonGenerator out)
      throws IOException {
    out.writeStartObject();
    out.writeStringField("resultType", type);
    out.writeArrayFieldStart("result");
    var samples = new Points();
    var shown = new Points();
    for (int i = 0; i < found.size(); i++) {
      samples.clear();
      shown.clear();
      found.readSamples(i, samples);
      choice.choose(samples, shown);
      if (shown.size() > 0) {
        out.writeStartObject();
        out.writeObjectFieldStart("metric");
        for (var pair : found.labels(i)) {
          out.writeStringField(pair.getKey(), pair.getValue());
        }
        out.writeEndObject();
        writePoints(shown, type.equals(VECTOR), out);
        out.writeEndObject();
      }
    }
    out.writeEndArray();
    out.writeEndObject();
  }

  private static void writePoints(Points shown, boolean isVector, JsonGenerator out)
      throws IOException {
    if (isVector) {
      out.writeFieldName("value");
      shown.write(0, out);
      return;
    }
    out.writeArrayFieldStart("values");
    for (int i = 0; i < shown.size(); i++) {
      shown.write(i, out);
    }
    out.writeEndArray();
  }

  private static void writeScalar(long timeMillis, double value, JsonGenerator out)
      throws IOException {
    out.writeStartObject();
    out.writeStringField("resultType", "scalar");
    out.writeFieldName("result");
    MatrixJson.writeSample(timeMillis, value, out);
    out.writeEndObject();
  }

  private static long requiredTime(QueryParameters parameters, String name) {
    if (parameters.first(name).isEmpty()) {
      throw BadParameterException.of(name, "cannot parse \"\" to a valid timestamp");
    }
    return HistoryParameters.time(parameters, name, 0);
  }

  /** In milliseconds: of seconds, or of a duration. */
  private static long step(String text) {
    OptionalDouble seconds = GoNumbers.parseDouble(text);
    double millis =
        seconds.isPresent()
            ? seconds.getAsDouble() * 1000
            : SelectorExpression.duration(text)
                .map(Duration::toMillis)
                .orElseThrow(
                    () ->
                        BadParameterException.of(
                            STEP, "cannot parse " + GoQuote.quote(text) + " to a valid duration"));
    if (!(millis >= 1) || millis > Long.MAX_VALUE) {
      throw BadParameterException.of(
          STEP,
          "zero or negative query resolution step widths are not accepted. Try a positive integer");
    }
    return (long) millis;
  }

  /** The earlier time, or the first one that there is. */
  private static long minus(long timeMillis, long millis) {
    return timeMillis < Long.MIN_VALUE + millis ? Long.MIN_VALUE : timeMillis - millis;
  }
}
