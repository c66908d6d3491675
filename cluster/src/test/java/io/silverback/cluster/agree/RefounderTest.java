package io.silverback.cluster.agree;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.silverback.cluster.ClusterConfig;
import io.silverback.cluster.ClusterPorts;
import io.silverback.cluster.GiveUpOutcome;
import io.silverback.cluster.HandPorts;
import io.silverback.cluster.Member;
import io.silverback.cluster.Rule;
import io.silverback.cluster.TestViews;
import io.silverback.cluster.View;
import io.silverback.cluster.message.PeerMessage;
import io.silverback.cluster.message.PeerMessage.ProcessId;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

final class RefounderTest {
  private static final int TICK = 200;

  private final HandPorts hand = new HandPorts();
  private final ClusterPorts ports = hand.ports();
  private final Member a = TestViews.member("a", 1, 1);
  private final Member b = TestViews.member("b", 2, 2);
  private final Member c = TestViews.member("c", 3, 3);
  private final ClusterConfig config = ClusterConfig.standard(2);
  private final Lease lease = new Lease(ports.clock(), config.lease());
  private final Voter voter = new Voter(ports.clock(), config.lease());
  private final Peers peers = new Peers(ports.clock());
  private final Refounder refounder =
      new Refounder(
          config,
          a,
          ports,
          lease,
          voter,
          peers,
          (_, _, after) -> isComparedAfter(after),
          EnumSet.noneOf(Rule.class));
  private View view = TestViews.view(4, 7, List.of(a, b));

  /** When the other one last said that all is here; empty if it says so all the time. */
  private OptionalLong comparedNanos = OptionalLong.empty();

  @Test
  void oneOfTwoGoesOnAloneOnceBothDoorsRefusedForALease() {
    lapse();
    refuse(b.webAddress(), b.peerAddress());
    pass(2_000);
    assertEquals(List.of(), hand.log.refounded);
    pass(1_000);
    View again = hand.log.refounded.getFirst();
    assertEquals(List.of(a), again.members());
    assertEquals(1, again.refoundings());
    // It is asked for again until it is there, and is the same.
    pass(1_000);
    assertTrue(hand.log.refounded.size() > 2);
    assertTrue(hand.log.refounded.stream().allMatch(again::equals));
  }

  /** Each lasts for a lease, so that one after the other would take twice as long. */
  @Test
  void theDoorsAreTriedWhileTheOwnLeaseStillRuns() {
    hold();
    refuse(b.webAddress(), b.peerAddress());
    pass(TICK);
    refounder.hungUp(view, ProcessId.of(b));
    pass(2_200);
    assertEquals(List.of(), hand.log.refounded);
    pass(2 * TICK);
    assertEquals(List.of(a), hand.log.refounded.getFirst().members());
  }

  /** What a lease is granted for does not end because a door is shut. */
  @Test
  void nothingIsDecidedWhileTheOwnLeaseRuns() {
    hold();
    refuse(b.webAddress(), b.peerAddress());
    for (int i = 0; i < 20; i++) {
      renew();
      pass(TICK);
    }
    assertTrue(peers.silenceNanos(b) >= 4_000_000_000L);
    assertEquals(List.of(), hand.log.refounded);
  }

  @Test
  void nothingIsDecidedWhileTheOtherMayHoldWhatItWasGranted() {
    hold();
    refuse(b.webAddress(), b.peerAddress());
    for (int i = 0; i < 20; i++) {
      assertTrue(voter.grant(view, a, ProcessId.of(b)));
      pass(TICK);
    }
    assertEquals(List.of(), hand.log.refounded);
    pass(2_600);
    assertFalse(hand.log.refounded.isEmpty());
  }

  /** As where something in between turns new connections away, and lets those go on that are. */
  @Test
  void refusalsWhileTheOtherIsHeardDoNotCount() {
    hold();
    refuse(b.webAddress(), b.peerAddress());
    for (int i = 0; i < 10; i++) {
      hear(b);
      refounder.hungUp(view, ProcessId.of(b));
      pass(TICK);
    }
    pass(2_000);
    assertEquals(List.of(), hand.log.refounded);
    pass(1_000);
    assertFalse(hand.log.refounded.isEmpty());
  }

  @Test
  void aNewViewBeginsTheLeaseAnew() {
    lapse();
    refuse(b.webAddress(), b.peerAddress());
    pass(1_000);
    enter(TestViews.view(5, 7, List.of(a, b)));
    pass(2_000);
    assertEquals(List.of(), hand.log.refounded);
    pass(1_000);
    assertFalse(hand.log.refounded.isEmpty());
  }

  @Test
  void oneDoorIsNotEnough() {
    lapse();
    refuse(b.peerAddress());
    pass(20_000);
    assertEquals(List.of(), hand.log.refounded);
    hand.refusing.clear();
    refuse(b.webAddress());
    pass(20_000);
    assertEquals(List.of(), hand.log.refounded);
  }

