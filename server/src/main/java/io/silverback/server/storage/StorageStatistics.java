package io.silverback.server.storage;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What a store holds and what that takes.
 *
 * @param groups that exist
 * @param staleGroups those of them that have expired
 * @param corruptPages how often a page of history could not be read, and was dropped or left out
 * @param historyMillis how far history goes back, which is less than asked for while memory is
 *     short
 * @param limits how full each limit of the store is
 * @param chores what the store does now and then, and how that goes
 * @param disk empty if the store is not kept in files
 */
public record StorageStatistics(
    int groups,
    int staleGroups,
    long corruptPages,
    long historyMillis,
    List<MapStatistics> maps,
    List<LimitUse> limits,
    List<ChoreStatistics> chores,
    Optional<DiskStatistics> disk) {
  public StorageStatistics {
    maps = List.copyOf(maps);
    limits = List.copyOf(limits);
    chores = List.copyOf(chores);
  }

  /** The same of a store in files, with more chores. */
  public StorageStatistics with(List<ChoreStatistics> more, DiskStatistics ofDisk) {
    var all = new ArrayList<>(chores);
    all.addAll(more);
    return new StorageStatistics(
        groups, staleGroups, corruptPages, historyMillis, maps, limits, all, Optional.of(ofDisk));
  }

  /**
   * One of the maps outside of the heap.
   *
   * @param allocatedBytes rounding and index included
   */
  public record MapStatistics(String name, long entries, long allocatedBytes) {}
}
