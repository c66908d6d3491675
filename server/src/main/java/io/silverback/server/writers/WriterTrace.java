package io.silverback.server.writers;

import io.silverback.codec.model.Metric;
import io.silverback.codec.model.MetricFamily;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import java.util.function.DoubleFunction;
import java.util.function.IntToDoubleFunction;

/**
 * What a push says about the process that sent it, in a fixed amount of memory. Immutable.
 *
 * <p>None of it names a process for sure, but for two equal start times; what it is good for is
 * told by {@link WatchedGroup}.
 */
public final class WriterTrace {
  /*
   * Implementation notes: of all series a few are kept as a sample that depends on what the series
   * are and not on their order: each series falls into one of the buckets by its hash, and the
   * smallest hash of a bucket is kept, with the value of that series. The part of the buckets that
   * agree estimates the part of the series that two bodies share ("one permutation hashing", Li,
   * Owen and Zhang, 2012). It takes a few steps a series and the hashes are there already.
   */
  private static final int BUCKETS = 32;
  private static final int BUCKET_SHIFT = Integer.SIZE - 5;

  private static final int NO_SERIES = Integer.MIN_VALUE;
  private static final String START_TIME = "process_start_time_seconds";

  /** Some clients work their start time out anew for each push, from a clock that is adjusted. */
  private static final double SAME_START_SECONDS = 2;

  /** One gauge that goes back and forth proves nothing; so many at once do not by chance. */
  private static final int WEIGHTY = 3;

  private static final int MAX_TEXT = 64;

  private final String client;
  private final String sentAs;
  private final double startSeconds;
  private final int[] series;
  private final long[] values;
  private final int counters;

  private WriterTrace(
      String client,
      String sentAs,
      double startSeconds,
      int[] series,
      long[] values,
      int counters) {
    this.client = client;
    this.sentAs = sentAs;
    this.startSeconds = startSeconds;
    this.series = series;
    this.values = values;
    this.counters = counters;
  }

  /**
   * The trace of a push.
   *
   * @param client its address without a port, as far as it is known
   * @param sentAs the grouping key before a rule rewrote it; empty if none did
   */
  static WriterTrace of(String client, String sentAs, List<MetricFamily> families) {
    int[] series = new int[BUCKETS];
    Arrays.fill(series, NO_SERIES);
    var samples = new Metric[BUCKETS];
    double startSeconds = Double.NaN;
    for (MetricFamily family : families) {
      int name = family.name().hashCode();
      List<Metric> metrics = family.metrics();
      for (int i = 0; i < metrics.size(); i++) {
        Metric metric = metrics.get(i);
        int hash = mix(31 * name + metric.labels().hashCode());
        int bucket = hash >>> BUCKET_SHIFT;
        if (hash > series[bucket] || samples[bucket] == null) {
          series[bucket] = hash;
          samples[bucket] = metric;
        }
      }
      if (metrics.size() == 1 && family.name().equals(START_TIME)) {
        startSeconds = value(metrics.getFirst());
      }
    }
    long[] values = new long[BUCKETS];
    int counters = 0;
    for (int bucket = 0; bucket < BUCKETS; bucket++) {
      Metric sample = samples[bucket];
      if (sample != null) {
        values[bucket] = Double.doubleToLongBits(value(sample));
        counters |= isCounter(sample) ? 1 << bucket : 0;
      }
    }
    return new WriterTrace(cut(client), sentAs, startSeconds, series, values, counters);
  }

  /** What a push says, once it is known from where and as what it came. */
  @FunctionalInterface
  public interface Source {
    WriterTrace of(String client, String sentAs);
  }

  /**
   * The traces of pushes that differ in their numbers only, without a look at each series.
   * Immutable.
   */
  public static final class Pattern {
    private static final int NO_COLUMN = -1;

    private final int[] series;
    private final long[] values;
    private final int[] columns;
    private final int counters;
    private final double startSeconds;
    private final int startColumn;

    /**
     * The pattern of a push.
     *
     * @param columnOf the column of which that number is, empty for a number that is always the
     *     same
     */
    public Pattern(List<MetricFamily> families, DoubleFunction<OptionalInt> columnOf) {
      WriterTrace trace = WriterTrace.of("", "", families);
      series = trace.series;
      values = trace.values;
      counters = trace.counters;
      columns =
          Arrays.stream(values)
              .mapToInt(value -> columnOf.apply(Double.longBitsToDouble(value)).orElse(NO_COLUMN))
              .toArray();
      startSeconds = trace.startSeconds;
      startColumn = columnOf.apply(startSeconds).orElse(NO_COLUMN);
    }