  @Test
  void anyOtherAnswerBeginsTheLeaseAnew() {
    lapse();
    refuse(b.webAddress(), b.peerAddress());
    pass(1_000);
    hand.refusing.remove(b.webAddress());
    pass(TICK);
    refuse(b.webAddress());
    pass(2_000);
    assertEquals(List.of(), hand.log.refounded);
    pass(1_000);
    assertFalse(hand.log.refounded.isEmpty());
  }

  @Test
  void whoIsHeardIsNotDead() {
    lapse();
    refuse(b.webAddress(), b.peerAddress());
    for (int i = 0; i < 20; i++) {
      hear(b);
      pass(400);
    }
    assertEquals(List.of(), hand.log.refounded);
  }

  /** Its store may be old, and the other one may have gone on alone. */
  @Test
  void aProcessThatNeverHeldALeaseWithTheOtherDecidesNothing() {
    enter(view);
    refuse(b.webAddress(), b.peerAddress());
    pass(20_000);
    assertEquals(List.of(), hand.log.refounded);
  }

  @Test
  void aLeaseWithAnEarlierStartOfTheOtherIsNone() {
    lapse();
    Member later = TestViews.member("b", 22, 2);
    enter(TestViews.view(5, 7, List.of(a, later)));
    refuse(b.webAddress(), b.peerAddress());
    pass(20_000);
    assertEquals(List.of(), hand.log.refounded);
  }

  @Test
  void whatMayBeAgreedOnDecidesAndNotWhatIsKnown() {
    lapse();
    hand.log.newestOfTwo = Optional.of(TestViews.view(5, 7, List.of(a, b, c)));
    refuse(b.webAddress(), b.peerAddress());
    pass(20_000);
    assertEquals(List.of(), hand.log.refounded);
    hand.log.newestOfTwo = Optional.of(TestViews.view(5, 7, List.of(a, b), c));
    pass(TICK);
    assertEquals(List.of(a, c), hand.log.refounded.getFirst().members());
  }

  /** Its port is theirs now, so it is gone, and what came has nothing to vote with. */
  @Test
  void aStartWithoutFilesAtTheSameAddressesProvesThatTheOneBeforeIsDead() {
    lapse();
    Member later = TestViews.member("b", 22, 222);
    for (int i = 0; i < 20; i++) {
      hear(later);
      pass(400);
    }
    assertEquals(List.of(a), hand.log.refounded.getFirst().members());
  }

  /** It has a vote, and may speak for itself until both agree on its seat. */
  @Test
  void aStartWithTheFilesAtTheSameAddressesIsWaitedFor() {
    lapse();
    Member later = TestViews.member("b", 22, 2);
    for (int i = 0; i < 20; i++) {
      hear(later);
      pass(400);
    }
    assertEquals(List.of(), hand.log.refounded);
  }

  /** It may have taken pushes by itself, and come back with them. */
  @Test
  void oneThatLivedOnWithoutALeaseIsWaitedFor() {
    lapse();
    pass(2_000);
    refuse(b.webAddress(), b.peerAddress());
    pass(59_000);
    assertEquals(List.of(), hand.log.refounded);
    pass(2_000);
    assertEquals(List.of(a), hand.log.refounded.getFirst().members());
  }

  @Test
  void oneThatLivedOnWithoutALeaseAndCameBackWithoutItsFilesIsNotWaitedFor() {
    lapse();
    pass(2_000);
    Member later = TestViews.member("b", 22, 222);
    for (int i = 0; i < 8; i++) {
      hear(later);
      pass(400);
    }
    assertEquals(List.of(a), hand.log.refounded.getFirst().members());
  }

  /** What it took by itself during the cut may not be here yet. */
  @Test
  void oneThatDiesBeforeAllIsComparedAfterACutIsWaitedFor() {
    hold();
    comparedNanos = OptionalLong.of(ports.clock().nanoTime());
    pass(10_000);
    hear(b);
    renew();
    refuse(b.webAddress(), b.peerAddress());
    pass(60_000);
    assertEquals(List.of(), hand.log.refounded);
    pass(3_000);
    assertEquals(List.of(a), hand.log.refounded.getFirst().members());
  }

  @Test
  void oneThatDiesOnceAllIsComparedAfterACutIsNotWaitedFor() {
    hold();
    pass(10_000);
    hear(b);
    renew();
    comparedNanos = OptionalLong.of(ports.clock().nanoTime());
    pass(TICK);
    refuse(b.webAddress(), b.peerAddress());
    pass(3_000);
    assertEquals(List.of(a), hand.log.refounded.getFirst().members());
  }

