package io.silverback.cluster.slots;

import io.silverback.cluster.HashRing;
import io.silverback.cluster.View;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;

/**
 * Which leaders this node takes states from: none older than the newest that asked it what it has,
 * or that a view names. What such a one sends late would be here alone, and be shown by a node that
 * leads the slot by now, or be lost with it. Belongs to the loop.
 */
public final class Fences {
  private final long[] epochs = new long[HashRing.SLOTS];
  private long generation;

  /** The leader of a slot in the view keeps out those before it. */
  public void enter(View view) {
    if (view.generation() != generation) {
      // Leaders of another generation are kept out by their views, whatever their epochs are.
      generation = view.generation();
      Arrays.fill(epochs, 0);
    }
    for (int slot = 0; slot < epochs.length; slot++) {
      epochs[slot] = Math.max(epochs[slot], view.slots().tenure(slot).epoch());
    }
  }

  /** The asker leads the slots from these epochs on; it may be as many, or none. */
  public void raise(BitSet slots, List<Long> askers) {
    int i = 0;
    for (int slot = slots.nextSetBit(0);
        slot >= 0 && i < askers.size();
        slot = slots.nextSetBit(slot + 1)) {
      epochs[slot] = Math.max(epochs[slot], askers.get(i++));
    }
  }

  public boolean lets(int slot, long epoch) {
    return epoch >= epochs[slot];
  }
}
