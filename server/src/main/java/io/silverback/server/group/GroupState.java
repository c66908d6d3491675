package io.silverback.server.group;

import io.silverback.codec.model.Expiry;
import io.silverback.codec.model.GroupingKey;
import io.silverback.codec.model.MetricFamily;
import io.silverback.codec.model.PushRhythm;
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
 * @param expiry the last one by a staleness rule
 * @param push the last push that was taken
 * @param failure the last push that was refused
 * @param rhythm of the pushes that were taken
 * @param families by name, with the labels of the grouping key already in place
 */
public record GroupState(
    GroupingKey key,
    Version deletedAt,
    Version replacedAt,
    Expiry expiry,
    Stamp push,
    Stamp failure,
    PushRhythm rhythm,
    SortedMap<String, VersionedFamily> families) {

  public GroupState {
    var visible = new TreeMap<String, VersionedFamily>();
    for (var family : families.entrySet()) {
      Version written = family.getValue().written().version();
      if (isVisible(written, deletedAt, replacedAt, expiry.version())) {
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
        Expiry.NEVER,
        Stamp.NEVER,
        Stamp.NEVER,
        PushRhythm.NONE,
        Collections.emptySortedMap());
  }

  /** True if the group was pushed to, with or without success, since it was last deleted. */
  public boolean exists() {
    return push.version().max(failure.version()).isAfter(deletedAt);
  }

  /** The last push that was taken since the group was last deleted, else the last refused one. */
  public Stamp lastPush() {
    return push.version().isAfter(deletedAt) ? push : failure;
  }

  /** True if the group exists and has expired since it was last pushed to. */
  public boolean isStale() {
    return exists() && expiry.version().isAfter(lastPush().version());
  }

  /** The rhythm after one push more, or the first one since a DELETE. */
  PushRhythm rhythmAfter(Stamp next) {
    return push.version().isAfter(deletedAt)
        ? rhythm.after(next.wallMillis() - push.wallMillis())
        : PushRhythm.FIRST;
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
