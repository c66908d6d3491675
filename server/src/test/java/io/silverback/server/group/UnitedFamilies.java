package io.silverback.server.group;

import io.silverback.codec.model.MetricFamily;
import io.silverback.codec.model.MetricType;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * What a scrape shows, by an algorithm that holds everything at once: the measure for {@link
 * FamilyGatherer}.
 */
public final class UnitedFamilies {
  private final Map<String, MetricFamily> own = new TreeMap<>();
  private final Map<String, MetricType> taken = new HashMap<>();
  private final Omissions omissions = new Omissions();

  /** By the last of the names that a family needs. */
  private final Map<String, MetricFamily> shown = new TreeMap<>();

  private UnitedFamilies() {}

  /** As of a store that holds the groups, which are in the order of their keys. */
  public static GatheredFamilies gather(Collection<MetricFamily> own, Iterable<GroupState> groups) {
    var united = new UnitedFamilies();
    own.forEach(family -> united.own.put(family.name(), family));
    united.pushedByName(groups).forEach(united::unite);
    united.own.values().stream()
        .sorted(Comparator.comparing(UnitedFamilies::lastNameOf))
        .forEach(united::addOwn);
    return new GatheredFamilies(List.copyOf(united.shown.values()), united.omissions);
  }

  private Map<String, List<MetricFamily>> pushedByName(Iterable<GroupState> groups) {
    var names = new TreeMap<String, List<MetricFamily>>();
    for (GroupState group : groups) {
      PushTimes.of(group).stream()
          .filter(
              it ->
                  !group.bounds().isStale() || PushTimes.isKept(it.name(), group.bounds().expiry()))
          .forEach(it -> names.computeIfAbsent(it.name(), _ -> new ArrayList<>()).add(it));
      for (var family : group.families().values()) {
        if (FamilyIndex.counts(family)) {
          names
              .computeIfAbsent(family.family().name(), _ -> new ArrayList<>())
              .add(family.family());
        }
      }
    }
    return names;
  }

  private void unite(String name, List<MetricFamily> pushed) {
    if (name.isEmpty()) {
      pushed.forEach(
          it -> omissions.leaveOut(it.metrics().size(), () -> "metric family without a name"));
      return;
    }
    MetricFamily head = pushed.getFirst();
    var union = new FamilyUnion(head, omissions);
    pushed.forEach(union::add);
    if (union.size() == 0) {
      return;
    }
    Optional<String> collision = collision(head);
    if (collision.isPresent()) {
      // Duplicates are reported as such, whatever becomes of the others.
      omissions.leaveOut(union.toFamily().metrics().size(), collision::get);
      return;
    }
    MetricFamily same = own.remove(name);
    if (same != null && same.type().sameShapeAs(head.type())) {
      union.add(head.withMetrics(same.metrics()));
    } else if (same != null) {
      omissions.hideOwn(same);
    }
    taken.put(name, head.type());
    shown.put(name, union.toFamily());
  }

  private void addOwn(MetricFamily family) {
    if (collision(family).isPresent()) {
      omissions.hideOwn(family);
      return;
    }
    var union = new FamilyUnion(family, omissions);
    union.add(family);
    if (union.size() > 0) {
      shown.put(lastNameOf(family), union.toFamily());
    }
  }

  private static String lastNameOf(MetricFamily family) {
    return Stream.concat(
            Stream.of(family.name()),
            SuffixCollision.linesOf(family.name(), family.type()).stream())
        .max(Comparator.naturalOrder())
        .orElseThrow();
  }

  private Optional<String> collision(MetricFamily family) {
    return SuffixCollision.find(family.name(), family.type(), this::typesTaken);
  }

  private Set<MetricType> typesTaken(String name) {
    MetricType type = taken.get(name);
    return type == null ? Set.of() : Set.of(type);
  }
}