    /**
     * The trace of a push with these numbers.
     *
     * @param numbers by column
     */
    public Source with(IntToDoubleFunction numbers) {
      double start = startColumn == NO_COLUMN ? startSeconds : numbers.applyAsDouble(startColumn);
      long[] pushed = values.clone();
      for (int bucket = 0; bucket < BUCKETS; bucket++) {
        if (columns[bucket] != NO_COLUMN) {
          pushed[bucket] = Double.doubleToLongBits(numbers.applyAsDouble(columns[bucket]));
        }
      }
      return (client, sentAs) ->
          new WriterTrace(cut(client), sentAs, start, series, pushed, counters);
    }
  }

  public String client() {
    return client;
  }

  public String sentAs() {
    return sentAs;
  }

  /** Seconds since the epoch; NaN if the push did not tell. */
  public double startSeconds() {
    return startSeconds;
  }

  /** True if both tell the same start of the process to the bit. */
  boolean startedWith(WriterTrace other) {
    return Double.compare(startSeconds, other.startSeconds) == 0 && !Double.isNaN(startSeconds);
  }

  /** True if both tell when their process started, and it cannot be the same. */
  boolean startedApart(WriterTrace other) {
    return Math.abs(startSeconds - other.startSeconds) > SAME_START_SECONDS;
  }

  /** True if less than about a quarter of the series is the same. */
  boolean isUnlike(WriterTrace other) {
    int used = 0;
    int same = 0;
    for (int bucket = 0; bucket < BUCKETS; bucket++) {
      used += series[bucket] != NO_SERIES || other.series[bucket] != NO_SERIES ? 1 : 0;
      same += holdsSame(other, bucket) ? 1 : 0;
    }
    return 4 * same < used;
  }

  /**
   * Whether this push goes on from an earlier one of the same client as if another one in between
   * had not been: how many values say so, less those that say that all three are of one process.
   *
   * <p>A constant that is the client's own speaks for two processes, as does a counter that goes on
   * but not by way of the one in between. A counter that goes up over all three, or that went back
   * since the earlier push, and a value that changed once and stayed, speak for one.
   */
  Continuity continuityWith(WriterTrace earlier, WriterTrace between) {
    int two = 0;
    int one = 0;
    int countersOfTwo = 0;
    for (int bucket = 0; bucket < BUCKETS; bucket++) {
      if (!holdsSame(earlier, bucket) || !holdsSame(between, bucket)) {
        continue;
      }
      double first = Double.longBitsToDouble(earlier.values[bucket]);
      double second = Double.longBitsToDouble(between.values[bucket]);
      double third = Double.longBitsToDouble(values[bucket]);
      if ((counters & 1 << bucket) != 0 && third != first) {
        boolean rises = first <= second && second <= third;
        boolean isOfTwo = third > first && !rises;
        countersOfTwo += isOfTwo ? 1 : 0;
        one += isOfTwo ? 0 : 1;
      } else if (first == third && second != first) {
        two++;
      } else if (second == third && first != second) {
        one++;
      }
    }
    if (one == 0 && (countersOfTwo > 0 || two >= WEIGHTY)) {
      return Continuity.OF_ITS_OWN;
    }
    return one > 0 && one >= two + countersOfTwo ? Continuity.OF_ALL : Continuity.UNKNOWN;
  }

  /** What the values of three pushes say. */
  enum Continuity {
    OF_ITS_OWN,
    OF_ALL,
    UNKNOWN
  }

  private boolean holdsSame(WriterTrace other, int bucket) {
    return series[bucket] == other.series[bucket] && series[bucket] != NO_SERIES;
  }

  private static double value(Metric metric) {
    return switch (metric) {
      case Metric.Counter counter -> counter.value();
      case Metric.Gauge gauge -> gauge.value();
      case Metric.Untyped untyped -> untyped.value();
      case Metric.Summary summary -> summary.count();
      case Metric.Histogram histogram -> histogram.count();
      case Metric.Valueless _ -> Double.NaN;
    };
  }

  private static boolean isCounter(Metric metric) {
    return switch (metric) {
      case Metric.Counter _, Metric.Summary _, Metric.Histogram _ -> true;
      case Metric.Gauge _, Metric.Untyped _, Metric.Valueless _ -> false;
    };
  }

  /** Spreads the bits: the hashes of similar texts differ in the low ones only. */
  private static int mix(int hash) {
    int mixed = (hash ^ hash >>> 16) * 0x85EBCA6B;
    mixed = (mixed ^ mixed >>> 13) * 0xC2B2AE35;
    return mixed ^ mixed >>> 16;
  }

  private static String cut(String text) {
    return text.length() > MAX_TEXT ? text.substring(0, MAX_TEXT) : text;
  }
}
