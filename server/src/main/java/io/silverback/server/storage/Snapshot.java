package io.silverback.server.storage;

import io.silverback.codec.model.GroupingKey;
import io.silverback.server.group.GroupState;
import java.util.stream.StreamSupport;

/**
 * The groups of a store as they were once; what is pushed later does not show.
 *
 * <p>All ways to look at them give one thing at a time, so that a reader needs no memory for all,
 * and each may be taken several times. Not thread-safe; of no use after a close.
 */
public interface Snapshot extends GroupListing, FamilyListing {

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

  /** The groups after a key as a listing, which closes this snapshot. */
  default GroupListing after(GroupingKey key) {
    Snapshot snapshot = this;
    return new GroupListing() {
      @Override
      public Iterable<ListedGroup> listedGroups() {
        return snapshot.listedGroupsAfter(key);
      }

      @Override
      public void close() {
        snapshot.close();
      }
    };
  }

  @Override
  void close();
}
