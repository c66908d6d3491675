package io.silverback.codec.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

final class GroupBoundsTest {
  private static final Stamp FIRST = stamp(1);
  private static final Stamp SECOND = stamp(2);
  private static final Stamp THIRD = stamp(3);

  @Test
  void aGroupExistsWhileAPushIsNewerThanItsDeletion() {
    assertFalse(GroupBounds.NEVER.exists());
    assertTrue(pushed(FIRST).exists());
    assertTrue(GroupBounds.ofFailure(FIRST).exists());
    assertFalse(pushed(FIRST).max(GroupBounds.ofDelete(SECOND.version())).exists());
    assertTrue(pushed(THIRD).max(GroupBounds.ofDelete(SECOND.version())).exists());
  }

  @Test
  void theLastPushIsTheOneThatWasTakenUnlessAllOfThemWereDeleted() {
    GroupBounds bounds = pushed(FIRST).max(GroupBounds.ofFailure(THIRD));
    assertEquals(FIRST, bounds.lastPush());
    assertEquals(THIRD, bounds.max(GroupBounds.ofDelete(SECOND.version())).lastPush());
  }

  @Test
  void timesFromBeforeADeletionAreNotShown() {
    GroupBounds bounds =
        pushed(FIRST).max(GroupBounds.ofFailure(THIRD)).max(GroupBounds.ofDelete(SECOND.version()));
    assertEquals(0, bounds.pushMillis());
    assertEquals(THIRD.wallMillis(), bounds.failureMillis());
  }

  @Test
  void aGroupIsStaleUntilItsNextPush() {
    GroupBounds bounds = pushed(FIRST).max(GroupBounds.ofExpiry(new Expiry(SECOND, true)));
    assertTrue(bounds.isStale());
    assertFalse(bounds.max(pushed(THIRD)).isStale());
    assertFalse(bounds.max(GroupBounds.ofDelete(THIRD.version())).isStale());
  }

  @Test
  void aPutHidesWhatIsOlderAndKeepsWhatItBrings() {
    GroupBounds put = GroupBounds.NEVER.ofPush(SECOND, true);
    assertFalse(put.isVisible(FIRST.version()));
    assertTrue(put.isVisible(SECOND.version()));
    assertTrue(GroupBounds.NEVER.ofPush(SECOND, false).isVisible(FIRST.version()));
  }

  @Test
  void aDeleteAndAnExpiryHideTheirOwnVersionToo() {
    assertFalse(GroupBounds.ofDelete(FIRST.version()).isVisible(FIRST.version()));
    assertFalse(GroupBounds.ofExpiry(new Expiry(FIRST, false)).isVisible(FIRST.version()));
  }

  @Test
  void aPushContinuesTheRhythmUnlessADeletionCameBetween() {
    GroupBounds twice = pushed(FIRST).max(pushed(FIRST).ofPush(SECOND, false));
    assertEquals(new PushRhythm(2, 1_000, 0), twice.rhythm());
    GroupBounds deleted = twice.max(GroupBounds.ofDelete(stamp(3).version()));
    assertEquals(PushRhythm.FIRST, deleted.ofPush(stamp(4), false).rhythm());
    // A restore without a push lets the group exist and brings no rhythm of its own.
    GroupBounds restored = deleted.max(GroupBounds.ofFailure(stamp(4)));
    assertEquals(PushRhythm.FIRST, restored.ofPush(stamp(5), false).rhythm());
  }

  @Test
  void theNewestIsThatOfAnyBound() {
    for (GroupBounds bounds : samples(FIRST)) {
      assertEquals(FIRST.version(), bounds.newest());
      for (GroupBounds newer : samples(SECOND)) {
        assertEquals(SECOND.version(), bounds.max(newer).newest());
      }
    }
    assertEquals(Version.NEVER, GroupBounds.NEVER.newest());
  }

  @Test
  void theOrderInWhichBoundsMeetMakesNoDifference() {
    var all = new ArrayList<GroupBounds>(samples(FIRST));
    all.addAll(samples(SECOND));
    all.add(GroupBounds.NEVER);
    for (GroupBounds one : all) {
      assertEquals(one, one.max(one));
      for (GroupBounds other : all) {
        GroupBounds both = one.max(other);
        assertEquals(both, other.max(one));
        assertTrue(both.knowsAllOf(one) && both.knowsAllOf(other));
        assertEquals(both.equals(one), one.knowsAllOf(other));
        for (GroupBounds third : all) {
          assertEquals(both.max(third), one.max(other.max(third)));
        }
      }
    }
  }

  private static List<GroupBounds> samples(Stamp at) {
    return List.of(
        GroupBounds.ofDelete(at.version()),
        GroupBounds.ofExpiry(new Expiry(at, false)),
        GroupBounds.ofFailure(at),
        GroupBounds.NEVER.ofPush(at, true),
        pushed(at));
  }

  private static GroupBounds pushed(Stamp at) {
    return GroupBounds.NEVER.ofPush(at, false);
  }

  private static Stamp stamp(int clock) {
    return new Stamp(new Version(1, clock, 1), 1_000L * clock);
  }
}
