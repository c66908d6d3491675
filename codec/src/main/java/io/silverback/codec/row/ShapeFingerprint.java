package io.silverback.codec.row;

import io.silverback.codec.model.Deadline;
import io.silverback.codec.model.Fingerprint;
import io.silverback.codec.model.Fingerprinter;
import io.silverback.codec.model.Labels;
import io.silverback.codec.model.Metric;
import io.silverback.codec.model.MetricFamily;
import io.silverback.codec.model.MetricType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Hashes what belongs to a shape, from families as pushed or from the shapes of families: both give
 * the same. For one shape; not thread-safe.
 *
 * <p>Label sets get numbers in the order in which they appear. Each is hashed once, and then stands
 * for itself by its number: bodies repeat few sets in family after family.
 */
final class ShapeFingerprint {
  private final Fingerprinter hash = new Fingerprinter();
  private final Map<Labels, Integer> numbers = new HashMap<>();
  private final List<Labels> sets = new ArrayList<>();
  private final Labels keyLabels;
  private final Deadline deadline = Deadline.current();
  private int expected;

  /** A hash of metrics that carry the labels of the key beside their own. */
  ShapeFingerprint(Labels keyLabels) {
    this.keyLabels = keyLabels;
  }

  void add(MetricFamily family) {
    header(family.name(), family.help(), family.type(), family.unit(), family.metrics().size());
    for (Metric metric : family.metrics()) {
      int boundCount = MetricLayout.boundCount(metric);
      metric(MetricKind.of(metric), boundCount, metric.labels());
      for (int i = 0; i < boundCount; i++) {
        hash.add(MetricLayout.boundBits(metric, i));
      }
    }
  }

  void add(FamilyShape family) {
    header(family.name(), family.help(), family.type(), family.unit(), family.metrics().size());
    for (MetricShape metric : family.metrics()) {
      MetricLayout layout = metric.layout();
      metric(layout.kind(), layout.boundCount(), metric.labels());
      for (int i = 0; i < layout.boundCount(); i++) {
        hash.add(layout.boundBits(i));
      }
    }
  }

  Fingerprint finish() {
    return hash.finish();
  }

  private void header(String name, String help, MetricType type, String unit, int metricCount) {
    deadline.look();
    hash.add(name)
        .add(help)
        .add(unit)
        .add((long) ShapeLayout.TYPES.indexOf(type) << Integer.SIZE | metricCount);
    expected = 0;
  }

  private void metric(MetricKind kind, int boundCount, Labels labels) {
    deadline.look();
    int known = sets.size();
    int number = number(labels);
    hash.add((long) kind.number() << Integer.SIZE | number);
    if (kind.isBounded()) {
      hash.add(boundCount);
    }
    if (number == known) {
      Labels own = labels.without(keyLabels);
      hash.add(own.size());
      for (int i = 0; i < own.size(); i++) {
        hash.add(own.name(i)).add(own.value(i));
      }
    }
  }

  /** Looks first where the set is if the families list theirs in the same order. */
  private int number(Labels labels) {
    int number = expected;
    if (number >= sets.size() || !sets.get(number).equals(labels)) {
      number = numbers.computeIfAbsent(labels, _ -> sets.size());
      if (number == sets.size()) {
        sets.add(labels);
      }
    }
    expected = number + 1;
    return number;
  }
}
