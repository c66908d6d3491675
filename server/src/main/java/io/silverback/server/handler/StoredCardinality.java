package io.silverback.server.handler;

import io.silverback.codec.model.Deadline;
import io.silverback.codec.model.Fingerprint;
import io.silverback.codec.model.GroupingKey;
import io.silverback.codec.model.Labels;
import io.silverback.codec.model.MetricType;
import io.silverback.server.log.ShortText;
import io.silverback.server.storage.MetricStore;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Consumer;

/**
 * Counts the series of one store. Thread-safe.
 *
 * <p>Most groups hold the same as many others but for the labels of their keys. So what a shape
 * holds is read once, and counts as often as there are groups of it.
 */
public final class StoredCardinality implements Cardinality {
  /** Names that are held for shapes before they are added up. */
  private static final int MOST_HELD = 100_000;

  private static final int LONGEST_NAME = 256;

  private final Consumer<MetricStore.ShapeSink> groups;

  /**
   * The series of some groups.
   *
   * @param groups hands over each of them
   */
  public StoredCardinality(Consumer<MetricStore.ShapeSink> groups) {
    this.groups = groups;
  }

  @Override
  public Ranking rank(Query query) {
    var count = new Count(query);
    groups.accept(count);
    return count.ranking();
  }

  /** What a shape adds for each of its groups, but for the labels of their keys. */
  private static final class Held {
    private final Map<String, Long> names = new HashMap<>();
    private long series;
    private long groups;

    private void add(String name, long count) {
      names.merge(ShortText.of(name, LONGEST_NAME), count, Long::sum);
    }
  }

  /** One look at all groups. */
  private static final class Count implements MetricStore.ShapeSink {
    private final Query query;
    private final HeavyNames sums = new HeavyNames(MOST_NAMES);
    private final Map<Fingerprint, Held> shapes = new HashMap<>();
    private final Deadline deadline = Deadline.current();
    private int held;
    private long series;

    private Count(Query query) {
      this.query = query;
    }

    @Override
    public void group(
        GroupingKey key, Fingerprint shape, Consumer<MetricStore.MetricSink> metrics) {
      deadline.look();
      Held found = shapes.get(shape);
      if (found == null) {
        found = read(metrics);
        held += 1 + found.names.size();
        shapes.put(shape, found);
      }
      found.groups++;
      series += found.series;
      if (query.by() != Dimension.METRIC && found.series > 0) {
        addKey(key.labels(), found.series);
      }
      if (held > MOST_HELD) {
        addUp();
      }
    }

    private Held read(Consumer<MetricStore.MetricSink> metrics) {
      var found = new Held();
      metrics.accept(
          (family, type, labels, count, bounds) -> {
            deadline.look();
            if (query.metric().isEmpty() || query.metric().equals(family)) {
              found.series += count;
              switch (query.by()) {
                case METRIC -> found.add(family, count);
                case LABEL -> addNames(found, type, labels, count, bounds);
                case VALUE ->
                    labels
                        .value(query.label())
                        .filter(value -> !value.isEmpty())
                        .ifPresent(value -> found.add(value, count));
              }
            }
          });
      return found;
    }

    private static void addNames(
        Held found, MetricType type, Labels labels, int count, int bounds) {
      for (int i = 0; i < labels.size(); i++) {
        // A label without a value is as good as none.
        if (!labels.value(i).isEmpty()) {
          found.add(labels.name(i), count);
        }
      }
      if (bounds > 0) {
        found.add(type.isHistogram() ? "le" : "quantile", bounds);
      }
    }

    private void addKey(Labels labels, long count) {
      for (int i = 0; i < labels.size(); i++) {
        if (query.by() == Dimension.LABEL) {
          sums.add(ShortText.of(labels.name(i), LONGEST_NAME), count);
        } else if (labels.name(i).equals(query.label())) {
          sums.add(ShortText.of(labels.value(i), LONGEST_NAME), count);
        }
      }
    }

    private void addUp() {
      for (Held each : shapes.values()) {
        each.names.forEach((name, count) -> sums.add(name, count * each.groups));
      }
      shapes.clear();
      held = 0;
    }

    private Ranking ranking() {
      addUp();
      return new Ranking(sums.isExact(), series, sums.all());
    }
  }
}
