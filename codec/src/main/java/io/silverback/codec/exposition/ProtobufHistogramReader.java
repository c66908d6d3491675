package io.silverback.codec.exposition;

import static io.silverback.codec.exposition.ProtobufLayout.*;

import com.google.protobuf.WireFormat;
import io.silverback.codec.model.Labels;
import io.silverback.codec.model.Metric;
import io.silverback.codec.model.NativeBuckets;
import java.util.ArrayList;
import java.util.List;

/** Reads {@code Histogram} messages; those between two clears are merged. Not thread-safe. */
final class ProtobufHistogramReader {
  private final ProtobufInput in;
  private final OpaqueCollector opaque;
  private final OpaqueCollector bucketOpaque;
  private final List<Metric.Bucket> buckets = new ArrayList<>();
  private final List<NativeBuckets.Span> negativeSpans = new ArrayList<>();
  private final List<Long> negativeDeltas = new ArrayList<>();
  private final List<Double> negativeCounts = new ArrayList<>();
  private final List<NativeBuckets.Span> positiveSpans = new ArrayList<>();
  private final List<Long> positiveDeltas = new ArrayList<>();
  private final List<Double> positiveCounts = new ArrayList<>();
  private long count;
  private double countFloat;
  private double sum;
  private int schema;
  private double zeroThreshold;
  private long zeroCount;
  private double zeroCountFloat;
  private boolean sawNativeField;

  ProtobufHistogramReader(ProtobufInput in) {
    this.in = in;
    this.opaque = new OpaqueCollector(in);
    this.bucketOpaque = new OpaqueCollector(in);
  }

  void clear() {
    opaque.clear();
    buckets.clear();
    negativeSpans.clear();
    negativeDeltas.clear();
    negativeCounts.clear();
    positiveSpans.clear();
    positiveDeltas.clear();
    positiveCounts.clear();
    count = 0;
    countFloat = 0;
    sum = 0;
    schema = 0;
    zeroThreshold = 0;
    zeroCount = 0;
    zeroCountFloat = 0;
    sawNativeField = false;
  }

  void merge() {
    int outer = in.enter();
    while (in.next()) {
      switch (in.field()) {
        case HISTOGRAM_SAMPLE_COUNT -> count = in.integer();
        case HISTOGRAM_SAMPLE_SUM -> sum = in.number();
        case HISTOGRAM_BUCKET -> buckets.add(readBucket());
        case HISTOGRAM_SAMPLE_COUNT_FLOAT -> countFloat = in.number();
        case HISTOGRAM_CREATED_TIMESTAMP -> opaque.keepTimestamp();
        case HISTOGRAM_EXEMPLARS -> opaque.keepExemplar();
        default -> readNativeField();
      }
    }
    in.leave(outer);
  }

  Metric.Histogram build(Labels labels) {
    NativeBuckets nativeBuckets =
        sawNativeField
            ? new NativeBuckets(
                schema,
                zeroThreshold,
                zeroCount,
                zeroCountFloat,
                negativeSpans,
                negativeDeltas,
                negativeCounts,
                positiveSpans,
                positiveDeltas,
                positiveCounts)
            : NativeBuckets.NONE;
    return new Metric.Histogram(
        labels, buckets, count, countFloat, sum, nativeBuckets, opaque.take());
  }

  private void readNativeField() {
    switch (in.field()) {
      case HISTOGRAM_SCHEMA -> schema = (int) in.signed();
      case HISTOGRAM_ZERO_THRESHOLD -> zeroThreshold = in.number();
      case HISTOGRAM_ZERO_COUNT -> zeroCount = in.integer();
      case HISTOGRAM_ZERO_COUNT_FLOAT -> zeroCountFloat = in.number();
      case HISTOGRAM_NEGATIVE_SPAN -> negativeSpans.add(readSpan());
      case HISTOGRAM_NEGATIVE_DELTA -> readDeltas(negativeDeltas);
      case HISTOGRAM_NEGATIVE_COUNT -> readCounts(negativeCounts);
      case HISTOGRAM_POSITIVE_SPAN -> positiveSpans.add(readSpan());
      case HISTOGRAM_POSITIVE_DELTA -> readDeltas(positiveDeltas);
      case HISTOGRAM_POSITIVE_COUNT -> readCounts(positiveCounts);
      default -> {
        opaque.keepUnknown();
        return;
      }
    }
    sawNativeField = true;
  }

  private Metric.Bucket readBucket() {
    double upperBound = 0;
    long cumulativeCount = 0;
    double cumulativeCountFloat = 0;
    int outer = in.enter();
    while (in.next()) {
      switch (in.field()) {
        case BUCKET_CUMULATIVE_COUNT -> cumulativeCount = in.integer();
        case BUCKET_UPPER_BOUND -> upperBound = in.number();
        case BUCKET_EXEMPLAR -> bucketOpaque.keepExemplar();
        case BUCKET_CUMULATIVE_COUNT_FLOAT -> cumulativeCountFloat = in.number();
        default -> bucketOpaque.keepUnknown();
      }
    }
    in.leave(outer);
    return new Metric.Bucket(
        upperBound, cumulativeCount, cumulativeCountFloat, bucketOpaque.take());
  }

  private NativeBuckets.Span readSpan() {
    int offset = 0;
    int length = 0;
    int outer = in.enter();
    while (in.next()) {
      switch (in.field()) {
        case SPAN_OFFSET -> offset = (int) in.signed();
        case SPAN_LENGTH -> length = (int) in.integer();
        default -> in.skip();
      }
    }
    in.leave(outer);
    return new NativeBuckets.Span(offset, length);
  }

  private void readDeltas(List<Long> deltas) {
    if (in.wireType() != WireFormat.WIRETYPE_LENGTH_DELIMITED) {
      deltas.add(in.signed());
      return;
    }
    int outer = in.enter();
    while (!in.atEnd()) {
      deltas.add(in.rawSigned());
    }
    in.leave(outer);
  }

  private void readCounts(List<Double> counts) {
    if (in.wireType() != WireFormat.WIRETYPE_LENGTH_DELIMITED) {
      counts.add(in.number());
      return;
    }
    int outer = in.enter();
    while (!in.atEnd()) {
      counts.add(in.rawNumber());
    }
    in.leave(outer);
  }
}
