package io.silverback.cluster.slots;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.silverback.cluster.HashRing;
import io.silverback.cluster.Member;
import io.silverback.cluster.SlotTable;
import io.silverback.cluster.TestViews;
import io.silverback.cluster.View;
import io.silverback.cluster.agree.ViewPlanner;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

final class LedTest {
  private final Member self = TestViews.member("a", 1, 1);
  private final Member other = TestViews.member("b", 2, 2);
  private final Member third = TestViews.member("c", 3, 3);
  private final View view = ViewPlanner.first(7, List.of(self, other, third));
  private final Led led = new Led(self, () -> 0);

  @Test
  void aSlotIsLedOnlyOnceItIsTakenOver() {
    led.enter(view);
    assertEquals(view.slots().countOf(self), led.pending().cardinality());
    assertTrue(led.led().isEmpty());
    int slot = led.pending().nextSetBit(0);
    led.takeOver(only(slot));
    assertTrue(led.leads(slot) && led.shown().slots().get(slot));
    assertEquals(only(slot), led.led());
    assertFalse(led.pending().get(slot));
  }

  @Test
  void aSlotOfAnotherCannotBeTakenOver() {
    led.enter(view);
    var all = new BitSet();
    all.set(0, HashRing.SLOTS);
    led.takeOver(all);
    assertEquals(view.slots().countOf(self), led.led().cardinality());
    assertTrue(led.led().stream().allMatch(slot -> view.slots().tenure(slot).isOf(self)));
  }

  @Test
  void aViewThatLeavesASlotKeepsItLed() {
    lead(view);
    View next = ViewPlanner.without(view, other, 0);
    led.enter(next);
    assertEquals(view.slots().countOf(self), led.led().cardinality());
    int gained = next.slots().countOf(self) - view.slots().countOf(self);
    assertTrue(gained > 0);
    assertEquals(gained, led.pending().cardinality());
    led.pending().stream().forEach(slot -> assertEquals(2, led.epoch(slot)));
    led.led().stream().forEach(slot -> assertEquals(1, led.epoch(slot)));
  }

  @Test
  void aSlotThatAnotherGotIsNeitherLedNorWaitedFor() {
    lead(view);
    Led.Shown shown = led.shown();
    int slot = led.led().nextSetBit(0);
    led.enter(moved(view, slot, other));
    assertFalse(led.leads(slot) || led.pending().get(slot));
    assertEquals(0, led.epoch(slot));
    // Callers that asked before have to ask the lease, too.
    assertTrue(shown.slots().get(slot));
    assertFalse(led.shown().slots().get(slot));
  }

  @Test
  void whatWasHandedOverIsLedAtOnce() {
    led.enter(view);
    BitSet slots = view.slots().ledBy(other);
    SlotTable moved = view.slots().handedOver(2, slots, self);
    led.enter(new View(2, 7, view.seats(), view.removed(), moved));
    assertEquals(slots, led.led());
    slots.stream().forEach(slot -> assertEquals(2, led.epoch(slot)));
    assertEquals(view.slots().countOf(self), led.pending().cardinality());
  }

  @Test
  void aClosedSlotIsLedAndTakesNoUpdates() {
    lead(view);
    int slot = led.led().nextSetBit(0);
    led.close(only(slot));
    assertTrue(led.leads(slot));
    assertFalse(led.takesUpdates(slot));
    led.reopen(only(slot));
    assertTrue(led.takesUpdates(slot));
  }

  /** What was read of it before may be shown, as it was right then; what is read later may not. */
  @Test
  void aReleasedSlotIsShownNoMoreButIsNotLost() {
    lead(view);
    Led.Shown before = led.shown();
    int slot = led.led().nextSetBit(0);
    led.close(only(slot));
    led.release(only(slot));
    assertFalse(led.leads(slot) || led.takesUpdates(slot));
    assertEquals(before.losses(), led.shown().losses());
    assertEquals(before.releases() + 1, led.shown().releases());
    led.enter(moved(view, slot, other));
    assertEquals(before.losses(), led.shown().losses());
    led.reopen(only(slot));
    assertFalse(led.leads(slot));
  }

