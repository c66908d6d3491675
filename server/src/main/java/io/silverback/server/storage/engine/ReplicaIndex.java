package io.silverback.server.storage.engine;

import io.silverback.cluster.HashRing;
import io.silverback.codec.row.GroupFrame;
import io.silverback.codec.row.GroupFrameReader;
import io.silverback.server.group.GroupState;
import io.silverback.server.storage.maps.GroupKeys;
import io.silverback.server.storage.maps.HistoryHead;
import io.silverback.server.storage.maps.Keys;
import io.silverback.server.storage.maps.LabelSets;
import io.silverback.server.storage.maps.OffHeapMaps;
import io.silverback.server.storage.maps.SlotLists;
import java.util.BitSet;
import java.util.List;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.locks.ReentrantLock;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/**
 * What a cluster asks of a store again and again, kept as groups change, so that no answer looks at
 * every group: the digest of each slot, the groups of a slot, which slots have old tombstones, and
 * the sets of label names of a job. Nothing is kept before {@link #start}, since a single node is
 * never asked. Thread-safe.
 *
 * <p>A group weighs its {@link ContentHash}, or 0 if it does not count, and the digest of a slot is
 * the sum over its groups. The weight that was added is kept for each group. So each change puts
 * the sum right for its group, whatever was missed before.
 */
public final class ReplicaIndex {
  private final OffHeapMaps maps;
  private final Tombstones tombstones;
  private final ReentrantLock shapeChanges;

  /** By slot, before the start in the first one: the time of the newest row. */
  private final AtomicLongArray newestRows = new AtomicLongArray(HashRing.SLOTS);

  /** Null before the start. */
  private volatile @Nullable Kept kept;

  private record Kept(
      SlotLists lists, AtomicLongArray digests, LabelSets labelSets, OldestTombstones tombstones) {
    void weigh(byte[] key, long group, long weight) {
      int slot = HashRing.slotOf(key);
      digests.addAndGet(slot, lists.put(slot, group, key, weight));
    }
  }

  ReplicaIndex(OffHeapMaps maps, Tombstones tombstones, ReentrantLock shapeChanges) {
    this.maps = maps;
    this.tombstones = tombstones;
    this.shapeChanges = shapeChanges;
  }

  /** Begins with the groups that are there; groups may change meanwhile. */
  void start() {
    shapeChanges.lock();
    try {
      if (kept != null) {
        return;
      }
      var begun =
          new Kept(
              new SlotLists(maps.slots, HashRing.SLOTS),
              new AtomicLongArray(HashRing.SLOTS),
              new LabelSets(maps.labelSets),
              new OldestTombstones(HashRing.SLOTS));
      // Before the look: what is stored from now on is weighed by who stores it, and what was
      // stored before is found. A group that changes again waits for the look at its segment.
      kept = begun;
      maps.groups.forEach((key, entry) -> add(begun, key, entry));
    } finally {
      shapeChanges.unlock();
    }
  }

  private void add(Kept begun, DirectBuffer key, DirectBuffer entry) {
    byte[] copy = Keys.copyOf(key);
    GroupFrameReader frame = HistoryHead.frameAfter(entry);
    boolean exists = frame.exists();
    boolean counts = exists || !tombstones.isPurged(copy, StateOrder.newest(frame));
    begun.weigh(copy, HistoryHead.group(entry), counts ? ContentHash.of(key, entry) : 0);
    if (exists) {
      begun.labelSets.add(GroupKeys.decode(key, 0, key.capacity()));
    } else if (counts) {
      begun.tombstones.added(HashRing.slotOf(copy));
    }
  }

  /** Notes a change of which groups exist. Called under the lock of shape changes. */
  void record(GroupState old, GroupState next) {
    Kept now = kept;
    if (now == null || old.exists() == next.exists()) {
      return;
    }
    if (next.exists()) {
      now.labelSets.add(next.key());
    } else {
      now.labelSets.remove(old.key());
    }
  }

  /** Notes the time of a row of history that was stored. */
  void pushed(byte[] key, long millis) {
    int slot = kept == null ? 0 : HashRing.slotOf(key);
    if (newestRows.get(slot) < millis) {
      newestRows.accumulateAndGet(slot, millis, Math::max);
    }
  }

  /** The newest of those times in some slots; 0 if there is no row since the process began. */
  long newestRowMillis(BitSet slots) {
    return slots.stream().mapToLong(newestRows::get).max().orElse(0);
  }

  /** Weighs what was stored. Called under the lock of the group. */
  void stored(byte[] key, GroupFrame frame, DirectBuffer entry, int length) {
    Kept now = kept;
    if (now != null) {
      boolean counts = frame.exists() || !tombstones.isPurged(key, StateOrder.newest(frame));
      var stored = new UnsafeBuffer(entry, 0, length);
      long weight = counts ? ContentHash.of(new UnsafeBuffer(key), stored) : 0;
      now.weigh(key, HistoryHead.group(entry), weight);
      if (counts && !frame.exists()) {
        now.tombstones.added(HashRing.slotOf(key));
      }
    }
  }

  /**
   * Notes that the entry of a group does not count any more. Called under the lock of the group.
   */
  void passed(byte[] key, long group) {
    Kept now = kept;
    if (now != null) {
      now.weigh(key, group, 0);
    }
  }

  /** Notes that the entry of a group is gone. Called under the lock of the group. */
  void removed(byte[] key, long group) {
    Kept now = kept;
    if (now != null) {
      int slot = HashRing.slotOf(key);
      now.digests.addAndGet(slot, -now.lists.remove(slot, group));
    }
  }

  /** The digest of each slot. */
  public long[] digests() {
    AtomicLongArray now = started().digests;
    long[] digests = new long[now.length()];
    for (int slot = 0; slot < digests.length; slot++) {
      digests[slot] = now.get(slot);
    }
    return digests;
  }

  /** How many groups a slot has, deleted ones as well. */
  public int size(int slot) {
    return started().lists.size(slot);
  }

  /** The keys of a slot, of deleted groups as well; those that come or go may be left out. */
  public List<byte[]> keys(int slot) {
    return started().lists.keys(slot);
  }

  /** For each slot, when the oldest of its tombstones that count was made. */
  public OldestTombstones tombstones() {
    return started().tombstones;
  }

  /** The sets of label names of a job, in their order. */
  public List<String> labelNamesOf(String job) {
    shapeChanges.lock();
    try {
      return started().labelSets.of(job).stream().sorted().toList();
    } finally {
      shapeChanges.unlock();
    }
  }

  private Kept started() {
    Kept now = kept;
    if (now == null) {
      throw new IllegalStateException("the store is not that of a member of a cluster");
    }
    return now;
  }
}
