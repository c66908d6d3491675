package io.silverback.server.metrics;

import io.prometheus.metrics.model.registry.Collector;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricFamilyDescriptor;
import io.prometheus.metrics.model.snapshots.Quantile;
import io.prometheus.metrics.model.snapshots.Quantiles;
import io.prometheus.metrics.model.snapshots.SummarySnapshot;
import io.prometheus.metrics.model.snapshots.SummarySnapshot.SummaryDataPointSnapshot;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.DoubleAdder;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongSupplier;

/**
 * A summary by one label, with the quantiles 0.1, 0.5 and 0.9 of the last ten minutes.
 *
 * <p>Thread-safe. The caller bounds the number of label values; each costs up to 100 KB.
 */
final class QuantileSummary implements Collector {
  // upstream: handler/metrics.go
  private static final double[] RANKS = {0.1, 0.5, 0.9};

  private final String name;
  private final String help;
  private final String labelName;
  private final LongSupplier nanoTime;
  private final ConcurrentHashMap<String, Series> series = new ConcurrentHashMap<>();

  QuantileSummary(String name, String help, String labelName, LongSupplier nanoTime) {
    this.name = name;
    this.help = help;
    this.labelName = labelName;
    this.nanoTime = nanoTime;
  }

  void observe(String labelValue, double value) {
    Series observed = series.get(labelValue);
    if (observed == null) {
      observed = series.computeIfAbsent(labelValue, key -> new Series(nanoTime));
    }
    observed.observe(value);
  }

  @Override
  public MetricFamilyDescriptor getMetricFamilyDescriptor() {
    return MetricFamilyDescriptor.summary(name).help(help).labelName(labelName).build();
  }

  @Override
  public SummarySnapshot collect() {
    var snapshot = SummarySnapshot.builder().name(name).help(help);
    series.forEach(
        (labelValue, observed) ->
            snapshot.dataPoint(observed.snapshot(Labels.of(labelName, labelValue))));
    return snapshot.build();
  }

  private static final class Series {
    private final LongAdder count = new LongAdder();
    private final DoubleAdder sum = new DoubleAdder();
    private final QuantileWindow window;

    Series(LongSupplier nanoTime) {
      window = new QuantileWindow(nanoTime);
    }

    void observe(double value) {
      window.observe(value);
      sum.add(value);
      count.increment();
    }

    SummaryDataPointSnapshot snapshot(Labels labels) {
      var quantiles = Quantiles.builder();
      double[] values = window.quantiles(RANKS);
      for (int i = 0; i < RANKS.length; i++) {
        quantiles.quantile(new Quantile(RANKS[i], values[i]));
      }
      return SummaryDataPointSnapshot.builder()
          .labels(labels)
          .quantiles(quantiles.build())
          .count(count.sum())
          .sum(sum.sum())
          .build();
    }
  }
}