  @Test
  void aReleasedSlotThatIsReopenedIsLedAgain() {
    lead(view);
    BitSet all = led.led();
    int slot = all.nextSetBit(0);
    led.close(only(slot));
    led.release(only(slot));
    led.reopen(all);
    assertEquals(all, led.led());
    assertTrue(led.takesUpdates(slot));
  }

  @Test
  void whatOthersMayHaveShownIsTakenOverAgain() {
    lead(view);
    BitSet all = led.led();
    int losses = (int) led.shown().losses();
    led.close(all);
    led.retake();
    assertTrue(led.led().isEmpty());
    assertEquals(losses + 1, led.shown().losses());
    assertEquals(all, led.pending());
    led.takeOver(all);
    assertEquals(all, led.led());
    assertTrue(all.stream().allMatch(led::takesUpdates));
  }

  /** The next view may give it away, and its leader shows it at once. */
  @Test
  void whatWasReleasedBeforeIsTakenOverOnlyIfItIsReopened() {
    lead(view);
    int slot = led.led().nextSetBit(0);
    led.close(only(slot));
    led.release(only(slot));
    led.retake();
    assertFalse(led.leads(slot) || led.pending().get(slot));
    led.reopen(only(slot));
    assertFalse(led.leads(slot));
    assertTrue(led.pending().get(slot));
    led.takeOver(only(slot));
    assertTrue(led.takesUpdates(slot));
  }

  @Test
  void whatIsHandedOverAfterwardsIsTakenOverOnce() {
    lead(view);
    led.retake();
    BitSet slots = view.slots().ledBy(other);
    SlotTable moved = view.slots().handedOver(2, slots, self);
    led.enter(new View(2, 7, view.seats(), view.removed(), moved));
    assertFalse(led.led().intersects(slots));
    led.takeOver(slots);
    assertEquals(slots, led.led());
  }

  /** The view that says so may still be on its way. */
  @Test
  void aLaterLeaderThatAsksIsGivenWay() {
    lead(view);
    Led.Shown before = led.shown();
    int slot = led.led().nextSetBit(0);
    led.giveWay(only(slot), List.of(1L));
    assertTrue(led.leads(slot));
    led.giveWay(only(slot), List.of(2L));
    assertFalse(led.leads(slot));
    assertEquals(before.losses() + 1, led.shown().losses());
  }

  @Test
  void aSlotThatWasAnothersMeanwhileIsTakenOverAnew() {
    lead(view);
    int slot = led.led().nextSetBit(0);
    View away = moved(view, slot, other);
    led.enter(moved(away, slot, self));
    assertFalse(led.leads(slot));
    assertTrue(led.pending().get(slot));
    assertEquals(3, led.epoch(slot));
  }

  @Test
  void whoeverGivesUpLeadsNothingAndWaitsForNothing() {
    lead(view);
    led.enter(ViewPlanner.without(view, other, 0));
    led.clear();
    assertTrue(led.led().isEmpty() && led.pending().isEmpty());
  }

  /** The end of the wipe is what ends it, or a push of the next tenure would be lost. */
  @Test
  void aSlotThatIsWipedIsShownAndTakesNoUpdate() {
    lead(view);
    int slot = led.led().nextSetBit(0);
    led.hold(only(slot));
    assertTrue(led.leads(slot));
    assertFalse(led.takesUpdates(slot));
    led.enter(moved(moved(view, slot, other), slot, self));
    led.takeOver(led.pending());
    led.reopen(only(slot));
    assertFalse(led.takesUpdates(slot));
    led.resume(only(slot));
    assertTrue(led.takesUpdates(slot));
  }

  private void lead(View of) {
    led.enter(of);
    led.takeOver(led.pending());
  }

  private static View moved(View view, int slot, Member to) {
    long epoch = view.epoch() + 1;
    return new View(
        epoch,
        view.clusterId(),
        view.seats(),
        view.removed(),
        view.slots().with(epoch, each -> each == slot ? Optional.of(to) : Optional.empty()));
  }

  private static BitSet only(int slot) {
    var set = new BitSet();
    set.set(slot);
    return set;
  }
}
