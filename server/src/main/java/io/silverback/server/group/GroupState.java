package io.silverback.server.group;

import io.silverback.codec.model.GroupingKey;
import io.silverback.codec.model.MetricFamily;
import io.silverback.codec.model.Stamp;
import io.silverback.codec.model.Version;
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
 * @param deletedAt version of the last DELETE
 * @param replacedAt version of the last PUT
 * @param expiredAt version of the last expiry by a staleness rule
 * @param push the last push that was taken
 * @param failure the last push that was refused
 * @param families by name, with the labels of the grouping key already in place
 */
public record GroupState(
    GroupingKey key,
    Version deletedAt,
    Version replacedAt,
    Version expiredAt,
    Stamp push,
    Stamp failure,
    SortedMap<String, VersionedFamily> families) {

  public GroupState {
    var visible = new TreeMap<String, VersionedFamily>();
    for (var family : families.entrySet()) {
      if (isVisible(family.getValue().written().version(), deletedAt, replacedAt, expiredAt)) {
        visible.put(family.getKey(), family.getValue());
      }
    }
    families = Collections.unmodifiableSortedMap(visible);
  }

  /** A group that nobody has pushed to. */
  public static GroupState absent(GroupingKey key) {
    return new GroupState(
        key,
        Version.NEVER,
        Version.NEVER,
        Version.NEVER,
        Stamp.NEVER,
        Stamp.NEVER,
        Collections.emptySortedMap());
  }

  /** True if the group was pushed to, with or without success, since it was last deleted. */
  public boolean exists() {
    return push.version().max(failure.version()).isAfter(deletedAt);
  }

  /** When the last push was taken, in milliseconds since the epoch; 0 if none since a DELETE. */
  public long pushMillis() {
    return push.version().isAfter(deletedAt) ? push.wallMillis() : 0;
  }

  /** When the last push was refused, in milliseconds since the epoch; 0 if none since a DELETE. */
  public long failureMillis() {
    return failure.version().isAfter(deletedAt) ? failure.wallMillis() : 0;
  }

  private static boolean isVisible(
      Version written, Version deletedAt, Version replacedAt, Version expiredAt) {
    return written.isAfter(deletedAt)
        && written.isAfter(expiredAt)
        && written.compareTo(replacedAt) >= 0;
  }

  /** A family and the push that wrote it. */
  public record VersionedFamily(Stamp written, MetricFamily family) {}
}
