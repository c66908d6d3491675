package io.silverback.server.remotewrite;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Which stretch of which slots a round sends. */
final class PlanTest {
  private static final String TARGET = "t";
  private static final long NOW = 1_000_000_000;
  private static final Duration STRETCH = Duration.ofMinutes(5);

  private final Cursors cursors = new Cursors(Optional.empty(), 64);
  private long epoch = 1;
  private long since = NOW - 3_600_000;

  private static BitSet slots(int... numbers) {
    var slots = new BitSet();
    for (int number : numbers) {
      slots.set(number);
    }
    return slots;
  }

  private Plan plan(int... led) {
    return plan(NOW, led);
  }

  private Plan plan(long settled, int... led) {
    var term = new Leadership.Term(slots(led), _ -> epoch, _ -> since, settled + 1, _ -> true);
    return Plan.of(
        term,
        cursors.of(TARGET),
        new Plan.Times(settled, NOW - 3_600_000, NOW - 20_000, 10, STRETCH));
  }

  private Plan.Work only(int slot) {
    Map<Plan.Work, BitSet> works = plan(slot).works();
    assertEquals(1, works.size());
    return works.keySet().iterator().next();
  }

  private void reached(Cursor cursor, int... slots) {
    cursors.put(TARGET, slots(slots), _ -> 1, cursor);
  }

  @Test
  void slotsInWhichATargetGotEquallyFarAreSentTogether() {
    reached(Cursor.at(NOW - 500), 1, 2, 3);
    reached(Cursor.at(NOW - 900), 4);
    Plan plan = plan(1, 2, 4);
    assertEquals(List.of(slots(4), slots(1, 2)), List.copyOf(plan.works().values()));
    for (Plan.Work work : plan.works().keySet()) {
      assertEquals(NOW, work.toMillis());
      assertFalse(work.isEverywhere());
    }
  }

  @Test
  void aStretchIsNotLongerThanItMayBe() {
    reached(Cursor.at(NOW - 1_000_000), 1);
    assertEquals(NOW - 1_000_000 + STRETCH.toMillis(), only(1).toMillis());
  }

  @Test
  void repeatsEndWhereSendingHadBegun() {
    reached(new Cursor(NOW - 900, NOW - 300), 1);
    Plan.Work work = only(1);
    assertEquals(NOW - 300, work.toMillis());
    assertEquals(new Cursor(NOW - 900, NOW - 300), work.begun());
    assertEquals(Cursor.at(NOW - 300), work.done());
  }

  @Test
  void aNewTargetBeginsWithWhatIsPushedSinceItIsHere() {
    assertEquals(Cursor.at(NOW - 20_001), only(1).from());
  }

  @Test
  void aNewLeaderReadsEverywhereWhatWasPushedBefore() {
    reached(Cursor.at(NOW - 60_000), 1);
    epoch = 2;
    since = NOW - 40_500;
    Plan.Work first = only(1);
    assertEquals(NOW - 40_000, first.toMillis(), "what the leader before may have sent");
    assertTrue(first.isEverywhere());
    cursors.put(TARGET, slots(1), _ -> 2, first.done());
    Plan.Work second = only(1);
    assertEquals(NOW - 35_000, second.toMillis(), "what the clocks may differ, and more");
    assertTrue(second.isEverywhere());
    cursors.put(TARGET, slots(1), _ -> 2, second.done());
    Plan.Work third = only(1);
    assertEquals(NOW, third.toMillis());
    assertFalse(third.isEverywhere());
  }

  /** Its own pushes have earlier times than those that were sent. */
  @Test
  void aNewLeaderPassesOverNothingThatItWasPushedWhereTheClockBeforeWasAhead() {
    reached(Cursor.at(NOW + 20_000), 1);
    epoch = 2;
    since = NOW - 700;
    Plan.Work work = only(1);
    assertEquals(NOW - 701, work.from().doneMillis());
    assertEquals(NOW + 20_000, work.from().begunMillis());
    assertEquals(NOW, work.toMillis());
    assertEquals(0, plan(1).backMillis());
  }

  @Test
  void aClockThatGoesBackIsToldAndTheTargetGoesOnFromNow() {
    reached(Cursor.at(NOW + 7_000), 1);
    assertEquals(7_000, plan(1).backMillis());
    assertEquals(Cursor.at(NOW - 11), only(1).from());
  }

  @Test
  void whatTheHistoryHasNoMoreIsToldAndPassedOver() {
    reached(Cursor.at(NOW - 3_601_000), 1);
    assertEquals(1_000, plan(1).lostMillis());
    assertEquals(NOW - 3_600_000, only(1).from().doneMillis());
  }

  @Test
  void whatIsSettledNotYetWaits() {
    reached(Cursor.at(NOW), 1);
    assertTrue(only(1).isNothing());
    assertTrue(plan(NOW, 2).works().keySet().stream().noneMatch(Plan.Work::isNothing));
  }
}
