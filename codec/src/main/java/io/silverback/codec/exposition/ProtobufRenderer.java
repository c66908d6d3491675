package io.silverback.codec.exposition;

import static io.silverback.codec.exposition.ProtobufLayout.*;

import io.silverback.codec.model.Family;
import io.silverback.codec.model.Labels;
import io.silverback.codec.model.Metric;
import io.silverback.codec.model.NativeBuckets;

/**
 * Writes families in the delimited protobuf format, with all that {@link ProtobufParser} read.
 *
 * <p>Repeated numbers are not packed, as proto2 has it. A count of 0 is left out where a float
 * count replaces it, and a float count of 0 always.
 */
public final class ProtobufRenderer implements ExpositionRenderer {
  /** Metrics of a family are kept up to here; of a larger one they are written a second time. */
  private static final int KEPT_BYTES = 256 * 1024;

  private static final int TYPICAL_METRIC_LENGTH = 256;

  @Override
  public void render(Family family, ExpositionBuffer out) {
    var head = new ExpositionBuffer(TYPICAL_METRIC_LENGTH);
    head(family, new ProtobufOutput(head));
    var tail = new ExpositionBuffer(TYPICAL_METRIC_LENGTH);
    if (!family.unit().isEmpty()) {
      new ProtobufOutput(tail).text(FAMILY_UNIT, family.unit());
    }
    // The length of it all goes first, and that of a family is no measure for memory.
    var metrics = new Metrics();
    family.forEachMetric(metrics::measure);
    out.putVarint(head.length() + metrics.total + tail.length());
    out.put(head);
    if (metrics.areKept()) {
      out.put(metrics.bytes);
    } else {
      long expected = metrics.total;
      metrics.total = 0;
      family.forEachMetric(metric -> metrics.write(metric, out));
      if (metrics.total != expected) {
        throw new IllegalStateException(
            "a family changed while it was written: name=" + family.name());
      }
    }
    out.put(tail);
    out.commit();
  }

  private static void head(Family family, ProtobufOutput output) {
    output.text(FAMILY_NAME, family.name());
    if (!family.help().isEmpty()) {
      output.text(FAMILY_HELP, family.help());
    }
    output.integer(FAMILY_TYPE, TYPES.indexOf(family.type()));
  }

  /** The metrics of one family: kept while they are few, and counted. */
  private static final class Metrics {
    private final ExpositionBuffer bytes = new ExpositionBuffer(TYPICAL_METRIC_LENGTH);
    private final ProtobufOutput output = new ProtobufOutput(bytes);
    private long total;

    boolean areKept() {
      return total == bytes.length();
    }

    void measure(Metric metric) {
      if (total > KEPT_BYTES) {
        bytes.clear();
      }
      int before = bytes.length();
      metric(metric, output);
      total += bytes.length() - before;
    }

    void write(Metric metric, ExpositionBuffer out) {
      bytes.clear();
      metric(metric, output);
      total += bytes.length();
      out.put(bytes);
      out.commit();
    }
  }

  private static void metric(Metric metric, ProtobufOutput output) {
    int start = output.open(FAMILY_METRIC);
    labels(metric.labels(), output);
    value(metric, output);
    output.close(start);
  }

  private static void labels(Labels labels, ProtobufOutput output) {
    for (int i = 0; i < labels.size(); i++) {
      int start = output.open(METRIC_LABEL);
      output.text(LABEL_NAME, labels.name(i));
      output.text(LABEL_VALUE, labels.value(i));
      output.close(start);
    }
  }

  private static void value(Metric metric, ProtobufOutput output) {
    switch (metric) {
      case Metric.Counter(_, double value, var opaque) -> {
        int start = output.open(METRIC_COUNTER);
        output.number(COUNTER_VALUE, value);
        output.opaque(opaque);
        output.close(start);
      }
      case Metric.Gauge(_, double value) -> {
        int start = output.open(METRIC_GAUGE);
        output.number(GAUGE_VALUE, value);
        output.close(start);
      }
      case Metric.Untyped(_, double value, long timeMillis) -> {
        int start = output.open(METRIC_UNTYPED);
        output.number(UNTYPED_VALUE, value);
        output.close(start);
        if (timeMillis != 0) {
          output.integer(METRIC_TIMESTAMP_MS, timeMillis);
        }
      }
      case Metric.Summary summary -> summary(summary, output);
      case Metric.Histogram histogram -> histogram(histogram, output);
      case Metric.Valueless _ -> {}
    }
  }

