package io.silverback.server.group;

import io.silverback.codec.model.GroupBounds;
import io.silverback.codec.model.GroupingKey;
import io.silverback.codec.model.MetricFamily;
import io.silverback.codec.model.Stamp;
import java.util.Collections;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * The current state of one group: families, each with the version of the push that wrote it, and
 * the bounds below which a family no longer counts.
 *
 * <p>Immutable. Holds visible families only: those that a bound hides are pruned at once, while the
 * bounds stay, so that a late replica cannot bring them back.
 *
 * @param bounds when what happened to the group
 * @param families by name, with the labels of the grouping key already in place
 */
public record GroupState(
    GroupingKey key, GroupBounds bounds, SortedMap<String, VersionedFamily> families) {

  public GroupState {
    var visible = new TreeMap<String, VersionedFamily>();
    for (var family : families.entrySet()) {
      if (bounds.isVisible(family.getValue().written().version())) {
        visible.put(family.getKey(), family.getValue());
      }
    }
    families = Collections.unmodifiableSortedMap(visible);
  }

  /** A group that nobody has pushed to. */
  public static GroupState absent(GroupingKey key) {
    return new GroupState(key, GroupBounds.NEVER, Collections.emptySortedMap());
  }

  /** True if the group was pushed to, with or without success, since it was last deleted. */
  public boolean exists() {
    return bounds.exists();
  }

  /** A family and the push that wrote it. */
  public record VersionedFamily(Stamp written, MetricFamily family) {}
}
