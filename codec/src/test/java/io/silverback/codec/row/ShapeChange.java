package io.silverback.codec.row;

import io.silverback.codec.model.Labels;
import io.silverback.codec.model.Metric;
import io.silverback.codec.model.MetricFamily;
import io.silverback.codec.model.MetricType;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;

/** One small random change to families; sometimes it changes nothing. */
final class ShapeChange {
  private final Random random;

  ShapeChange(Random random) {
    this.random = random;
  }

  List<MetricFamily> of(List<MetricFamily> families) {
    if (families.isEmpty()) {
      return families;
    }
    var changed = new ArrayList<>(families);
    int at = random.nextInt(families.size());
    MetricFamily family = families.get(at);
    switch (random.nextInt(4)) {
      case 0 -> changed.remove(at);
      case 1 -> changed.set(at, changedHeader(family));
      default -> changed.set(at, family.withMetrics(changedMetrics(family.metrics())));
    }
    return changed;
  }

  private MetricFamily changedHeader(MetricFamily family) {
    MetricType[] types = MetricType.values();
    return new MetricFamily(
        family.name() + (random.nextBoolean() ? "_" : ""),
        random.nextBoolean() ? "" : family.help(),
        random.nextBoolean() ? types[random.nextInt(types.length)] : family.type(),
        random.nextBoolean() ? "a" : family.unit(),
        family.metrics());
  }

  private List<Metric> changedMetrics(List<Metric> metrics) {
    var changed = new ArrayList<>(metrics);
    switch (random.nextInt(4)) {
      case 0 -> Collections.reverse(changed);
      case 1 -> changed.addAll(metrics.subList(0, random.nextInt(metrics.size() + 1)));
      case 2 -> changed.replaceAll(this::relabelled);
      default -> changed.replaceAll(this::rebound);
    }
    return changed;
  }

  /** A label more, at the end, where it does not hide those of the key. */
  private Metric relabelled(Metric metric) {
    if (random.nextBoolean()) {
      return metric;
    }
    var labels = new Labels.Builder();
    for (int i = 0; i < metric.labels().size(); i++) {
      labels.add(metric.labels().name(i), metric.labels().value(i));
    }
    return metric.withLabels(labels.add("le", "").build());
  }

  private Metric rebound(Metric metric) {
    return switch (metric) {
      case Metric.Summary summary ->
          new Metric.Summary(
              summary.labels(),
              summary.count(),
              summary.sum(),
              summary.quantiles().stream()
                  .map(each -> new Metric.Quantile(0.0 * each.quantile(), each.value()))
                  .toList(),
              summary.opaque());
      case Metric.Counter counter when random.nextBoolean() ->
          new Metric.Gauge(counter.labels(), counter.value());
      case Metric.Histogram histogram ->
          new Metric.Histogram(
              histogram.labels(),
              histogram.buckets().subList(0, random.nextInt(histogram.buckets().size() + 1)),
              histogram.count(),
              histogram.countFloat(),
              histogram.sum(),
              histogram.nativeBuckets(),
              histogram.opaque());
      case Metric.Counter _, Metric.Gauge _, Metric.Untyped _, Metric.Valueless _ -> metric;
    };
  }
}
