package io.silverback.server.group;

import io.silverback.codec.model.GroupingKey;
import io.silverback.codec.model.Labels;
import io.silverback.codec.model.Metric;
import io.silverback.codec.model.MetricFamily;
import io.silverback.codec.model.MetricType;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import java.util.Objects;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * The families of groups that are objects on the heap, in the order of their names, push times
 * included. Knows who holds what and copies no metrics. Immutable, as the groups are.
 */
public final class HeldFamilies implements Iterable<HeldFamily> {
  private final SortedMap<String, List<GroupState>> holders = new TreeMap<>();

  /**
   * The families of some groups.
   *
   * @param groups those that exist, in the order of their keys
   */
  public HeldFamilies(Iterable<GroupState> groups) {
    for (GroupState group : groups) {
      for (String name : List.of(PushTimes.FAILURE, PushTimes.SUCCESS)) {
        if (!group.bounds().isStale() || PushTimes.isKept(name, group.bounds().expiry())) {
          addHolder(name, group);
        }
      }
      group
          .families()
          .forEach(
              (name, family) -> {
                if (FamilyIndex.counts(family)) {
                  addHolder(name, group);
                }
              });
    }
  }

  @Override
  public Iterator<HeldFamily> iterator() {
    return holders.entrySet().stream()
        .<HeldFamily>map(entry -> new Held(entry.getKey(), entry.getValue()))
        .iterator();
  }

  private void addHolder(String name, GroupState group) {
    holders.computeIfAbsent(name, _ -> new ArrayList<>()).add(group);
  }

  private static MetricFamily family(GroupState group, String name) {
    return switch (name) {
      case PushTimes.FAILURE -> PushTimes.failure(group);
      case PushTimes.SUCCESS -> PushTimes.success(group);
      default -> Objects.requireNonNull(group.families().get(name)).family();
    };
  }

  private static final class Held implements HeldFamily {
    private final MetricFamily head;
    private final List<GroupState> holders;

    private Held(String name, List<GroupState> holders) {
      this.head = family(holders.getFirst(), name);
      this.holders = holders;
    }

    @Override
    public String name() {
      return head.name();
    }

    @Override
    public MetricType type() {
      return head.type();
    }

    @Override
    public String help() {
      return head.help();
    }

    @Override
    public String unit() {
      return head.unit();
    }

    @Override
    public GroupingKey smallestKey() {
      return holders.getFirst().key();
    }

    @Override
    public void forEachHead(HeadSink sink) {
      families().forEach(it -> sink.head(it.type(), it.help(), 1, it.metrics().size()));
    }

    @Override
    public void forEachMetric(MetricType type, Consumer<? super Metric> consumer) {
      metrics(type)
          .sorted(Comparator.comparing(Metric::labels, Labels.expositionOrder()))
          .forEach(consumer);
    }

    @Override
    public boolean hasMetric(MetricType type, Predicate<? super Metric> wanted) {
      return metrics(type).anyMatch(wanted);
    }

    private Stream<Metric> metrics(MetricType type) {
      return families()
          .filter(family -> type.sameShapeAs(family.type()))
          .flatMap(family -> family.metrics().stream());
    }

    private Stream<MetricFamily> families() {
      return holders.stream().map(group -> family(group, head.name()));
    }
  }
}
