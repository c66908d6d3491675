package io.silverback.codec.model;

import java.util.List;

/**
 * The exponential buckets of a native histogram, field by field as in the {@code Histogram} message
 * of the Prometheus client model.
 *
 * <p>Integer histograms fill the deltas (each against the bucket before it), float histograms the
 * counts (absolute).
 *
 * @param schema resolution; bucket boundaries grow by 2^(2^-schema)
 * @param zeroThreshold half width of the zero bucket
 */
public record NativeBuckets(
    int schema,
    double zeroThreshold,
    long zeroCount,
    double zeroCountFloat,
    List<Span> negativeSpans,
    List<Long> negativeDeltas,
    List<Double> negativeCounts,
    List<Span> positiveSpans,
    List<Long> positiveDeltas,
    List<Double> positiveCounts) {

  /** What a histogram has that is only classic. */
  public static final NativeBuckets NONE =
      new NativeBuckets(
          0, 0, 0, 0, List.of(), List.of(), List.of(), List.of(), List.of(), List.of());

  public NativeBuckets {
    negativeSpans = List.copyOf(negativeSpans);
    negativeDeltas = List.copyOf(negativeDeltas);
    negativeCounts = List.copyOf(negativeCounts);
    positiveSpans = List.copyOf(positiveSpans);
    positiveDeltas = List.copyOf(positiveDeltas);
    positiveCounts = List.copyOf(positiveCounts);
  }

  /**
   * A run of consecutive buckets.
   *
   * @param offset gap to the end of the span before, or the index of the first bucket
   * @param length number of buckets, an unsigned 32-bit number
   */
  public record Span(int offset, int length) {}
}
