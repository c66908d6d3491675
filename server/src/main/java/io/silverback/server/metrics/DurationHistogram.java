package io.silverback.server.metrics;

import io.prometheus.metrics.core.metrics.Histogram;
import io.prometheus.metrics.model.registry.PrometheusRegistry;

/**
 * Times that clients wait, as a histogram with classic and native buckets. All have the same
 * buckets on every node, so that they can be added up, which the quantiles of a summary cannot.
 * Thread-safe.
 */
final class DurationHistogram {
  /** From a small push over the loopback interface to a scrape that its client gives up. */
  private static final double[] UPPER_BOUNDS = {
    0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10
  };

  /** Eight buckets for each power of two: each is a tenth wider than the one before. */
  private static final int SCHEMA = 3;

  private static final int MOST_BUCKETS = 160;

  /**
   * About a microsecond: nothing that is measured is shorter, so no bucket loses anything to it.
   */
  private static final double ZERO_THRESHOLD = 0x1p-20;

  private DurationHistogram() {}

  /** A histogram that is shown once it has a value. */
  static Histogram register(
      PrometheusRegistry registry, String name, String help, String... labelNames) {
    return Histogram.builder(GatewayMetrics.DEFAULTS)
        .name(name)
        .help(help)
        .labelNames(labelNames)
        .classicUpperBounds(UPPER_BOUNDS)
        .nativeInitialSchema(SCHEMA)
        .nativeMaxNumberOfBuckets(MOST_BUCKETS)
        .nativeMaxZeroThreshold(ZERO_THRESHOLD)
        .withoutExemplars()
        .register(registry);
  }
}
