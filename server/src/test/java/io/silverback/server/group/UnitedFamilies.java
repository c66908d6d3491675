package io.silverback.server.group;

import io.silverback.codec.model.MetricFamily;
import io.silverback.codec.model.MetricType;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * What a scrape shows, by an algorithm that holds everything at once: the measure for {@link
 * FamilyGatherer}.
 */
public final class UnitedFamilies {
  private final Map<String, MetricType> taken = new HashMap<>();
  private final Omissions omissions = new Omissions();
  private final List<MetricFamily> shown = new ArrayList<>();

  private UnitedFamilies() {}

  /** As of a store that holds the groups, which are in the order of their keys. */
  public static GatheredFamilies gather(Collection<MetricFamily> own, Iterable<GroupState> groups) {
    var united = new UnitedFamilies();
    var ownByName = new TreeMap<String, MetricFamily>();
    own.forEach(family -> ownByName.put(family.name(), family));
    own.forEach(family -> united.taken.put(family.name(), family.type()));
    var names = new TreeMap<String, List<MetricFamily>>();
    ownByName.keySet().forEach(name -> names.put(name, new ArrayList<>()));
    for (GroupState group : groups) {
      PushTimes.of(group).stream()
          .filter(it -> !group.isStale() || PushTimes.isKept(it.name(), group.expiry()))
          .forEach(it -> names.computeIfAbsent(it.name(), _ -> new ArrayList<>()).add(it));
      for (var family : group.families().values()) {
        if (FamilyIndex.counts(family)) {
          names
              .computeIfAbsent(family.family().name(), _ -> new ArrayList<>())
              .add(family.family());
        }
      }
    }
    names.forEach((name, pushed) -> united.unite(Optional.ofNullable(ownByName.get(name)), pushed));
    return new GatheredFamilies(united.shown, united.omissions);
  }

  private void unite(Optional<MetricFamily> own, List<MetricFamily> pushed) {
    MetricFamily head = own.orElseGet(pushed::getFirst);
    if (head.name().isEmpty()) {
      pushed.forEach(
          it -> omissions.leaveOut(it.metrics().size(), () -> "metric family without a name"));
      return;
    }
    var union = new FamilyUnion(head, omissions);
    own.ifPresent(union::add);
    pushed.forEach(union::add);
    Optional<String> collision =
        own.isPresent() || union.size() == 0
            ? Optional.empty()
            : SuffixCollision.find(head.name(), head.type(), this::typesTaken);
    if (collision.isPresent()) {
      omissions.leaveOut(union.size(), collision::get);
    } else if (union.size() == 0) {
      taken.remove(head.name());
    } else {
      if (head.type() == MetricType.SUMMARY || head.type().isHistogram()) {
        taken.put(head.name(), head.type());
      }
      shown.add(union.toFamily());
    }
  }

  private Set<MetricType> typesTaken(String name) {
    MetricType type = taken.get(name);
    return type == null ? Set.of() : Set.of(type);
  }
}
