package io.silverback.server.group;

import io.silverback.codec.model.MetricFamily;
import io.silverback.codec.model.MetricType;
import java.util.function.Consumer;

/**
 * All that groups hold under one family name.
 *
 * <p>Type, help and unit are those of the group with the smallest key among the holders; groups
 * that hold the name without a metric are none. Good until the iteration that gave it goes on or
 * the snapshot behind it is closed. Not thread-safe.
 */
public interface HeldFamily {
  String name();

  MetricType type();

  String help();

  String unit();

  /**
   * Hands over the family of each holder in the order of the keys, one at a time, with at least one
   * metric and the labels of its group in place.
   */
  void forEach(Consumer<MetricFamily> consumer);
}
