package io.silverback.server.storage;

import io.silverback.server.group.GroupState;
import io.silverback.server.group.HeldFamily;

/**
 * The groups of a store as they were once; what is pushed later does not show.
 *
 * <p>Both ways to look at them give one thing at a time, so that a reader needs no memory for all.
 * Not thread-safe; of no use after a close.
 */
public interface Snapshot extends GroupListing {

  /** Number of groups. */
  int size();

  /** May be iterated several times. */
  @Override
  Iterable<GroupState> groups();

  /**
   * What the groups hold, push times included, in the order of the names. May be iterated several
   * times.
   */
  Iterable<HeldFamily> families();

  /**
   * False once another server may show something newer; to be asked again before the last byte of
   * an answer leaves.
   */
  default boolean isCurrent() {
    return true;
  }
}
