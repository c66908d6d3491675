package io.silverback.server.storage;

import io.silverback.codec.exposition.ParsedExposition;
import io.silverback.codec.model.GroupingKey;
import io.silverback.codec.model.Labels;
import io.silverback.codec.model.Metric;
import io.silverback.codec.model.MetricFamily;
import io.silverback.codec.model.MetricType;
import io.silverback.codec.model.NativeBuckets;
import io.silverback.codec.model.OpaqueFields;
import io.silverback.server.group.GroupUpdate;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;

/** Updates of a few groups that often have the same shape and sometimes conflict. */
public final class RandomUpdates {
  private static final GroupingKey[] KEYS = {
    GroupingKey.of("a"),
    GroupingKey.of("a", "instance", ""),
    GroupingKey.of("a", "instance", "1"),
    GroupingKey.of("b", "z", "é"),
    GroupingKey.of("b", "z", "x".repeat(300), "y", "2"),
  };
  private static final double[] VALUES = {0, -0.0, 1, 2.5, Double.NaN, Double.POSITIVE_INFINITY};

  /** A field 2 of a counter, an exemplar without anything. */
  private static final OpaqueFields OPAQUE = OpaqueFields.of(HexFormat.of().parseHex("1200"));

  private static final NativeBuckets NATIVE =
      new NativeBuckets(
          3,
          0.01,
          2,
          0,
          List.of(),
          List.of(),
          List.of(),
          List.of(new NativeBuckets.Span(-1, 2)),
          List.of(1L, -1L),
          List.of());

  private final SplittableRandom random;

  public RandomUpdates(SplittableRandom random) {
    this.random = random;
  }

  public GroupUpdate next(long now) {
    GroupingKey key = KEYS[random.nextInt(KEYS.length)];
    if (random.nextInt(10) == 0) {
      return new GroupUpdate.Delete(key);
    }
    var families = new ArrayList<MetricFamily>();
    // Most pushes are one of two bodies, so that shapes come again.
    boolean usual = random.nextInt(4) > 0;
    int count = usual ? 1 + random.nextInt(2) : random.nextInt(4);
    for (int i = 0; i < count; i++) {
      families.add(family(i, usual));
    }
    var body = new ParsedExposition(families, random.nextInt(30) == 0);
    if (random.nextInt(12) == 0) {
      long push = random.nextInt(3) == 0 ? 0 : now - 60 + random.nextInt(100);
      return new GroupUpdate.Restore(key, body, push, push == 0 ? now : 0, Map.of("m1", now - 9));
    }
    return random.nextBoolean()
        ? new GroupUpdate.Replace(key, body)
        : new GroupUpdate.Merge(key, body);
  }

  private MetricFamily family(int number, boolean usual) {
    int kind = usual ? number : random.nextInt(5);
    var metrics = new ArrayList<Metric>();
    int count = usual ? 2 : random.nextInt(3);
    for (int i = 0; i < count; i++) {
      metrics.add(metric(kind, Labels.of("l", Integer.toString(i))));
    }
    MetricType type =
        switch (kind) {
          case 0 -> MetricType.GAUGE;
          case 1 -> MetricType.COUNTER;
          case 2 -> MetricType.HISTOGRAM;
          case 3 -> MetricType.SUMMARY;
          default -> MetricType.UNTYPED;
        };
    return new MetricFamily("m" + number, usual ? "" : "help", type, usual ? "" : "s", metrics);
  }

  private Metric metric(int kind, Labels labels) {
    return switch (kind) {
      case 0 -> new Metric.Gauge(labels, value());
      case 1 ->
          new Metric.Counter(labels, value(), random.nextBoolean() ? OPAQUE : OpaqueFields.NONE);
      case 2 ->
          new Metric.Histogram(
              labels,
              List.of(new Metric.Bucket(1, 3), new Metric.Bucket(Double.POSITIVE_INFINITY, 4)),
              random.nextLong(),
              0,
              value(),
              random.nextBoolean() ? NATIVE : NativeBuckets.NONE,
              OpaqueFields.NONE);
      case 3 ->
          new Metric.Summary(
              labels, 4, value(), List.of(new Metric.Quantile(0.5, value())), OpaqueFields.NONE);
      default -> new Metric.Untyped(labels, value());
    };
  }

  private double value() {
    return VALUES[random.nextInt(VALUES.length)];
  }
}
