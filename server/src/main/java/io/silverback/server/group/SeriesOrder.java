package io.silverback.server.group;

import io.silverback.codec.model.Labels;
import io.silverback.codec.model.Metric;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;

/** The order in which a family that is stored holds its series. */
final class SeriesOrder {
  private SeriesOrder() {}

  /**
   * The pushed metrics in the order of the stored ones, with their labels, if both have the same
   * series, each once and of the same kind; else as they are. Costs a look at each label set if the
   * order is the same already.
   */
  static List<Metric> ofStored(List<Metric> stored, List<Metric> pushed) {
    int moved = firstDifference(stored, pushed);
    if (stored.size() != pushed.size() || moved == stored.size()) {
      return pushed;
    }
    var positions = new HashMap<Labels, Integer>();
    for (int i = moved; i < stored.size(); i++) {
      if (positions.put(stored.get(i).labels(), i) != null) {
        return pushed;
      }
    }
    Metric[] ordered = pushed.toArray(Metric[]::new);
    for (int i = moved; i < ordered.length; i++) {
      Metric metric = pushed.get(i);
      Integer position = positions.remove(metric.labels());
      if (position == null || metric.getClass() != stored.get(position).getClass()) {
        return pushed;
      }
      ordered[position] = metric.withLabels(stored.get(position).labels());
    }
    return Arrays.asList(ordered);
  }

  private static int firstDifference(List<Metric> stored, List<Metric> pushed) {
    int length = Math.min(stored.size(), pushed.size());
    for (int i = 0; i < length; i++) {
      Metric left = stored.get(i);
      Metric right = pushed.get(i);
      if (left.getClass() != right.getClass() || !left.labels().equals(right.labels())) {
        return i;
      }
    }
    return length;
  }
}
