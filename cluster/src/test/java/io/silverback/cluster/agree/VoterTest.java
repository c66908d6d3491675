package io.silverback.cluster.agree;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.silverback.cluster.HandTime;
import io.silverback.cluster.Member;
import io.silverback.cluster.TestViews;
import io.silverback.cluster.View;
import io.silverback.cluster.message.PeerMessage.ProcessId;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

final class VoterTest {
  /** A lease and a tenth. */
  private static final long CAUTION = 2_200;

  private final Member self = TestViews.member("self", 1, 1);
  private final Member other = TestViews.member("other", 2, 2);
  private final Member learner = TestViews.member("learner", 3, 3);
  private final ProcessId otherId = ProcessId.of(other);
  private final View view = TestViews.view(5, 7, List.of(self, other), learner);
  private final View without = ViewPlanner.without(view, other, 0);
  private final HandTime time = new HandTime();
  private final Voter voter = new Voter(time, Duration.ofSeconds(2));

  @Test
  void grantsNothingForALeaseAndATenthAfterItsStart() {
    time.pass(CAUTION - 1);
    assertFalse(grants(view, other));
    time.pass(1);
    assertTrue(grants(view, other));
  }

  @Test
  void reportsNothingForALeaseAndATenthAfterItsStart() {
    voter.enter(without);
    time.pass(CAUTION - 1);
    assertEquals(List.of(), voter.lapsed());
    time.pass(1);
    assertEquals(List.of(otherId), voter.lapsed());
  }

  @Test
  void grantsAndReportsNothingForALeaseAndATenthAfterItStoodStill() {
    time.pass(10_000);
    voter.enter(without);
    assertEquals(List.of(otherId), voter.lapsed());
    voter.stoodStill();
    time.pass(CAUTION - 1);
    assertFalse(grants(without, learner));
    assertEquals(List.of(), voter.lapsed());
    time.pass(1);
    assertTrue(grants(without, learner));
    assertEquals(List.of(otherId), voter.lapsed());
  }

  @Test
  void grantsToMembersOnlyAndOnlyIfItVotes() {
    time.pass(CAUTION);
    assertTrue(grants(view, learner));
    assertTrue(grants(view, self));
    assertFalse(grants(view, TestViews.member("other", 22, 2)));
    assertFalse(grants(view, TestViews.member("stranger", 4, 4)));
    assertFalse(grants(without, other));
    assertFalse(voter.grant(view, learner, otherId));
  }

  @Test
  void reportsAMemberOnlyALeaseAndATenthAfterItsOwnLastGrant() {
    time.pass(10_000);
    assertTrue(grants(view, other));
    time.pass(500);
    assertTrue(grants(view, other));
    time.pass(1_000);
    voter.enter(without);
    time.pass(CAUTION - 1_001);
    assertEquals(List.of(), voter.lapsed());
    time.pass(1);
    assertEquals(List.of(otherId), voter.lapsed());
  }

  @Test
  void aViewThatIsToldAgainDoesNotBeginTheWaitAnew() {
    time.pass(10_000);
    assertTrue(grants(view, other));
    voter.enter(without);
    time.pass(CAUTION / 2);
    voter.enter(ViewPlanner.withVoter(without, learner));
    time.pass(CAUTION / 2);
    assertEquals(List.of(otherId), voter.lapsed());
  }

  @Test
  void reportsAMemberAtOnceThatItGrantedNothing() {
    time.pass(CAUTION);
    voter.enter(without);
    assertEquals(List.of(otherId), voter.lapsed());
  }

  /** Its clock may have stood still with it. */
  @Test
  void grantsOfBeforeItStoodStillCountFromThenOn() {
    time.pass(10_000);
    assertTrue(grants(view, other));
    time.pass(1_000);
    voter.stoodStill();
    voter.enter(without);
    time.pass(CAUTION - 1);
    assertEquals(List.of(), voter.lapsed());
    time.pass(1);
    assertEquals(List.of(otherId), voter.lapsed());
  }

  @Test
  void aMemberThatSaidFarewellIsReportedAtOnceAndGrantedNothing() {
    time.pass(10_000);
    assertTrue(grants(view, other));
    voter.released(otherId);
    assertFalse(grants(view, other));
    assertEquals(List.of(), voter.lapsed());
    voter.enter(without);
    assertEquals(List.of(otherId), voter.lapsed());
  }

  @Test
  void aMemberThatSaysFarewellAfterItsRemovalIsReportedAtOnce() {
    time.pass(10_000);
    assertTrue(grants(view, other));
    voter.enter(without);
    assertEquals(List.of(), voter.lapsed());
    voter.released(otherId);
    assertEquals(List.of(otherId), voter.lapsed());
  }

  @Test
  void onlyTheProcessThatSaidFarewellIsReleased() {
    time.pass(10_000);
    assertTrue(grants(view, other));
    voter.released(new ProcessId("other", 22));
    voter.enter(without);
    assertEquals(List.of(), voter.lapsed());
  }

  /** What it held before its first removal says nothing of what it was granted since. */
  @Test
  void aProcessThatCameBackAndGoesAgainIsReportedOnlyAfterItsNewestGrant() {
    time.pass(10_000);
    voter.enter(without);
    assertEquals(List.of(otherId), voter.lapsed());
    View again = ViewPlanner.with(without, other);
    voter.enter(again);
    assertTrue(grants(again, other));
    voter.enter(ViewPlanner.without(again, other, 0));
    time.pass(CAUTION - 1);
    assertEquals(List.of(), voter.lapsed());
    time.pass(1);
    assertEquals(List.of(otherId), voter.lapsed());
  }

  /** Its slots wait for that, whether it is a member again or not. */
  @Test
  void aProcessThatCameBackIsStillReportedForItsRemoval() {
    time.pass(10_000);
    assertTrue(grants(view, other));
    voter.enter(without);
    View again = ViewPlanner.with(without, other);
    voter.enter(again);
    assertTrue(grants(again, other));
    time.pass(CAUTION);
    assertTrue(grants(again, other));
    assertEquals(List.of(otherId), voter.lapsed());
  }

  @Test
  void reportsNobodyThatTheViewHasForgotten() {
    time.pass(10_000);
    voter.enter(without);
    voter.enter(ViewPlanner.forgetting(without, without.removed()));
    assertEquals(List.of(), voter.lapsed());
  }

  private boolean grants(View to, Member member) {
    return voter.grant(to, self, ProcessId.of(member));
  }
}
