package io.silverback.cluster;

import java.util.BitSet;
import java.util.function.IntPredicate;

/**
 * The slots that this node leads, and those that it is to lead and has not taken over yet. Changed
 * by the loop only; {@link #shown} may be asked for by any thread.
 */
final class Led {
  private final Member self;
  private final long[] epochs = new long[HashRing.SLOTS];
  private final BitSet pending = new BitSet(HashRing.SLOTS);
  private BitSet mine = new BitSet();
  private SlotTable slots = SlotTable.EMPTY;
  private volatile BitSet led = new BitSet();

  Led(Member self) {
    this.self = self;
  }

  /** Stops what another leads now, and begins to wait for what is new. */
  void enter(View view) {
    if (view.slots().equals(slots)) {
      return;
    }
    slots = view.slots();
    BitSet gone = mine;
    mine = slots.ledBy(self);
    gone.andNot(mine);
    gone.stream().forEach(slot -> epochs[slot] = 0);
    var next = (BitSet) led.clone();
    next.and(mine);
    pending.and(mine);
    for (int slot = mine.nextSetBit(0); slot >= 0; slot = mine.nextSetBit(slot + 1)) {
      long epoch = slots.tenure(slot).epoch();
      if (epochs[slot] != epoch) {
        epochs[slot] = epoch;
        pending.set(slot);
        next.clear(slot);
      }
    }
    led = next;
  }

  /** A slot whose state is complete is led and shown from now on. */
  void takeOver(BitSet slots) {
    var next = (BitSet) led.clone();
    var done = (BitSet) slots.clone();
    done.and(pending);
    next.or(done);
    pending.andNot(done);
    led = next;
  }

  void clear() {
    led = new BitSet();
    pending.clear();
  }

  boolean leads(int slot) {
    return led.get(slot);
  }

  /** From which epoch on this node leads the slot, or is to. */
  long epoch(int slot) {
    return epochs[slot];
  }

  BitSet pending() {
    return (BitSet) pending.clone();
  }

  /** The slots led now; nobody changes what is returned. */
  BitSet led() {
    return led;
  }

  IntPredicate shown() {
    BitSet now = led;
    return now::get;
  }
}
