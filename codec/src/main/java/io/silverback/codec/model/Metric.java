package io.silverback.codec.model;

import java.util.List;

/** One metric of a family: its labels and its value or values. */
public sealed interface Metric {

  Labels labels();

  Metric withLabels(Labels labels);

  record Counter(Labels labels, double value, OpaqueFields opaque) implements Metric {
    public Counter(Labels labels, double value) {
      this(labels, value, OpaqueFields.NONE);
    }

    @Override
    public Counter withLabels(Labels newLabels) {
      return new Counter(newLabels, value, opaque);
    }
  }

  record Gauge(Labels labels, double value) implements Metric {
    @Override
    public Gauge withLabels(Labels newLabels) {
      return new Gauge(newLabels, value);
    }
  }

  /**
   * A value of unknown meaning.
   *
   * @param timeMillis when it was that value, in milliseconds since the epoch; 0 for now, as it is
   *     of all that is pushed
   */
  record Untyped(Labels labels, double value, long timeMillis) implements Metric {
    public Untyped(Labels labels, double value) {
      this(labels, value, 0);
    }

    @Override
    public Untyped withLabels(Labels newLabels) {
      return new Untyped(newLabels, value, timeMillis);
    }
  }

  /**
   * A summary.
   *
   * @param count number of observations, an unsigned 64-bit number
   */
  record Summary(
      Labels labels, long count, double sum, List<Quantile> quantiles, OpaqueFields opaque)
      implements Metric {
    public Summary {
      quantiles = List.copyOf(quantiles);
    }

    @Override
    public Summary withLabels(Labels newLabels) {
      return new Summary(newLabels, count, sum, quantiles, opaque);
    }
  }

  record Quantile(double quantile, double value) {}

  /**
   * A histogram: classic buckets, native ones, or both.
   *
   * @param buckets in the order in which they came; a +Inf bucket may be missing
   * @param count number of observations, an unsigned 64-bit number
   * @param countFloat the count of a float histogram; counts instead of {@code count} when above 0
   * @param nativeBuckets {@link NativeBuckets#NONE} for a histogram that is only classic
   */
  record Histogram(
      Labels labels,
      List<Bucket> buckets,
      long count,
      double countFloat,
      double sum,
      NativeBuckets nativeBuckets,
      OpaqueFields opaque)
      implements Metric {
    public Histogram {
      buckets = List.copyOf(buckets);
    }

    @Override
    public Histogram withLabels(Labels newLabels) {
      return new Histogram(newLabels, buckets, count, countFloat, sum, nativeBuckets, opaque);
    }
  }

  /**
   * A classic bucket.
   *
   * @param cumulativeCount observations up to the bound, an unsigned 64-bit number
   * @param cumulativeCountFloat the same for a float histogram; counts instead when above 0
   */
  record Bucket(
      double upperBound, long cumulativeCount, double cumulativeCountFloat, OpaqueFields opaque) {
    public Bucket(double upperBound, long cumulativeCount) {
      this(upperBound, cumulativeCount, 0, OpaqueFields.NONE);
    }
  }

  /** A metric that a protobuf body gave no value at all; never stored by a checked push. */
  record Valueless(Labels labels) implements Metric {
    @Override
    public Valueless withLabels(Labels newLabels) {
      return new Valueless(newLabels);
    }
  }
}
