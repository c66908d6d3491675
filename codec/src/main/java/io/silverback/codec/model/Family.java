package io.silverback.codec.model;

import java.util.function.Consumer;

/**
 * What is shown under one name: a head, and metrics that come one at a time, so that nobody has to
 * hold them all.
 */
public interface Family {
  String name();

  /** The help text, empty for none. */
  String help();

  MetricType type();

  /** The unit, empty for none; only protobuf carries it. */
  String unit();

  /** Hands over the metrics in their order, each time the same. */
  void forEachMetric(Consumer<? super Metric> consumer);

  /** Hands over the same, those that it can as they are stored, for who writes them as text. */
  default void forEachSeries(SeriesSink sink) {
    forEachMetric(sink::metric);
  }
}
