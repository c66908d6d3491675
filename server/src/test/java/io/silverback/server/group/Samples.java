package io.silverback.server.group;

import io.silverback.codec.exposition.ParsedExposition;
import io.silverback.codec.model.GroupingKey;
import io.silverback.codec.model.Labels;
import io.silverback.codec.model.Metric;
import io.silverback.codec.model.MetricFamily;
import io.silverback.codec.model.MetricType;
import io.silverback.codec.model.NativeBuckets;
import io.silverback.codec.model.OpaqueFields;
import io.silverback.codec.model.Stamp;
import io.silverback.codec.model.Version;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Short ways to write down families, updates and states in tests. */
public final class Samples {
  private Samples() {}

  public static Stamp at(long clock) {
    return new Stamp(new Version(0, clock, 7), clock * 1000);
  }

  public static MetricFamily family(MetricType type, String name, Metric... metrics) {
    return new MetricFamily(name, "", type, List.of(metrics));
  }

  /** A family with one series for each of the label sets. */
  public static MetricFamily family(MetricType type, String name, Labels... series) {
    var metrics = new ArrayList<Metric>();
    for (Labels labels : series) {
      metrics.add(metric(type, labels, 1));
    }
    return new MetricFamily(name, "", type, metrics);
  }

  public static MetricFamily gauge(String name, double value, String... labels) {
    return family(MetricType.GAUGE, name, new Metric.Gauge(Labels.of(labels), value));
  }

  public static Metric metric(MetricType type, Labels labels, double value) {
    return switch (type) {
      case COUNTER -> new Metric.Counter(labels, value);
      case GAUGE -> new Metric.Gauge(labels, value);
      case UNTYPED -> new Metric.Untyped(labels, value);
      case SUMMARY -> new Metric.Summary(labels, 1, value, List.of(), OpaqueFields.NONE);
      case HISTOGRAM, GAUGE_HISTOGRAM ->
          new Metric.Histogram(
              labels, List.of(), 1, 0, value, NativeBuckets.NONE, OpaqueFields.NONE);
    };
  }

  public static GroupUpdate put(GroupingKey key, MetricFamily... families) {
    return new GroupUpdate.Replace(key, new ParsedExposition(List.of(families), false));
  }

  public static GroupUpdate restore(
      GroupingKey key, long pushMillis, Map<String, Long> familyMillis, MetricFamily... families) {
    var body = new ParsedExposition(List.of(families), false);
    return new GroupUpdate.Restore(key, body, pushMillis, 0, familyMillis);
  }

  public static GroupUpdate post(GroupingKey key, MetricFamily... families) {
    return new GroupUpdate.Merge(key, new ParsedExposition(List.of(families), false));
  }

  public static GroupUpdate timestamped(GroupingKey key, MetricFamily... families) {
    return new GroupUpdate.Replace(key, new ParsedExposition(List.of(families), true));
  }

  public static GroupUpdate delete(GroupingKey key) {
    return new GroupUpdate.Delete(key);
  }

  /** A fresh group after one PUT. */
  public static GroupState pushed(GroupingKey key, long clock, MetricFamily... families) {
    return GroupUpdater.apply(GroupState.absent(key), put(key, families), at(clock));
  }
}