  private static void summary(Metric.Summary summary, ProtobufOutput output) {
    int start = output.open(METRIC_SUMMARY);
    output.integer(SUMMARY_SAMPLE_COUNT, summary.count());
    output.number(SUMMARY_SAMPLE_SUM, summary.sum());
    for (Metric.Quantile quantile : summary.quantiles()) {
      int quantileStart = output.open(SUMMARY_QUANTILE);
      output.number(QUANTILE_QUANTILE, quantile.quantile());
      output.number(QUANTILE_VALUE, quantile.value());
      output.close(quantileStart);
    }
    output.opaque(summary.opaque());
    output.close(start);
  }

  private static void histogram(Metric.Histogram histogram, ProtobufOutput output) {
    int start = output.open(METRIC_HISTOGRAM);
    if (writesInteger(histogram.count(), histogram.countFloat())) {
      output.integer(HISTOGRAM_SAMPLE_COUNT, histogram.count());
    }
    output.number(HISTOGRAM_SAMPLE_SUM, histogram.sum());
    for (Metric.Bucket bucket : histogram.buckets()) {
      bucket(bucket, output);
    }
    if (writesFloat(histogram.countFloat())) {
      output.number(HISTOGRAM_SAMPLE_COUNT_FLOAT, histogram.countFloat());
    }
    if (!histogram.nativeBuckets().equals(NativeBuckets.NONE)) {
      nativeBuckets(histogram.nativeBuckets(), output);
    }
    output.opaque(histogram.opaque());
    output.close(start);
  }

  private static void bucket(Metric.Bucket bucket, ProtobufOutput output) {
    int start = output.open(HISTOGRAM_BUCKET);
    if (writesInteger(bucket.cumulativeCount(), bucket.cumulativeCountFloat())) {
      output.integer(BUCKET_CUMULATIVE_COUNT, bucket.cumulativeCount());
    }
    output.number(BUCKET_UPPER_BOUND, bucket.upperBound());
    if (writesFloat(bucket.cumulativeCountFloat())) {
      output.number(BUCKET_CUMULATIVE_COUNT_FLOAT, bucket.cumulativeCountFloat());
    }
    output.opaque(bucket.opaque());
    output.close(start);
  }

  private static void nativeBuckets(NativeBuckets buckets, ProtobufOutput output) {
    output.signed(HISTOGRAM_SCHEMA, buckets.schema());
    output.number(HISTOGRAM_ZERO_THRESHOLD, buckets.zeroThreshold());
    if (writesInteger(buckets.zeroCount(), buckets.zeroCountFloat())) {
      output.integer(HISTOGRAM_ZERO_COUNT, buckets.zeroCount());
    }
    if (writesFloat(buckets.zeroCountFloat())) {
      output.number(HISTOGRAM_ZERO_COUNT_FLOAT, buckets.zeroCountFloat());
    }
    for (NativeBuckets.Span span : buckets.negativeSpans()) {
      span(HISTOGRAM_NEGATIVE_SPAN, span, output);
    }
    buckets.negativeDeltas().forEach(delta -> output.signed(HISTOGRAM_NEGATIVE_DELTA, delta));
    buckets.negativeCounts().forEach(count -> output.number(HISTOGRAM_NEGATIVE_COUNT, count));
    for (NativeBuckets.Span span : buckets.positiveSpans()) {
      span(HISTOGRAM_POSITIVE_SPAN, span, output);
    }
    buckets.positiveDeltas().forEach(delta -> output.signed(HISTOGRAM_POSITIVE_DELTA, delta));
    buckets.positiveCounts().forEach(count -> output.number(HISTOGRAM_POSITIVE_COUNT, count));
  }

  private static void span(int field, NativeBuckets.Span span, ProtobufOutput output) {
    int start = output.open(field);
    output.signed(SPAN_OFFSET, span.offset());
    output.integer(SPAN_LENGTH, Integer.toUnsignedLong(span.length()));
    output.close(start);
  }

  /** An integer count is left out only where a float count replaces it. */
  static boolean writesInteger(long count, double countFloat) {
    return count != 0 || !writesFloat(countFloat);
  }

  /** A float count of plain 0 is one that was never set. */
  static boolean writesFloat(double countFloat) {
    return Double.doubleToRawLongBits(countFloat) != 0;
  }
}
