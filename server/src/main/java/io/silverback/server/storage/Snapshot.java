package io.silverback.server.storage;

import io.silverback.codec.model.GroupingKey;
import io.silverback.server.group.GroupState;
import io.silverback.server.group.HeldFamily;
import java.util.stream.StreamSupport;

/**
 * The groups of a store as they were once; what is pushed later does not show.
 *
 * <p>All ways to look at them give one thing at a time, so that a reader needs no memory for all,
 * and each may be taken several times. Not thread-safe; of no use after a close.
 */
public interface Snapshot extends GroupListing {

  /** Number of groups. */
  int size();

  /** The groups in the order of their keys, each on the heap as a whole. */
  Iterable<GroupState> groups();

  /** The same, where they are stored. */
  @Override
  default Iterable<ListedGroup> listedGroups() {
    return () ->
        StreamSupport.stream(groups().spliterator(), false).map(ListedGroup::of).iterator();
  }

  /** The same of the groups after a key, which need not be that of a group. */
  Iterable<ListedGroup> listedGroupsAfter(GroupingKey key);

  /**
   * How many groups changed since, and could not be kept as they were, so that they are left out.
   */
  default int lost() {
    return 0;
  }

  /** What the groups hold, push times included, in the order of the names. */
  Iterable<HeldFamily> families();

  /**
   * False once another server may show something newer; to be asked again before the last byte of
   * an answer leaves.
   */
  default boolean isCurrent() {
    return true;
  }
}
