package io.silverback.server.group;

import io.silverback.codec.model.MetricType;
import io.silverback.server.group.GroupState.VersionedFamily;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.Map;

/**
 * How many groups hold a family of some name and type. Families without metrics do not count, since
 * nobody ever sees them. Not thread-safe.
 */
final class FamilyIndex {
  private final Map<String, EnumMap<MetricType, Integer>> holders = new HashMap<>();

  void add(VersionedFamily family) {
    if (counts(family)) {
      holders
          .computeIfAbsent(family.family().name(), _ -> new EnumMap<>(MetricType.class))
          .merge(family.family().type(), 1, Integer::sum);
    }
  }

  void remove(VersionedFamily family) {
    if (counts(family)) {
      holders.computeIfPresent(
          family.family().name(),
          (_, types) -> {
            types.computeIfPresent(
                family.family().type(), (_, count) -> count == 1 ? null : count - 1);
            return types.isEmpty() ? null : types;
          });
    }
  }

  /** True if a group other than the given one holds a family of that name and type. */
  boolean isHeld(String name, MetricType type, GroupState except) {
    Map<MetricType, Integer> types = holders.get(name);
    if (types == null) {
      return false;
    }
    VersionedFamily own = except.families().get(name);
    boolean mine = own != null && counts(own) && own.family().type() == type;
    return types.getOrDefault(type, 0) > (mine ? 1 : 0);
  }

  Map<String, EnumMap<MetricType, Integer>> contents() {
    return holders;
  }

  static boolean counts(VersionedFamily family) {
    return !family.family().metrics().isEmpty();
  }
}
