package io.silverback.server.storage;

import io.silverback.codec.model.Family;
import io.silverback.codec.model.GroupBounds;
import io.silverback.codec.model.GroupingKey;
import io.silverback.codec.model.Stamp;
import io.silverback.server.group.GroupState;
import java.util.function.BiConsumer;

/**
 * A group as a listing shows it, its metrics one at a time. Good until the listing goes on or is
 * closed. Not thread-safe.
 */
public interface ListedGroup {
  GroupingKey key();

  /** When what happened to the group. */
  GroupBounds bounds();

  /** True if a family of that name is stored. */
  boolean hasFamily(String name);

  /**
   * Hands over the families that are stored in the order of their names, each with the push that
   * wrote it; its metrics come in the order of that push.
   */
  void forEachFamily(BiConsumer<Stamp, Family> consumer);

  /** A group that is on the heap as a whole. */
  static ListedGroup of(GroupState state) {
    return new WholeGroup(state);
  }
}
