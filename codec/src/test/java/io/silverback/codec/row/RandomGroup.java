package io.silverback.codec.row;

import io.silverback.codec.exposition.RandomFamilies;
import io.silverback.codec.model.GroupingKey;
import io.silverback.codec.model.Metric;
import io.silverback.codec.model.MetricFamily;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.function.UnaryOperator;

/** A group with an awkward key and families of all kinds, in any order, drawn from one seed. */
record RandomGroup(GroupingKey key, List<MetricFamily> families) {
  private static final GroupingKey[] KEYS = {
    GroupingKey.of("j"),
    GroupingKey.of("j", "instance", ""),
    GroupingKey.of("a", "a", "\"\\\n\r\t'"),
    GroupingKey.of("\uFFFD", "le", "1", "ä", "🦍", "quantile", "x")
  };

  static RandomGroup of(long seed) {
    var random = new Random(seed);
    var source = new RandomFamilies(seed, true);
    GroupingKey key = KEYS[random.nextInt(KEYS.length)];
    var names = new HashSet<String>();
    var families = new ArrayList<MetricFamily>();
    for (int i = random.nextInt(12); i > 0; i--) {
      MetricFamily family = source.next();
      if (names.add(family.name())) {
        families.add(keyed(family, key));
      }
    }
    return new RandomGroup(key, families);
  }

  /** The same families in a group of another key. */
  RandomGroup movedTo(GroupingKey other) {
    return new RandomGroup(
        other,
        families.stream()
            .map(
                family ->
                    mapped(
                        family, metric -> metric.withLabels(metric.labels().without(key.labels()))))
            .map(family -> keyed(family, other))
            .toList());
  }

  static MetricFamily mapped(MetricFamily family, UnaryOperator<Metric> change) {
    return family.withMetrics(family.metrics().stream().map(change).toList());
  }

  private static MetricFamily keyed(MetricFamily family, GroupingKey key) {
    return mapped(family, metric -> metric.withLabels(metric.labels().with(key.labels())));
  }
}
