package io.silverback.server.group;

import io.silverback.codec.model.GroupingKey;
import io.silverback.codec.model.Metric;
import io.silverback.codec.model.MetricType;
import io.silverback.codec.model.SeriesSink;
import java.util.function.Consumer;
import java.util.function.Predicate;

/**
 * All that groups hold under one family name.
 *
 * <p>Type, help and unit are those of the group with the smallest key among the holders; groups
 * that hold the name without a metric do not count. Metrics come one at a time, with the labels of
 * their group in place. Good until the iteration that gave it goes on or the snapshot that it is of
 * is closed. Not thread-safe.
 */
public interface HeldFamily {
  String name();

  MetricType type();

  String help();

  String unit();

  /** The smallest key among the holders. */
  GroupingKey smallestKey();

  /** Tells what the holders say of the family, several that say the same at once or apart. */
  void forEachHead(HeadSink sink);

  /**
   * Hands over the metrics of the holders whose type has the same shape as one, in the order of an
   * exposition. Of those with the same labels that of the smallest key comes first. May be called
   * several times.
   */
  void forEachMetric(MetricType type, Consumer<? super Metric> consumer);

  /** Hands over the same in the same order, those that it can as they are stored. */
  default void forEachSeries(MetricType type, SeriesSink sink) {
    forEachMetric(type, sink::metric);
  }

  /**
   * True if one of those metrics is wanted. Looks at them in any order, and no longer than need be.
   *
   * @param wanted judges by labels and kind
   */
  boolean hasMetric(MetricType type, Predicate<? super Metric> wanted);

  /** Takes what holders say of a family. */
  @FunctionalInterface
  interface HeadSink {
    /**
     * Some holders.
     *
     * @param groups how many they are
     * @param metrics how many each of them has
     */
    void head(MetricType type, String help, int groups, int metrics);
  }
}
