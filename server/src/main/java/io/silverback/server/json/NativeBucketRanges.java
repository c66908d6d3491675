package io.silverback.server.json;

import io.silverback.codec.model.Metric.Histogram;
import io.silverback.codec.model.NativeBuckets;
import io.silverback.codec.model.NativeBuckets.Span;
import java.util.ArrayList;
import java.util.List;

/**
 * The populated buckets of a native histogram with their boundaries, from the lowest to the
 * highest.
 */
final class NativeBucketRanges {
  private static final int OPEN_LEFT = 0;
  private static final int OPEN_RIGHT = 1;
  private static final int CLOSED = 3;

  private NativeBucketRanges() {}

  /**
   * A bucket and how many observations it holds.
   *
   * @param count a {@code Double} in a float histogram, else a {@code Long}
   * @param rule which of its ends belong to it, as a number of the API: 0 the upper, 1 the lower, 3
   *     both
   */
  record Range(int rule, double low, double high, Number count) {}

  static boolean isFloat(Histogram histogram) {
    return histogram.countFloat() > 0 || histogram.nativeBuckets().zeroCountFloat() > 0;
  }

  static List<Range> of(Histogram histogram) {
    NativeBuckets buckets = histogram.nativeBuckets();
    boolean isFloat = isFloat(histogram);
    var ranges = new ArrayList<Range>();
    for (Indexed bucket :
        indexed(
                buckets.negativeSpans(),
                isFloat ? buckets.negativeCounts() : sums(buckets.negativeDeltas()))
            .reversed()) {
      ranges.add(
          new Range(
              OPEN_RIGHT,
              -bound(bucket.index, buckets.schema()),
              -bound(bucket.index - 1, buckets.schema()),
              bucket.count));
    }
    Number zeros = isFloat ? (Number) buckets.zeroCountFloat() : (Number) buckets.zeroCount();
    if (zeros.doubleValue() != 0) {
      ranges.add(new Range(CLOSED, -buckets.zeroThreshold(), buckets.zeroThreshold(), zeros));
    }
    for (Indexed bucket :
        indexed(
            buckets.positiveSpans(),
            isFloat ? buckets.positiveCounts() : sums(buckets.positiveDeltas()))) {
      ranges.add(
          new Range(
              OPEN_LEFT,
              bound(bucket.index - 1, buckets.schema()),
              bound(bucket.index, buckets.schema()),
              bucket.count));
    }
    return ranges;
  }

  private record Indexed(int index, Number count) {}

  private static List<Indexed> indexed(List<Span> spans, List<? extends Number> counts) {
    var populated = new ArrayList<Indexed>();
    int index = 0;
    int next = 0;
    for (Span span : spans) {
      index += span.offset();
      // A hostile span may claim more buckets than there are counts.
      for (int i = 0; Integer.compareUnsigned(i, span.length()) < 0 && next < counts.size(); i++) {
        Number count = counts.get(next++);
        if (count.doubleValue() != 0) {
          populated.add(new Indexed(index, count));
        }
        index++;
      }
    }
    return populated;
  }

  private static List<Long> sums(List<Long> deltas) {
    var sums = new ArrayList<Long>(deltas.size());
    long sum = 0;
    for (long delta : deltas) {
      sum += delta;
      sums.add(sum);
    }
    return sums;
  }

  /** The upper boundary of the bucket with that index: 2^(index * 2^-schema). */
  private static double bound(int index, int schema) {
    double exponent = Math.scalb((double) index, -schema);
    // The bucket that holds the largest finite number ends there, and not at infinity.
    return exponent == 1024 ? Double.MAX_VALUE : Math.pow(2, exponent);
  }
}
