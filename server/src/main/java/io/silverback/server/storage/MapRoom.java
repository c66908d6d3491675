package io.silverback.server.storage;

import java.util.List;

/** What some maps have taken from the system, and what of that they need. Thread-safe. */
final class MapRoom {
  private final List<OffHeapMap> maps;

  MapRoom(OffHeapMap... maps) {
    this.maps = List.of(maps);
  }

  /** What the entries take now. */
  long allocatedBytes() {
    return maps.stream().mapToLong(OffHeapMap::allocatedBytes).sum();
  }

  /** The same and what entries have left and that was not given back. */
  long takenBytes() {
    return maps.stream().mapToLong(OffHeapMap::takenBytes).sum();
  }
}
