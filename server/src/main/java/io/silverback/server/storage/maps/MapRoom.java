package io.silverback.server.storage.maps;

import java.util.List;

/** What some maps have taken from the system, and what of that they need. Thread-safe. */
public final class MapRoom {
  private final List<OffHeapMap> maps;

  public MapRoom(OffHeapMap... maps) {
    this.maps = List.of(maps);
  }

  /** What the entries take now. */
  public long allocatedBytes() {
    return maps.stream().mapToLong(OffHeapMap::allocatedBytes).sum();
  }

  /** The same and what entries have left and that was not given back. */
  public long takenBytes() {
    return maps.stream().mapToLong(OffHeapMap::takenBytes).sum();
  }
}
