package io.silverback.cluster.slots;

import io.silverback.cluster.HashRing;
import io.silverback.cluster.Member;
import io.silverback.cluster.SlotTable;
import io.silverback.cluster.View;
import java.util.BitSet;

/**
 * The slots that this node leads, and those that it is to lead and has not taken over yet. Changed
 * by the loop only; {@link #shown} may be asked for by any thread.
 */
public final class Led {
  private final Member self;
  private final long[] epochs = new long[HashRing.SLOTS];
  private final BitSet pending = new BitSet(HashRing.SLOTS);
  private BitSet mine = new BitSet();
  private SlotTable slots = SlotTable.EMPTY;
  private volatile Shown shown = new Shown(new BitSet(), 0);

  /**
   * What this node shows.
   *
   * @param slots nobody changes them
   * @param losses how often it stopped to show some slot
   */
  public record Shown(BitSet slots, long losses) {
    Shown without(BitSet gone) {
      var left = (BitSet) slots.clone();
      left.andNot(gone);
      return left.equals(slots) ? this : new Shown(left, losses + 1);
    }
  }

  public Led(Member self) {
    this.self = self;
  }

  /** Stops what another leads now, and begins to wait for what is new. */
  public void enter(View view) {
    if (view.slots().equals(slots)) {
      return;
    }
    slots = view.slots();
    BitSet gone = mine;
    mine = slots.ledBy(self);
    gone.andNot(mine);
    gone.stream().forEach(slot -> epochs[slot] = 0);
    var lost = (BitSet) shown.slots().clone();
    lost.andNot(mine);
    pending.and(mine);
    for (int slot = mine.nextSetBit(0); slot >= 0; slot = mine.nextSetBit(slot + 1)) {
      long epoch = slots.tenure(slot).epoch();
      if (epochs[slot] != epoch) {
        epochs[slot] = epoch;
        pending.set(slot);
        lost.set(slot);
      }
    }
    shown = shown.without(lost);
  }

  /** A slot whose state is complete is led and shown from now on. */
  public void takeOver(BitSet slots) {
    var next = (BitSet) shown.slots().clone();
    var done = (BitSet) slots.clone();
    done.and(pending);
    next.or(done);
    pending.andNot(done);
    shown = new Shown(next, shown.losses());
  }

  public void clear() {
    shown = shown.without(shown.slots());
    pending.clear();
  }

  public boolean leads(int slot) {
    return shown.slots().get(slot);
  }

  /** From which epoch on this node leads the slot, or is to. */
  public long epoch(int slot) {
    return epochs[slot];
  }

  public BitSet pending() {
    return (BitSet) pending.clone();
  }

  /** The slots led now; nobody changes what is returned. */
  public BitSet led() {
    return shown.slots();
  }

  public Shown shown() {
    return shown;
  }
}
