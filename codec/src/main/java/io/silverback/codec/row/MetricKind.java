package io.silverback.codec.row;

import io.silverback.codec.model.Metric;

/** What a metric is, each with the number that {@code docs/formats/group-shape.md} gives it. */
public enum MetricKind {
  COUNTER(0, 1),
  GAUGE(1, 1),
  UNTYPED(2, 1),
  SUMMARY(3, 2),
  HISTOGRAM(4, 2),
  VALUELESS(5, 0);

  private final int number;
  private final int plainColumns;

  MetricKind(int number, int plainColumns) {
    this.number = number;
    this.plainColumns = plainColumns;
  }

  static MetricKind of(Metric metric) {
    return switch (metric) {
      case Metric.Counter _ -> COUNTER;
      case Metric.Gauge _ -> GAUGE;
      case Metric.Untyped _ -> UNTYPED;
      case Metric.Summary _ -> SUMMARY;
      case Metric.Histogram _ -> HISTOGRAM;
      case Metric.Valueless _ -> VALUELESS;
    };
  }

  int number() {
    return number;
  }

  /** How many columns a metric has after those of its bounds. */
  int plainColumns() {
    return plainColumns;
  }

  /** Whether metrics of this kind may have bounds: quantiles or upper bounds. */
  boolean isBounded() {
    return this == SUMMARY || this == HISTOGRAM;
  }
}
