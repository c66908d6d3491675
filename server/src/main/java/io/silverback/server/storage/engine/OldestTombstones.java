package io.silverback.server.storage.engine;

import java.util.Arrays;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.function.LongSupplier;

/**
 * For each slot, a time before which none of its tombstones was made. So a search for old ones
 * passes over the slots that have none, and a slot is searched again only after one more tombstone
 * was stored there, or the oldest of those that were found is old enough. Thread-safe.
 */
public final class OldestTombstones {
  /** Later than any tombstone. */
  public static final long NONE = Long.MAX_VALUE;

  private static final long UNKNOWN = Long.MIN_VALUE;

  private final AtomicLongArray millis;

  OldestTombstones(int slots) {
    long[] none = new long[slots];
    Arrays.fill(none, NONE);
    millis = new AtomicLongArray(none);
  }

  /**
   * One was stored. Its version may be from a clock that was ahead, so a search has to judge it.
   */
  void added(int slot) {
    millis.set(slot, UNKNOWN);
  }

  /** True if the slot may have one that was made before that time. */
  public boolean mayBeBefore(int slot, long beforeMillis) {
    return millis.get(slot) < beforeMillis;
  }

  /**
   * Searches a slot. One that is stored meanwhile may be missed, and is searched for next time.
   *
   * @param search when the oldest was made that it found, or {@link #NONE}
   */
  public void search(int slot, LongSupplier search) {
    millis.set(slot, NONE);
    long oldest = UNKNOWN;
    try {
      oldest = search.getAsLong();
    } finally {
      long found = oldest;
      millis.accumulateAndGet(slot, found, Math::min);
    }
  }
}
