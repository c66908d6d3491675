package io.silverback.server.storage;

import java.util.List;

/**
 * What some maps have taken from the system: as much as their entries ever took, since room that
 * entries leave is used again by others of the same map, but not given back.
 *
 * <p>Thread-safe.
 */
final class MapRoom {
  private final List<OffHeapMap> maps;
  private final long[] mostBytes;

  MapRoom(OffHeapMap... maps) {
    this.maps = List.of(maps);
    this.mostBytes = new long[maps.length];
  }

  /** What the entries take now. */
  long allocatedBytes() {
    return maps.stream().mapToLong(OffHeapMap::allocatedBytes).sum();
  }

  synchronized long takenBytes() {
    long taken = 0;
    for (int i = 0; i < mostBytes.length; i++) {
      mostBytes[i] = Math.max(mostBytes[i], maps.get(i).allocatedBytes());
      taken += mostBytes[i];
    }
    return taken;
  }
}
