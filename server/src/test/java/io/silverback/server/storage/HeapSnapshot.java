package io.silverback.server.storage;

import io.silverback.codec.model.GroupingKey;
import io.silverback.server.group.GroupState;
import io.silverback.server.group.HeldFamilies;
import io.silverback.server.group.HeldFamily;
import java.util.List;

/**
 * Groups that are objects on the heap. Needs no closing.
 *
 * @param groups in the order of their keys
 */
record HeapSnapshot(List<GroupState> groups) implements Snapshot {
  HeapSnapshot {
    groups = List.copyOf(groups);
  }

  @Override
  public int size() {
    return groups.size();
  }

  @Override
  public Iterable<ListedGroup> listedGroupsAfter(GroupingKey key) {
    return groups.stream()
        .filter(group -> group.key().compareTo(key) > 0)
        .map(ListedGroup::of)
        .toList();
  }

  @Override
  public Iterable<HeldFamily> families() {
    return new HeldFamilies(groups);
  }

  @Override
  public void close() {}
}
