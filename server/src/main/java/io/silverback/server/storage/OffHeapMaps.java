package io.silverback.server.storage;

import io.silverback.server.storage.StorageStatistics.MapStatistics;
import java.util.List;
import java.util.stream.Stream;

/**
 * The maps of one store: how they are opened, laid out and closed.
 *
 * <p>Room is taken from the operating system as entries come and is used again when they go, but
 * not given back.
 */
final class OffHeapMaps implements AutoCloseable {
  private static final int MIB = 1 << 20;

  /** Grouping key to the group's state. */
  final OffHeapMap groups =
      new OffHeapMap.Plan("groups", 64, 32, 16, 64L * MIB, 16 * 1024).create();

  /** Fingerprint to shape. */
  final OffHeapMap shapes = new OffHeapMap.Plan("shapes", 16, 64, 4, 64L * MIB, 16 * 1024).create();

  /** Symbol to text. */
  final OffHeapMap symbols =
      new OffHeapMap.Plan("symbols", 8, 32, 4, 64L * MIB, 32 * 1024).create();

  /**
   * Group and block to the open page of history. Apart from the sealed ones: these change and grow,
   * and would leave gaps between those that come once and go in the order in which they came.
   */
  final OffHeapMap openPages =
      new OffHeapMap.Plan("open_pages", 12, 64, 16, 64L * MIB, 16 * 1024).create();

  /** Group, number and block to a sealed page of history. */
  final OffHeapMap pages = new OffHeapMap.Plan("pages", 16, 64, 16, 64L * MIB, 16 * 1024).create();

  /** Fingerprint to a row of counters. */
  final OffHeapMap tallies =
      new OffHeapMap.Plan("tallies", 16, 64, 4, 16L * MIB, 64 * 1024).create();

  List<MapStatistics> statistics() {
    return Stream.of(groups, shapes, symbols, openPages, pages, tallies)
        .map(map -> new MapStatistics(map.name(), map.size(), map.allocatedBytes()))
        .toList();
  }

  @Override
  public void close() {
    groups.close();
    shapes.close();
    symbols.close();
    openPages.close();
    pages.close();
    tallies.close();
  }
}
