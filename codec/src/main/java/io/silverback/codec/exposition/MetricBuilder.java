package io.silverback.codec.exposition;

import io.silverback.codec.model.Labels;
import io.silverback.codec.model.Metric;
import io.silverback.codec.model.Metric.Bucket;
import io.silverback.codec.model.Metric.Quantile;
import io.silverback.codec.model.NativeBuckets;
import io.silverback.codec.model.OpaqueFields;
import java.util.ArrayList;
import java.util.List;

/** A metric of which not all lines are read yet. Not thread-safe. */
sealed interface MetricBuilder {
  Metric build();

  /** A metric of one line, which is all there. */
  record Single(Metric build) implements MetricBuilder {}

  /** The lines of a summary with the same labels. */
  final class Summary implements MetricBuilder {
    private final Labels labels;
    private final List<Quantile> quantiles = new ArrayList<>();
    private long count;
    private double sum;

    Summary(Labels labels) {
      this.labels = labels;
    }

    void count(double value) {
      count = GoNumbers.toUnsigned(value);
    }

    void sum(double value) {
      sum = value;
    }

    void quantile(double rank, double value) {
      quantiles.add(new Quantile(rank, value));
    }

    @Override
    public Metric build() {
      return new Metric.Summary(labels, count, sum, quantiles, OpaqueFields.NONE);
    }
  }

  /** The lines of a histogram with the same labels. */
  final class Histogram implements MetricBuilder {
    private final Labels labels;
    private final List<Bucket> buckets = new ArrayList<>();
    private long count;
    private double countFloat;
    private double sum;
    private boolean anyFloats;

    Histogram(Labels labels) {
      this.labels = labels;
    }

    /** False if the count is negative. */
    boolean count(double value) {
      if (isWhole(value)) {
        count = GoNumbers.toUnsigned(value);
        return true;
      }
      countFloat = value;
      return !(value < 0);
    }

    void sum(double value) {
      sum = value;
    }

    /** False if the count is negative. */
    boolean bucket(double upperBound, double value) {
      if (isWhole(value)) {
        buckets.add(new Bucket(upperBound, GoNumbers.toUnsigned(value)));
        return true;
      }
      buckets.add(new Bucket(upperBound, 0, value, OpaqueFields.NONE));
      anyFloats = true;
      return !(value < 0);
    }

    /** With one count that is no integer, all counts become floats. */
    @Override
    public Metric build() {
      if (!anyFloats && countFloat == 0) {
        return histogram(buckets, count, 0);
      }
      var floats = new ArrayList<Bucket>(buckets.size());
      for (Bucket bucket : buckets) {
        floats.add(bucket.cumulativeCountFloat() == 0 ? asFloat(bucket) : bucket);
      }
      return countFloat == 0
          ? histogram(floats, 0, GoNumbers.toDouble(count))
          : histogram(floats, count, countFloat);
    }

    private Metric histogram(List<Bucket> allBuckets, long whole, double fractional) {
      return new Metric.Histogram(
          labels, allBuckets, whole, fractional, sum, NativeBuckets.NONE, OpaqueFields.NONE);
    }

    private static Bucket asFloat(Bucket bucket) {
      double count = GoNumbers.toDouble(bucket.cumulativeCount());
      return new Bucket(bucket.upperBound(), 0, count, bucket.opaque());
    }

    private static boolean isWhole(double value) {
      return value == GoNumbers.toDouble(GoNumbers.toUnsigned(value));
    }
  }
}
