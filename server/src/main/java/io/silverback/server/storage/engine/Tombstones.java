package io.silverback.server.storage.engine;

import io.silverback.cluster.HashRing;
import io.silverback.codec.model.Version;
import io.silverback.codec.row.GroupFrame;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The deleted groups that are remembered, so that no replica brings them back, and the horizons
 * below which they need not be any more; a single node keeps none beyond their history.
 * Thread-safe.
 */
public final class Tombstones {
  private final AtomicLong count = new AtomicLong();
  private final Horizons horizons = new Horizons();
  private volatile boolean kept;

  /** From now on deleted groups are remembered. */
  public void keep() {
    kept = true;
  }

  boolean areKept() {
    return kept;
  }

  public Horizons horizons() {
    return horizons;
  }

  /** True if a tombstone with that newest version has been purged, or is to be. */
  public boolean isPurged(byte[] key, Version newest) {
    return !newest.isAfter(horizons.at(HashRing.slotOf(key)));
  }

  /** True if the frame says of a group only that it was deleted. */
  static boolean isOne(GroupFrame frame) {
    return !frame.exists() && frame.bounds().deletedAt().isAfter(Version.NEVER);
  }

  /** Counts an entry that was found. */
  void add() {
    count.incrementAndGet();
  }

  /** Counts an entry that was one way and is another. */
  void replace(GroupFrame old, boolean isOneNow) {
    boolean wasOne = isOne(old);
    if (wasOne != isOneNow) {
      count.addAndGet(isOneNow ? 1 : -1);
    }
  }

  /** How many take the place of a group: all that are there, if they are to be. */
  public long counted() {
    return kept ? count.get() : 0;
  }
}
