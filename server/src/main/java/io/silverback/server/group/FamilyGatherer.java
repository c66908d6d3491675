package io.silverback.server.group;

import io.silverback.codec.model.Labels;
import io.silverback.codec.model.Metric;
import io.silverback.codec.model.MetricFamily;
import io.silverback.codec.model.MetricType;
import io.silverback.server.group.GroupState.VersionedFamily;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Makes one exposition of the server's own families and those of all groups.
 *
 * <p>Never fails for what somebody pushed: of things that exclude one another the server's own win,
 * then those of the group with the smallest key, and the rest is left out and reported. Pure.
 */
public final class FamilyGatherer {
  private static final int REASONS = 10;
  private static final Comparator<Metric> ORDER =
      Comparator.comparing(Metric::labels, Labels.expositionOrder());

  private final TreeMap<String, Union> unions = new TreeMap<>();
  private final TreeSet<String> differingHelp = new TreeSet<>();
  private final List<String> reasons = new ArrayList<>();
  private int leftOut;

  private FamilyGatherer() {}

  /** All families as a scrape shows them; the groups come in the order of their keys. */
  public static GatheredFamilies gather(List<MetricFamily> own, List<GroupState> groups) {
    var gatherer = new FamilyGatherer();
    for (MetricFamily family : own) {
      var union = new Union(family, true);
      gatherer.unions.put(family.name(), union);
      gatherer.addMetrics(union, family);
    }
    for (GroupState group : groups) {
      PushTimes.of(group).forEach(gatherer::addPushed);
      for (VersionedFamily family : group.families().values()) {
        gatherer.addPushed(family.family());
      }
    }
    return gatherer.result();
  }

  private void addPushed(MetricFamily family) {
    if (family.metrics().isEmpty()) {
      return;
    }
    if (family.name().isEmpty()) {
      leaveOut(family.metrics().size(), "metric family without a name");
      return;
    }
    Union union = unions.computeIfAbsent(family.name(), _ -> new Union(family, false));
    if (!union.head.type().sameShapeAs(family.type())) {
      leaveOut(
          family.metrics().size(),
          "metric family %s has type %s but should have %s"
              .formatted(MetricRules.shortened(family.name()), family.type(), union.head.type()));
      return;
    }
    if (!union.head.help().equals(family.help())) {
      differingHelp.add(family.name());
    }
    addMetrics(union, family);
  }

  private void addMetrics(Union union, MetricFamily family) {
    for (Metric metric : family.metrics()) {
      String fault = MetricRules.fault(metric, family.type());
      if (fault == null) {
        union.metrics.add(metric);
      } else {
        leaveOut(family.name(), metric, fault);
      }
    }
  }

  private GatheredFamilies result() {
    unions.values().removeIf(union -> union.metrics.isEmpty());
    removeCollisions();
    var families = new ArrayList<MetricFamily>(unions.size());
    for (Union union : unions.values()) {
      union.metrics.sort(ORDER);
      families.add(union.head.withMetrics(withoutDuplicates(union.head.name(), union.metrics)));
    }
    return new GatheredFamilies(families, leftOut, reasons, List.copyOf(differingHelp));
  }

  /** Only a store that was filled unchecked has any; then an own family stays, or the base name. */
  private void removeCollisions() {
    for (Map.Entry<String, Union> entry : List.copyOf(unions.entrySet())) {
      Union union = entry.getValue();
      SuffixCollision.find(
              entry.getKey(), union.head.type(), (name, type) -> wins(name, type, union))
          .ifPresent(
              text -> {
                unions.remove(entry.getKey());
                leaveOut(union.metrics.size(), text);
              });
    }
  }

  private boolean wins(String name, MetricType type, Union loser) {
    Union other = unions.get(name);
    if (other == null || other.head.type() != type || loser.own) {
      return false;
    }
    return other.own || other.head.name().length() < loser.head.name().length();
  }

  /**
   * The first of each series. Equal ones are neighbours or at least in one run of equal values, and
   * such runs are short unless label names vary, so no set of all series is needed.
   */
  private List<Metric> withoutDuplicates(String name, List<Metric> sorted) {
    var kept = new ArrayList<Metric>(sorted.size());
    int start = 0;
    while (start < sorted.size()) {
      int end = start + 1;
      while (end < sorted.size() && ORDER.compare(sorted.get(start), sorted.get(end)) == 0) {
        end++;
      }
      if (end == start + 1) {
        kept.add(sorted.get(start));
      } else {
        var seen = new HashSet<Labels>();
        for (Metric metric : sorted.subList(start, end)) {
          if (seen.add(metric.labels())) {
            kept.add(metric);
          } else {
            leaveOut(name, metric, MetricRules.DUPLICATE);
          }
        }
      }
      start = end;
    }
    return kept;
  }

  private void leaveOut(String familyName, Metric metric, String fault) {
    leaveOut(1, reasons.size() < REASONS ? MetricRules.message(familyName, metric, fault) : "");
  }

  private void leaveOut(int metrics, String reason) {
    leftOut += metrics;
    if (reasons.size() < REASONS) {
      reasons.add(reason);
    }
  }

  /** Everything of one name, and the family that gave it its TYPE and HELP. */
  private static final class Union {
    private final MetricFamily head;
    private final boolean own;
    private final List<Metric> metrics = new ArrayList<>();

    private Union(MetricFamily head, boolean own) {
      this.head = head;
      this.own = own;
    }
  }
}
