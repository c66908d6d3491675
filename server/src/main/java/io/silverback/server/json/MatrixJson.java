package io.silverback.server.json;

import com.fasterxml.jackson.core.JsonGenerator;
import io.silverback.codec.exposition.GoNumbers;
import io.silverback.codec.model.Labels;
import io.silverback.server.group.select.LabelMatcher;
import io.silverback.server.storage.HistoryQuery;
import io.silverback.server.storage.HistorySink;
import io.silverback.server.storage.Samples;
import java.io.IOException;
import java.math.BigDecimal;

/** Writes series as Prometheus' API shows the result of a range query. */
public final class MatrixJson implements HistorySink {
  private static final double MIN_PLAIN = 1e-6;
  private static final double MAX_PLAIN = 1e21;

  private final JsonGenerator out;
  private final boolean hasEnds;

  private MatrixJson(JsonGenerator out, boolean hasEnds) {
    this.out = out;
    this.hasEnds = hasEnds;
  }

  /** Where the series come from. */
  @FunctionalInterface
  public interface Source {
    void writeTo(HistorySink sink) throws IOException;
  }

  /**
   * Writes all series of the source, each as soon as it comes.
   *
   * @param hasEnds whether a last sample that is {@link HistoryQuery#STALE} is no value but the end
   *     of the series: {@code ended}, in seconds as other times
   */
  public static void write(Source source, boolean hasEnds, JsonGenerator out) throws IOException {
    out.writeStartObject();
    out.writeStringField("resultType", "matrix");
    out.writeArrayFieldStart("result");
    source.writeTo(new MatrixJson(out, hasEnds));
    out.writeEndArray();
    out.writeEndObject();
  }

  @Override
  public void series(String name, Labels labels, Samples samples) throws IOException {
    out.writeStartObject();
    out.writeObjectFieldStart("metric");
    out.writeStringField(LabelMatcher.NAME, name);
    GroupJson.writePairs(labels, out);
    out.writeEndObject();
    out.writeArrayFieldStart("values");
    boolean hasEnded = hasEnds && HistoryQuery.endsIn(samples);
    int values = samples.size() - (hasEnded ? 1 : 0);
    for (int i = 0; i < values; i++) {
      writeSample(samples.timeMillis(i), samples.value(i), out);
    }
    out.writeEndArray();
    if (hasEnded) {
      out.writeFieldName("ended");
      out.writeNumber(seconds(samples.timeMillis(values)));
    }
    out.writeEndObject();
  }

  /** Writes a sample as Prometheus' API does: the time in seconds, and the value as a text. */
  public static void writeSample(long timeMillis, double value, JsonGenerator out)
      throws IOException {
    out.writeStartArray();
    out.writeNumber(seconds(timeMillis));
    out.writeString(number(value));
    out.writeEndArray();
  }

  /** Whole seconds, or seconds with three decimals. */
  static String seconds(long millis) {
    BigDecimal seconds = BigDecimal.valueOf(millis, 3);
    return millis % 1000 == 0 ? seconds.setScale(0).toPlainString() : seconds.toPlainString();
  }

  /** upstream: util/jsonutil/marshal.go leaves the exponent out over a wider range than Go. */
  static String number(double value) {
    String shortest = GoNumbers.toString(value);
    double magnitude = Math.abs(value);
    boolean isPlain = magnitude >= MIN_PLAIN && magnitude < MAX_PLAIN;
    return isPlain && shortest.indexOf('e') >= 0
        ? new BigDecimal(shortest).toPlainString()
        : shortest;
  }
}
