package io.silverback.codec.row;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import io.silverback.codec.exposition.GoNumbers;
import io.silverback.codec.model.Labels;
import io.silverback.codec.model.Metric;
import io.silverback.codec.model.NativeBuckets;
import io.silverback.codec.model.OpaqueFields;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;

/**
 * The columns of one metric: its kind, and the quantiles of a summary or the upper bounds of a
 * histogram, compared bit for bit.
 *
 * <p>A column is a word of 64 bits. A counter, gauge or untyped metric has one, the bits of its
 * value. A summary has one for each quantile, then sum and count; a histogram one for each bucket,
 * then sum and count. All are the bits of doubles, as history wants them; what a double cannot say
 * of a count is an extra's. Immutable.
 */
public final class MetricLayout implements Comparable<MetricLayout> {
  private static final long[] NO_BOUNDS = {};
  private static final Map<MetricKind, MetricLayout> UNBOUNDED = new EnumMap<>(MetricKind.class);

  static {
    for (MetricKind kind : MetricKind.values()) {
      UNBOUNDED.put(kind, new MetricLayout(kind, NO_BOUNDS));
    }
  }

  private final MetricKind kind;
  private final long[] bounds;

  /** A layout that takes over the bits of its bounds. */
  MetricLayout(MetricKind kind, long[] bounds) {
    this.kind = kind;
    this.bounds = bounds;
  }

  static MetricLayout of(Metric metric) {
    int boundCount = boundCount(metric);
    if (boundCount == 0) {
      return unbounded(MetricKind.of(metric));
    }
    long[] bounds = new long[boundCount];
    for (int i = 0; i < boundCount; i++) {
      bounds[i] = boundBits(metric, i);
    }
    return new MetricLayout(MetricKind.of(metric), bounds);
  }

  /** The layout of a kind of metric without bounds. */
  static MetricLayout unbounded(MetricKind kind) {
    return Objects.requireNonNull(UNBOUNDED.get(kind));
  }

  /** How many bounds a metric has. */
  static int boundCount(Metric metric) {
    return switch (metric) {
      case Metric.Summary summary -> summary.quantiles().size();
      case Metric.Histogram histogram -> histogram.buckets().size();
      case Metric.Counter _, Metric.Gauge _, Metric.Untyped _, Metric.Valueless _ -> 0;
    };
  }

  /** The bits of one bound of a metric. */
  static long boundBits(Metric metric, int index) {
    return switch (metric) {
      case Metric.Summary summary -> bits(summary.quantiles().get(index).quantile());
      case Metric.Histogram histogram -> bits(histogram.buckets().get(index).upperBound());
      case Metric.Counter _, Metric.Gauge _, Metric.Untyped _, Metric.Valueless _ ->
          throw new IllegalArgumentException("metric has no bounds: index=" + index);
    };
  }

  /** How many columns a metric has. */
  static int columnCount(Metric metric) {
    return boundCount(metric) + MetricKind.of(metric).plainColumns();
  }

  public MetricKind kind() {
    return kind;
  }

  public int boundCount() {
    return bounds.length;
  }

  public double bound(int index) {
    return Double.longBitsToDouble(bounds[index]);
  }

  long boundBits(int index) {
    return bounds[index];
  }

  public int columnCount() {
    return bounds.length + kind.plainColumns();
  }

  /** Writes the columns of a metric one after the other; returns the offset after them. */
  static int write(Metric metric, MutableDirectBuffer words, int offset) {
    return switch (metric) {
      case Metric.Counter counter -> put(words, offset, bits(counter.value()));
      case Metric.Gauge gauge -> put(words, offset, bits(gauge.value()));
      case Metric.Untyped untyped -> put(words, offset, bits(untyped.value()));
      case Metric.Summary summary -> {
        int at = offset;
        for (Metric.Quantile quantile : summary.quantiles()) {
          at = put(words, at, bits(quantile.value()));
        }
        at = put(words, at, bits(summary.sum()));
        yield put(words, at, countBits(summary.count(), 0));
      }
      case Metric.Histogram histogram -> {
        int at = offset;
        for (Metric.Bucket bucket : histogram.buckets()) {
          at = put(words, at, countBits(bucket.cumulativeCount(), bucket.cumulativeCountFloat()));
        }
        at = put(words, at, bits(histogram.sum()));
        yield put(words, at, countBits(histogram.count(), histogram.countFloat()));
      }
      case Metric.Valueless _ -> offset;
    };
  }

  /** The metric whose columns start at {@code offset}. */
  public Metric read(Labels labels, DirectBuffer words, int offset) {
    int plain = offset + bounds.length * Long.BYTES;
    return switch (kind) {
      case COUNTER -> new Metric.Counter(labels, number(words, plain));
      case GAUGE -> new Metric.Gauge(labels, number(words, plain));
      case UNTYPED -> new Metric.Untyped(labels, number(words, plain));
      case SUMMARY ->
          new Metric.Summary(
              labels,
              count(words, plain + Long.BYTES),
              number(words, plain),
              quantiles(words, offset),
              OpaqueFields.NONE);
      case HISTOGRAM ->
          new Metric.Histogram(
              labels,
              buckets(words, offset),
              count(words, plain + Long.BYTES),
              0,
              number(words, plain),
              NativeBuckets.NONE,
              OpaqueFields.NONE);
      case VALUELESS -> new Metric.Valueless(labels);
    };
  }

  private List<Metric.Quantile> quantiles(DirectBuffer words, int offset) {
    var quantiles = new ArrayList<Metric.Quantile>(bounds.length);
    for (int i = 0; i < bounds.length; i++) {
      quantiles.add(new Metric.Quantile(bound(i), number(words, offset + i * Long.BYTES)));
    }
    return quantiles;
  }

  private List<Metric.Bucket> buckets(DirectBuffer words, int offset) {
    var buckets = new ArrayList<Metric.Bucket>(bounds.length);
    for (int i = 0; i < bounds.length; i++) {
      buckets.add(new Metric.Bucket(bound(i), count(words, offset + i * Long.BYTES)));
    }
    return buckets;
  }

  /** True if the column of a count says all of it. */
  static boolean isExact(long count) {
    return GoNumbers.toUnsigned(GoNumbers.toDouble(count)) == count;
  }

  private static long countBits(long count, double countFloat) {
    return bits(countFloat == 0 ? GoNumbers.toDouble(count) : countFloat);
  }

  private static int put(MutableDirectBuffer words, int offset, long word) {
    words.putLong(offset, word, LITTLE_ENDIAN);
    return offset + Long.BYTES;
  }

  private static double number(DirectBuffer words, int offset) {
    return Double.longBitsToDouble(words.getLong(offset, LITTLE_ENDIAN));
  }

  private static long count(DirectBuffer words, int offset) {
    return GoNumbers.toUnsigned(number(words, offset));
  }

  private static long bits(double value) {
    return Double.doubleToRawLongBits(value);
  }

  /** An order for tables: clients choose the bounds, and so can make many share a hash code. */
  @Override
  public int compareTo(MetricLayout other) {
    int order = kind.compareTo(other.kind);
    return order != 0 ? order : Arrays.compare(bounds, other.bounds);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof MetricLayout layout
        && kind == layout.kind
        && Arrays.equals(bounds, layout.bounds);
  }

  @Override
  public int hashCode() {
    return 31 * kind.hashCode() + Arrays.hashCode(bounds);
  }

  @Override
  public String toString() {
    return kind + "[bounds=" + bounds.length + "]";
  }
}
