package io.silverback.codec.model;

import java.util.List;
import java.util.function.Consumer;

/**
 * All metrics of one name.
 *
 * <p>A metric may be of another kind than the family's type says, since a protobuf body can express
 * that; the consistency check refuses it.
 *
 * @param help the help text, empty for none
 * @param unit the unit, empty for none; only protobuf carries it
 */
public record MetricFamily(
    String name, String help, MetricType type, String unit, List<Metric> metrics)
    implements Family {
  public MetricFamily {
    metrics = List.copyOf(metrics);
  }

  public MetricFamily(String name, String help, MetricType type, List<Metric> metrics) {
    this(name, help, type, "", metrics);
  }

  public MetricFamily withMetrics(List<Metric> newMetrics) {
    return new MetricFamily(name, help, type, unit, newMetrics);
  }

  @Override
  public void forEachMetric(Consumer<? super Metric> consumer) {
    metrics.forEach(consumer);
  }
}
