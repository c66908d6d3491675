package io.silverback.server.group;

import io.silverback.server.group.GroupState.VersionedFamily;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * The union of what two states of one group know: the maximum of each bound and stamp, and of each
 * family the newer one.
 *
 * <p>Commutative, associative and idempotent, so that states may reach a node in any order and any
 * number of times. Pure.
 */
public final class GroupMerge {
  private GroupMerge() {}

  /** Both states in one; they must be of the same group. */
  public static GroupState merge(GroupState left, GroupState right) {
    if (!left.key().equals(right.key())) {
      throw new IllegalArgumentException(
          "states of two groups: left=" + left.key() + " right=" + right.key());
    }
    return new GroupState(
        left.key(), left.bounds().max(right.bounds()), newest(left.families(), right.families()));
  }

  private static SortedMap<String, VersionedFamily> newest(
      SortedMap<String, VersionedFamily> left, SortedMap<String, VersionedFamily> right) {
    if (left.isEmpty()) {
      return right;
    }
    var newest = new TreeMap<>(left);
    right.forEach((name, family) -> newest.merge(name, family, GroupMerge::newer));
    return newest;
  }

  private static VersionedFamily newer(VersionedFamily left, VersionedFamily right) {
    return right.written().version().isAfter(left.written().version()) ? right : left;
  }
}
