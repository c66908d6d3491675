package io.silverback.server.storage.maps;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.stream.IntStream;
import org.agrona.DirectBuffer;
import org.agrona.ExpandableArrayBuffer;
import org.agrona.MutableDirectBuffer;

/**
 * The keys of the groups in each of many slots, and a number for each of them. Thread-safe.
 *
 * <p>Each slot has a doubly linked list, so that a group comes and goes at the same cost however
 * many groups a client has put into its slot. The map has a node for each group, under the number
 * of the group. The heap has only the first group of each list.
 */
public final class SlotLists {
  private static final int WEIGHT_OFFSET = 0;
  private static final int BEFORE_OFFSET = WEIGHT_OFFSET + Long.BYTES;
  private static final int AFTER_OFFSET = BEFORE_OFFSET + Long.BYTES;
  private static final int KEY_OFFSET = AFTER_OFFSET + Long.BYTES;

  /** No group has this number. */
  private static final long NONE = 0;

  private static final int LOCKS = 256;

  /** Nodes that are read under a lock, for which others spin. */
  private static final int READ_AT_ONCE = 256;

  private final OffHeapMap nodes;
  private final long[] first;
  private final AtomicIntegerArray sizes;

  /** Spin locks, as some callers hold a segment of another map. */
  private final List<SpinLock> locks =
      IntStream.range(0, LOCKS).mapToObj(_ -> new SpinLock()).toList();

  /** Empty lists in an empty map. */
  public SlotLists(OffHeapMap nodes, int slots) {
    this.nodes = nodes;
    this.first = new long[slots];
    this.sizes = new AtomicIntegerArray(slots);
  }

  /**
   * Sets the weight of a group, and adds the group to its slot if it is not there.
   *
   * @return how much heavier it is than before
   */
  public long put(int slot, long group, byte[] key, long weight) {
    byte[] place = Keys.of(group);
    long[] before = new long[1];
    if (!reweigh(place, weight, before)) {
      SpinLock lock = locks.get(slot % LOCKS);
      lock.lock();
      try {
        if (!reweigh(place, weight, before)) {
          add(slot, group, key, weight);
        }
      } finally {
        lock.unlock();
      }
    }
    return weight - before[0];
  }

  private boolean reweigh(byte[] place, long weight, long[] before) {
    return nodes.edit(
        place,
        node -> {
          before[0] = node.getLong(WEIGHT_OFFSET, LITTLE_ENDIAN);
          node.putLong(WEIGHT_OFFSET, weight, LITTLE_ENDIAN);
        });
  }

  private void add(int slot, long group, byte[] key, long weight) {
    MutableDirectBuffer node = new ExpandableArrayBuffer(KEY_OFFSET + key.length);
    node.putLong(WEIGHT_OFFSET, weight, LITTLE_ENDIAN);
    node.putLong(BEFORE_OFFSET, NONE, LITTLE_ENDIAN);
    node.putLong(AFTER_OFFSET, first[slot], LITTLE_ENDIAN);
    node.putBytes(KEY_OFFSET, key);
    nodes.put(Keys.of(group), node, 0, KEY_OFFSET + key.length);
    link(first[slot], BEFORE_OFFSET, group);
    first[slot] = group;
    sizes.incrementAndGet(slot);
  }

  /**
   * Takes a group out of its slot.
   *
   * @return how heavy it was; 0 if it was not there
   */
  public long remove(int slot, long group) {
    byte[] place = Keys.of(group);
    long[] node = new long[3];
    SpinLock lock = locks.get(slot % LOCKS);
    lock.lock();
    try {
      boolean isThere =
          nodes.read(
              place,
              found -> {
                node[0] = found.getLong(WEIGHT_OFFSET, LITTLE_ENDIAN);
                node[1] = found.getLong(BEFORE_OFFSET, LITTLE_ENDIAN);
                node[2] = found.getLong(AFTER_OFFSET, LITTLE_ENDIAN);
              });
      if (!isThere) {
        return 0;
      }
      if (node[1] == NONE) {
        first[slot] = node[2];
      }
      link(node[1], AFTER_OFFSET, node[2]);
      link(node[2], BEFORE_OFFSET, node[1]);
      nodes.remove(place);
      sizes.decrementAndGet(slot);
      return node[0];
    } finally {
      lock.unlock();
    }
  }

  private void link(long from, int offset, long to) {
    if (from != NONE) {
      nodes.edit(Keys.of(from), node -> node.putLong(offset, to, LITTLE_ENDIAN));
    }
  }

  /** How many groups a slot has. */
  public int size(int slot) {
    return sizes.get(slot);
  }

  /** The keys in a slot; groups that come or go meanwhile may be left out. */
  public List<byte[]> keys(int slot) {
    var keys = new ArrayList<byte[]>();
    long last = NONE;
    do {
      last = readOn(slot, last, keys);
    } while (last != NONE);
    return keys;
  }

  /** Reads some nodes after the last one; the last one that was read then, or none at the end. */
  private long readOn(int slot, long last, List<byte[]> keys) {
    SpinLock lock = locks.get(slot % LOCKS);
    lock.lock();
    try {
      long[] at = {last, first[slot]};
      if (last != NONE && !nodes.read(Keys.of(last), node -> at[1] = after(node))) {
        // It went meanwhile, so where to go on is not known.
        keys.clear();
      }
      for (int i = 0; i < READ_AT_ONCE && at[1] != NONE; i++) {
        at[0] = at[1];
        boolean isThere =
            nodes.read(
                Keys.of(at[0]),
                node -> {
                  byte[] key = new byte[node.capacity() - KEY_OFFSET];
                  node.getBytes(KEY_OFFSET, key);
                  keys.add(key);
                  at[1] = after(node);
                });
        if (!isThere) {
          throw new IllegalStateException("a slot lists a group that is gone: slot=" + slot);
        }
      }
      return at[1] == NONE ? NONE : at[0];
    } finally {
      lock.unlock();
    }
  }

  private static long after(DirectBuffer node) {
    return node.getLong(AFTER_OFFSET, LITTLE_ENDIAN);
  }
}
