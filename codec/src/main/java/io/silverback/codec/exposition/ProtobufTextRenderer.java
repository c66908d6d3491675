package io.silverback.codec.exposition;

import static io.silverback.codec.exposition.ProtobufLayout.*;

import io.silverback.codec.model.Family;
import io.silverback.codec.model.Labels;
import io.silverback.codec.model.Metric;
import io.silverback.codec.model.NativeBuckets;

/**
 * Writes families in the text form of protobuf, which is for people: nothing reads it back.
 *
 * <p>Fields stand in the order in which the client model declares them, which is not that of their
 * numbers.
 */
public final class ProtobufTextRenderer implements ExpositionRenderer {
  /** How the text is laid out. */
  public enum Layout {
    /** A field a line, and an empty line after each family: {@code encoding=text}. */
    INDENTED,
    /** A family a line: {@code encoding=compact-text}. */
    COMPACT
  }

  private static final int TYPICAL_METRIC_LENGTH = 256;

  private final Layout layout;

  public ProtobufTextRenderer(Layout layout) {
    this.layout = layout;
  }

  @Override
  public void render(Family family, ExpositionBuffer out) {
    boolean indented = layout == Layout.INDENTED;
    var output = new ProtobufTextOutput(out, indented);
    output.text("name", family.name());
    if (!family.help().isEmpty()) {
      output.text("help", family.help());
    }
    output.word("type", family.type().name());
    family.forEachMetric(
        metric -> {
          output.open("metric");
          metric(metric, output);
          output.close();
          out.commit();
        });
    if (!family.unit().isEmpty()) {
      output.text("unit", family.unit());
    }
    out.put(indented ? "\n\n" : "\n");
  }

  /** One metric on one line without a break, as messages to clients show it. */
  public static String singleLine(Metric metric) {
    var out = new ExpositionBuffer(TYPICAL_METRIC_LENGTH);
    metric(metric, new ProtobufTextOutput(out, false));
    return out.toString();
  }

  private static void metric(Metric metric, ProtobufTextOutput output) {
    Labels labels = metric.labels();
    for (int i = 0; i < labels.size(); i++) {
      output.open("label");
      output.text("name", labels.name(i));
      output.text("value", labels.value(i));
      output.close();
    }
    switch (metric) {
      case Metric.Counter counter -> counter(counter, output);
      case Metric.Gauge(_, double value) -> value("gauge", value, output);
      case Metric.Untyped(_, double value, long timeMillis) -> {
        value("untyped", value, output);
        if (timeMillis != 0) {
          output.signed("timestamp_ms", timeMillis);
        }
      }
      case Metric.Summary summary -> summary(summary, output);
      case Metric.Histogram histogram -> histogram(histogram, output);
      case Metric.Valueless _ -> {}
    }
  }

  private static void value(String name, double value, ProtobufTextOutput output) {
    output.open(name);
    output.number("value", value);
    output.close();
  }

  private static void counter(Metric.Counter counter, ProtobufTextOutput output) {
    output.open("counter");
    output.number("value", counter.value());
    OpaqueText.exemplars(COUNTER_EXEMPLAR, "exemplar", counter.opaque(), output);
    OpaqueText.timestamp(COUNTER_CREATED_TIMESTAMP, "created_timestamp", counter.opaque(), output);
    OpaqueText.unknown(counter.opaque(), output, COUNTER_EXEMPLAR, COUNTER_CREATED_TIMESTAMP);
    output.close();
  }

  private static void summary(Metric.Summary summary, ProtobufTextOutput output) {
    output.open("summary");
    output.unsigned("sample_count", summary.count());
    output.number("sample_sum", summary.sum());
    for (Metric.Quantile quantile : summary.quantiles()) {
      output.open("quantile");
      output.number("quantile", quantile.quantile());
      output.number("value", quantile.value());
      output.close();
    }
    OpaqueText.timestamp(SUMMARY_CREATED_TIMESTAMP, "created_timestamp", summary.opaque(), output);
    OpaqueText.unknown(summary.opaque(), output, SUMMARY_CREATED_TIMESTAMP);
    output.close();
  }

  private static void histogram(Metric.Histogram histogram, ProtobufTextOutput output) {
    output.open("histogram");
    counts("sample_count", histogram.count(), "sample_count_float", histogram.countFloat(), output);
    output.number("sample_sum", histogram.sum());
    for (Metric.Bucket bucket : histogram.buckets()) {
      bucket(bucket, output);
    }
    OpaqueText.timestamp(
        HISTOGRAM_CREATED_TIMESTAMP, "created_timestamp", histogram.opaque(), output);
    if (!histogram.nativeBuckets().equals(NativeBuckets.NONE)) {
      nativeBuckets(histogram.nativeBuckets(), output);
    }
    OpaqueText.exemplars(HISTOGRAM_EXEMPLARS, "exemplars", histogram.opaque(), output);
    OpaqueText.unknown(
        histogram.opaque(), output, HISTOGRAM_CREATED_TIMESTAMP, HISTOGRAM_EXEMPLARS);
    output.close();
  }

  private static void bucket(Metric.Bucket bucket, ProtobufTextOutput output) {
    output.open("bucket");
    counts(
        "cumulative_count",
        bucket.cumulativeCount(),
        "cumulative_count_float",
        bucket.cumulativeCountFloat(),
        output);
    output.number("upper_bound", bucket.upperBound());
    OpaqueText.exemplars(BUCKET_EXEMPLAR, "exemplar", bucket.opaque(), output);
    OpaqueText.unknown(bucket.opaque(), output, BUCKET_EXEMPLAR);
    output.close();
  }

  private static void nativeBuckets(NativeBuckets buckets, ProtobufTextOutput output) {
    output.signed("schema", buckets.schema());
    output.number("zero_threshold", buckets.zeroThreshold());
    counts("zero_count", buckets.zeroCount(), "zero_count_float", buckets.zeroCountFloat(), output);
    for (NativeBuckets.Span span : buckets.negativeSpans()) {
      span("negative_span", span, output);
    }
    buckets.negativeDeltas().forEach(delta -> output.signed("negative_delta", delta));
    buckets.negativeCounts().forEach(count -> output.number("negative_count", count));
    for (NativeBuckets.Span span : buckets.positiveSpans()) {
      span("positive_span", span, output);
    }
    buckets.positiveDeltas().forEach(delta -> output.signed("positive_delta", delta));
    buckets.positiveCounts().forEach(count -> output.number("positive_count", count));
  }

  private static void span(String name, NativeBuckets.Span span, ProtobufTextOutput output) {
    output.open(name);
    output.signed("offset", span.offset());
    output.unsigned("length", Integer.toUnsignedLong(span.length()));
    output.close();
  }

  private static void counts(
      String name, long count, String floatName, double countFloat, ProtobufTextOutput output) {
    if (ProtobufRenderer.writesInteger(count, countFloat)) {
      output.unsigned(name, count);
    }
    if (ProtobufRenderer.writesFloat(countFloat)) {
      output.number(floatName, countFloat);
    }
  }
}