  /** It may be up again, and cut off: attempts that are not answered refuse nothing. */
  @Test
  void refusalsThatEndedAWhileAgoDoNotCount() {
    hold();
    refuse(b.webAddress(), b.peerAddress());
    for (int i = 0; i < 20; i++) {
      assertTrue(voter.grant(view, a, ProcessId.of(b)));
      pass(TICK);
    }
    hand.unanswered = true;
    pass(10_000);
    assertEquals(List.of(), hand.log.refounded);
  }

  @Test
  void nobodyIsGrantedALeaseByOneThatHasDecided() {
    voter.enter(view);
    pass(5_000);
    assertTrue(voter.grant(view, a, ProcessId.of(b)));
    lapse();
    refuse(b.webAddress(), b.peerAddress());
    pass(4_000);
    assertFalse(voter.grant(view, a, ProcessId.of(a)));
    voter.enter(hand.log.refounded.getFirst());
    assertTrue(voter.grant(hand.log.refounded.getFirst(), a, ProcessId.of(a)));
  }

  @Test
  void operatorsGiveUpEachVoterThatIsNotHeard() {
    Member d = TestViews.member("d", 4, 4);
    Member e = TestViews.member("e", 5, 5);
    view = TestViews.view(4, 7, List.of(a, b, c, d, e));
    enter(view);
    hear(b);
    assertInstanceOf(GiveUpOutcome.Refused.class, refounder.giveUp(view, "b"));
    assertInstanceOf(GiveUpOutcome.Refused.class, refounder.giveUp(view, "x"));
    pass(2_400);
    hear(b);
    assertEquals(new GiveUpOutcome.Incomplete(List.of(d, e)), refounder.giveUp(view, "c"));
    assertEquals(new GiveUpOutcome.Incomplete(List.of(e)), refounder.giveUp(view, "d"));
    assertEquals(new GiveUpOutcome.Accepted(List.of(c, d, e)), refounder.giveUp(view, "e"));
    hear(b);
    pass(1_000);
    hear(b);
    pass(1_000);
    assertEquals(List.of(), hand.log.refounded);
    hear(b);
    pass(1_000);
    View again = hand.log.refounded.getFirst();
    assertEquals(List.of(a, b), again.members());
    assertEquals(List.of(a), again.voters());
  }

  /** All were down, and it is the only one whose disk is left. */
  @Test
  void aLaterStartOfAMemberCanGoOnInItsPlace() {
    Member before = TestViews.member("a", 11, 1);
    view = TestViews.view(4, 7, List.of(before, b, c));
    enter(view);
    pass(2_400);
    refounder.giveUp(view, "b");
    assertEquals(new GiveUpOutcome.Accepted(List.of(b, c)), refounder.giveUp(view, "c"));
    pass(3_000);
    assertEquals(List.of(a), hand.log.refounded.getFirst().members());
    assertEquals(List.of(a), hand.log.refounded.getFirst().voters());
  }

  @Test
  void oneThatIsHeardAgainIsGivenUpNoMore() {
    view = TestViews.view(4, 7, List.of(a, b, c));
    enter(view);
    pass(2_400);
    refounder.giveUp(view, "b");
    refounder.giveUp(view, "c");
    hear(b);
    pass(10_000);
    assertEquals(List.of(), hand.log.refounded);
  }

  @Test
  void aMajorityThatIsHeardNeedsNoForce() {
    view = TestViews.view(4, 7, List.of(a, b, c));
    enter(view);
    pass(2_400);
    hear(b);
    assertInstanceOf(GiveUpOutcome.Refused.class, refounder.giveUp(view, "c"));
  }

  private boolean isComparedAfter(OptionalLong nanos) {
    return nanos.isEmpty() || comparedNanos.stream().allMatch(at -> at - nanos.getAsLong() > 0);
  }

  private void enter(View next) {
    view = next;
    hand.log.newestOfTwo = Optional.of(next);
    lease.enter(next);
    refounder.enter(next);
  }

  /** Both vote, this one holds a lease, and loses it. */
  private void lapse() {
    enter(view);
    renew();
    refounder.tick(view);
    hand.time.pass(2_001);
    assertTrue(lease.lapse());
  }

  /** Both vote, this one may grant leases by now, and holds one. */
  private void hold() {
    enter(view);
    hand.time.pass(3_000);
    hear(b);
    renew();
    refounder.tick(view);
  }

  private void renew() {
    long renewal = lease.renew();
    lease.granted(view, ProcessId.of(a), view.epoch(), lease.digest(), renewal);
    lease.granted(view, ProcessId.of(b), view.epoch(), lease.digest(), renewal);
    assertTrue(lease.holds());
  }

  private void refuse(String... addresses) {
    hand.refusing.addAll(List.of(addresses));
  }

  private void hear(Member member) {
    peers.heard(new PeerMessage.Heartbeat(member, 7, 4, 1, 1), 2_000_000_000L);
  }

  private void pass(int millis) {
    for (int passed = 0; passed < millis; passed += TICK) {
      refounder.tick(view);
      hand.time.pass(TICK);
    }
  }
}
