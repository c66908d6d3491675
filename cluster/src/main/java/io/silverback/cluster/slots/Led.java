package io.silverback.cluster.slots;

import io.silverback.cluster.HashRing;
import io.silverback.cluster.Member;
import io.silverback.cluster.SlotTable;
import io.silverback.cluster.View;
import java.util.BitSet;
import java.util.List;
import java.util.function.LongSupplier;

/**
 * The slots that this node leads, and those that it is to lead and has not taken over yet. Changed
 * by the loop only; {@link #shown} may be asked for by any thread.
 *
 * <p>A slot that is to be handed over is closed first, so that no update begins any more, and then
 * released: it is led and shown no more. As long as no view says otherwise, it can be reopened.
 *
 * <p>A slot that is wiped is held meanwhile: no update begins, and it is shown as before. That ends
 * with the wipe, even if another node leads the slot by then.
 */
public final class Led {
  private final Member self;
  private final LongSupplier wallMillis;
  private final long[] epochs = new long[HashRing.SLOTS];

  /** When each slot began to be shown, by the wall clock. */
  private final long[] shownSince = new long[HashRing.SLOTS];

  private final BitSet pending = new BitSet(HashRing.SLOTS);
  private final BitSet closed = new BitSet(HashRing.SLOTS);
  private final BitSet held = new BitSet(HashRing.SLOTS);

  /** What others may have shown since it was last merged here, and may know more of. */
  private final BitSet doubted = new BitSet(HashRing.SLOTS);

  private BitSet mine = new BitSet();
  private SlotTable slots = SlotTable.EMPTY;
  private volatile Shown shown = new Shown(new BitSet(), 0, 0);

  /**
   * What this node shows.
   *
   * @param slots nobody changes them
   * @param losses how often it stopped to show some slot without having released it
   * @param releases how often it released some slot
   */
  public record Shown(BitSet slots, long losses, long releases) {
    Shown without(BitSet gone) {
      BitSet left = left(gone);
      return left.equals(slots) ? this : new Shown(left, losses + 1, releases);
    }

    Shown releasing(BitSet gone) {
      return new Shown(left(gone), losses, releases + 1);
    }

    private BitSet left(BitSet gone) {
      var left = (BitSet) slots.clone();
      left.andNot(gone);
      return left;
    }
  }

  public Led(Member self, LongSupplier wallMillis) {
    this.self = self;
    this.wallMillis = wallMillis;
  }

  /**
   * Stops what another leads now, begins to lead what was handed over to this node, and to wait for
   * what else is new.
   */
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
    closed.and(mine);
    var handed = new BitSet(HashRing.SLOTS);
    for (int slot = mine.nextSetBit(0); slot >= 0; slot = mine.nextSetBit(slot + 1)) {
      SlotTable.Tenure tenure = slots.tenure(slot);
      if (epochs[slot] != tenure.epoch()) {
        epochs[slot] = tenure.epoch();
        closed.clear(slot);
        lost.set(slot);
        boolean isWhole = tenure.handedOver() && !doubted.get(slot);
        pending.set(slot, !isWhole);
        handed.set(slot, isWhole);
      }
    }
    shown = shown.without(lost);
    show(handed);
  }

  /** A slot whose state is complete is led and shown from now on. */
  public void takeOver(BitSet slots) {
    var done = (BitSet) slots.clone();
    done.and(pending);
    pending.andNot(done);
    doubted.andNot(done);
    show(done);
  }

  private void show(BitSet more) {
    if (!more.isEmpty()) {
      long now = wallMillis.getAsLong();
      more.stream().filter(slot -> !leads(slot)).forEach(slot -> shownSince[slot] = now);
      var next = (BitSet) shown.slots().clone();
      next.or(more);
      shown = new Shown(next, shown.losses(), shown.releases());
    }
  }

  /** No update of these slots begins any more; what is at work goes on. */
  public void close(BitSet slots) {
    closed.or(slots);
  }

  /** Closed slots are led and shown no more. */
  public void release(BitSet slots) {
    shown = shown.releasing(slots);
  }

  /** Closed slots that this node still is to lead are led again, released or not. */
  public void reopen(BitSet slots) {
    var again = (BitSet) slots.clone();
    again.and(closed);
    closed.andNot(again);
    var known = (BitSet) again.clone();
    known.andNot(doubted);
    again.and(doubted);
    pending.or(again);
    show(known);
  }

  /** No update of these slots begins until {@link #resume}. */
  public void hold(BitSet slots) {
    held.or(slots);
  }

  public void resume(BitSet slots) {
    held.andNot(slots);
  }

  /**
   * Another node asks what is here of slots that it leads from those epochs on. Where that is later
   * than what this node knows, it leads the slot no more, whatever its view says: the other one
   * will show it as soon as it has the answer.
   */
  public void giveWay(BitSet slots, List<Long> laters) {
    var lost = new BitSet(HashRing.SLOTS);
    int i = 0;
    for (int slot = slots.nextSetBit(0);
        slot >= 0 && i < laters.size();
        slot = slots.nextSetBit(slot + 1)) {
      lost.set(slot, laters.get(i++) > epochs[slot]);
    }
    pending.andNot(lost);
    closed.andNot(lost);
    shown = shown.without(lost);
  }

  /**
   * Others may show any slot from now on: this node leads none before it has taken it over again.
   * What it has released stays so.
   */
  public void retake() {
    doubted.set(0, HashRing.SLOTS);
    closed.andNot(shown.slots());
    shown = shown.without(shown.slots());
    pending.or(mine);
    pending.andNot(closed);
  }

  public void clear() {
    shown = shown.without(shown.slots());
    pending.clear();
    closed.clear();
  }

  public boolean leads(int slot) {
    return shown.slots().get(slot);
  }

  /** True if this node leads the slot, is not about to release it, and does not wipe it. */
  public boolean takesUpdates(int slot) {
    return leads(slot) && !closed.get(slot) && !held.get(slot);
  }

  /** From which epoch on this node leads the slot, or is to. */
  public long epoch(int slot) {
    return epochs[slot];
  }

  /** The same of all slots. */
  public long[] epochs() {
    return epochs.clone();
  }

  /**
   * When this node began to lead each slot that it leads, by its wall clock: each update that it
   * takes since then has that time or a later one.
   */
  public long[] shownSinceMillis() {
    return shownSince.clone();
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
