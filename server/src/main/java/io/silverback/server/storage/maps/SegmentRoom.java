package io.silverback.server.storage.maps;

import java.util.BitSet;
import java.util.NavigableMap;
import java.util.SplittableRandom;
import java.util.TreeMap;
import net.openhft.chronicle.hash.Data;
import net.openhft.chronicle.hash.impl.BigSegmentHeader;
import net.openhft.chronicle.hash.impl.TierCountersArea;
import net.openhft.chronicle.hash.impl.VanillaChronicleHash;
import net.openhft.chronicle.map.ChronicleMap;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * The room for the entries of one segment of a map in a file, page by page: which have a part of an
 * entry, and which can be given back to the disk. A segment begins with one tier, and takes another
 * one, anywhere in the file, whenever it is full.
 *
 * <p>For one thread, while nothing is stored in the segment.
 */
final class SegmentRoom {
  /** What Chronicle Map writes before a key, at most. */
  private static final int HEAD_BYTES = 16;

  /** Fewer pages side by side are not worth a call. */
  private static final int FEWEST_PAGES = 16;

  /** By the address of their first page. */
  private final NavigableMap<Long, Tier> tiers = new TreeMap<>();

  private SegmentRoom(ChronicleMap<?, ?> map, int segment, long tierBytes) {
    var layout = (VanillaChronicleHash<?, ?, ?, ?>) map;
    add(layout, layout.segmentBaseAddr(segment), tierBytes);
    long next = BigSegmentHeader.INSTANCE.nextTierIndex(layout.segmentHeaderAddress(segment));
    while (next > 0) {
      long base = layout.tierIndexToBaseAddr(next);
      add(layout, base, tierBytes);
      next = TierCountersArea.nextTierIndex(base + layout.tierHashLookupOuterSize);
    }
  }

  private void add(VanillaChronicleHash<?, ?, ?, ?> layout, long base, long tierBytes) {
    // The index of a tier comes first, then counters, then a bit for each chunk of the entries.
    long entries =
        base
            + layout.tierHashLookupOuterSize
            + VanillaChronicleHash.TIER_COUNTERS_AREA_SIZE
            + layout.tierFreeListOuterSize
            + layout.tierEntrySpaceInnerOffset;
    long start = (entries + Holes.PAGE_BYTES - 1) / Holes.PAGE_BYTES * Holes.PAGE_BYTES;
    tiers.put(start, new Tier(start, (entries + tierBytes) / Holes.PAGE_BYTES * Holes.PAGE_BYTES));
  }

  /**
   * Gives back what no entry of a map has. Whatever is stored in a segment meanwhile waits.
   *
   * @param tierBytes the room of a tier for entries
   * @return false if the system cannot do that
   */
  static boolean giveBack(ChronicleMap<byte[], UnsafeBuffer> map, long tierBytes) {
    byte[][] keys = keysOfSegments(map);
    for (int segment = 0; segment < keys.length; segment++) {
      try (var held = map.queryContext(keys[segment])) {
        held.updateLock().lock();
        var room = new SegmentRoom(map, segment, tierBytes);
        try (var entries = map.segmentContext(segment)) {
          entries.forEachSegmentEntry(
              entry ->
                  room.keep(
                      addressOf(entry.key()), addressOf(entry.value()) + entry.value().size()));
        }
        for (Tier tier : room.tiers.values()) {
          if (!tier.giveBackOthers()) {
            return false;
          }
        }
      }
    }
    return true;
  }

  /** For each segment a key that would be in it: locks of segments are to be had by keys alone. */
  private static byte[][] keysOfSegments(ChronicleMap<byte[], ?> map) {
    var random = new SplittableRandom(0);
    byte[][] keys = new byte[map.segments()][];
    int missing = keys.length;
    while (missing > 0) {
      byte[] key = new byte[Long.BYTES];
      random.nextBytes(key);
      try (var context = map.queryContext(key)) {
        if (keys[context.segmentIndex()] == null) {
          keys[context.segmentIndex()] = key;
          missing--;
        }
      }
    }
    return keys;
  }

  private static long addressOf(Data<?> data) {
    return data.bytes().addressForRead(data.offset());
  }

  /** Keeps the pages of an entry, which is from the address of its key to that after its value. */
  private void keep(long key, long valueEnd) {
    var tier = tiers.lowerEntry(valueEnd);
    if (tier != null) {
      tier.getValue().keep(key, valueEnd);
    }
  }

  /** The pages of one tier. */
  private static final class Tier {
    private final long start;
    private final long end;
    private final BitSet used = new BitSet();

    Tier(long start, long end) {
      this.start = start;
      this.end = end;
    }

    void keep(long key, long valueEnd) {
      if (key < end) {
        long first = Math.max(0, key - HEAD_BYTES - start) / Holes.PAGE_BYTES;
        long last = (Math.min(valueEnd, end) - 1 - start) / Holes.PAGE_BYTES;
        used.set((int) first, (int) last + 1);
      }
    }

    /** Gives back the pages that were not kept; false if the system cannot. */
    boolean giveBackOthers() {
      int pages = (int) ((end - start) / Holes.PAGE_BYTES);
      int from = used.nextClearBit(0);
      while (from < pages) {
        int next = used.nextSetBit(from);
        int to = next < 0 ? pages : next;
        if (to - from >= FEWEST_PAGES && !giveBack(from, to)) {
          return false;
        }
        from = used.nextClearBit(to);
      }
      return true;
    }

    private boolean giveBack(int from, int to) {
      return Holes.punchMapped(
          start + (long) from * Holes.PAGE_BYTES, (long) (to - from) * Holes.PAGE_BYTES);
    }
  }
}
