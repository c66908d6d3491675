package io.silverback.cluster.agree;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.silverback.cluster.ClusterConfig;
import io.silverback.cluster.ClusterPorts;
import io.silverback.cluster.EpochFloor;
import io.silverback.cluster.EventCounts;
import io.silverback.cluster.HandPorts;
import io.silverback.cluster.HashRing;
import io.silverback.cluster.Member;
import io.silverback.cluster.Rule;
import io.silverback.cluster.SlotTable;
import io.silverback.cluster.TestViews;
import io.silverback.cluster.View;
import io.silverback.cluster.ViewLog.Agreed;
import io.silverback.cluster.message.PeerMessage.ProcessId;
import io.silverback.cluster.message.PeerMessage.Standing;
import io.silverback.cluster.message.Requests;
import io.silverback.cluster.repair.AntiEntropy;
import io.silverback.cluster.repair.TakeOver;
import io.silverback.cluster.slots.Led;
import io.silverback.cluster.slots.Shares;
import java.time.Duration;
import java.util.BitSet;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

final class ReadinessTest {
  private static final ClusterConfig CONFIG = ClusterConfig.standard(3);
  private static final List<Long> VOTERS = List.of(1L, 2L, 3L);

  private final Member a = TestViews.member("a", 1, 1);
  private final Member b = TestViews.member("b", 2, 2);
  private final Member c = TestViews.member("c", 3, 3);
  private final HandPorts hand = new HandPorts();
  private final Lease lease = new Lease(hand.time, Duration.ofDays(1));
  private final Led led = new Led(a, () -> 0);
  private final Shares shares = new Shares(CONFIG.replicationFactor());
  private Optional<TakeOver.Stuck> stuck = Optional.empty();
  private final Readiness readiness = readiness();

  /** Node {@code a} led nothing yet when it came back; the others lead half of the slots each. */
  private final View view = returned(5, 1);

  @Test
  void aNodeIsReadyOnceTheLogCountsItAndItsSlotsAreCopied() {
    hand.log.end = 40;
    enter(view);
    assertNotReady("log of the views");
    says(b, new Standing(5, true, 40, VOTERS, 0, 0));
    assertNotReady("from_node_id=c");
    says(c, new Standing(5, true, 0, List.of(), 0, 0));
    assertEquals(Optional.empty(), whyNot());
  }

  /** The outage of a rolling restart: the log on its disk is from before it was removed. */
  @Test
  void itsOwnOldLogDoesNotMakeItReady() {
    hand.log.libraryVoters = VOTERS;
    enter(view);
    says(b, new Standing(5, true, 40, List.of(2L, 3L), 0, 0));
    says(c, new Standing(5, true, 0, List.of(), 0, 0));
    assertNotReady("log of the views");
  }

  @Test
  void aDeadVoterThatTheLogStillCountsKeepsItUnready() {
    hand.log.end = 40;
    enter(view);
    says(b, new Standing(5, true, 40, List.of(1L, 2L, 3L, 4L), 0, 0));
    says(c, new Standing(5, true, 0, List.of(), 0, 0));
    assertNotReady("log of the views");
  }

  @Test
  void aLogThatIsBehindKeepsItUnready() {
    hand.log.end = 39;
    enter(view);
    says(b, new Standing(5, true, 40, VOTERS, 0, 0));
    says(c, new Standing(5, true, 0, List.of(), 0, 0));
    assertNotReady("log of the views");
    hand.log.end = 40;
    assertEquals(Optional.empty(), whyNot());
  }

  @Test
  void whatWasSaidOfAnotherViewDoesNotCount() {
    hand.log.end = 40;
    enter(view);
    says(b, new Standing(4, true, 40, VOTERS, 0, 0));
    says(c, new Standing(5, true, 0, List.of(), 0, 0));
    assertNotReady("log of the views");
    says(b, new Standing(5, true, 40, VOTERS, 0, 0));
    says(c, new Standing(4, true, 0, List.of(), 0, 0));
    assertNotReady("from_node_id=c");
  }

  @Test
  void aNodeOfWhichTheVoteIsMissingIsWaitedFor() {
    View two = ViewPlanner.with(ViewPlanner.first(7, List.of(a, b)), c);
    enter(two);
    says(b, new Standing(two.epoch(), true, 1, List.of(1L, 2L), 0, 0));
    assertNotReady("node_id=c");
  }

  @Test
  void itStaysReadyWhenAnotherNodeIsLost() {
    ready();
    View without = ViewPlanner.without(view, c, 0);
    enter(without);
    assertEquals(Optional.empty(), whyNot());
  }

  @Test
  void itIsNotReadyAnyMoreAfterItWasRemovedAndCameBack() {
    ready();
    // As it was cut off, it never heard of the view that was without it.
    enter(returned(7, 2));
    assertNotReady("log of the views");
  }

  @Test
  void aLoneNodeIsReady() {
    View alone = ViewPlanner.first(7, List.of(a));
    hand.log.end = 1;
    hand.log.agreed = Optional.of(new Agreed(1, List.of(1L)));
    enter(alone);
    assertNotReady("taken over");
    led.takeOver(led.pending());
    assertEquals(Optional.empty(), whyNot());
  }

  @Test
  void aNodeThatCannotStoreWhatItIsToLeadIsNotReadyUntilItCan() {
    ready();
    var slots = new BitSet();
    slots.set(3, 8);
    stuck = Optional.of(new TakeOver.Stuck(slots, "the disk is full"));
    assertNotReady("slots=5 reason=the disk is full");
    stuck = Optional.empty();
    assertEquals(Optional.empty(), whyNot());
  }

  private View returned(long epoch, int returns) {
    SlotTable slots =
        SlotTable.EMPTY.with(3, slot -> Optional.of(slot < HashRing.SLOTS / 2 ? b : c));
    return new View(
        epoch,
        7,
        List.of(
            new View.Seat(a, true, false, returns),
            new View.Seat(b, true, true, 0),
            new View.Seat(c, true, true, 0)),
        List.of(),
        slots);
  }

  private Readiness readiness() {
    ClusterPorts ports = hand.ports();
    var off = EnumSet.noneOf(Rule.class);
    var antiEntropy =
        new AntiEntropy(
            a,
            ports,
            new Requests(hand.time, (_, _) -> false),
            led,
            shares,
            off,
            new EventCounts());
    return new Readiness(
        CONFIG,
        a,
        hand.log,
        lease,
        led,
        () -> stuck,
        shares,
        antiEntropy,
        new EpochFloor(),
        hand.time,
        off);
  }

  private void ready() {
    hand.log.end = 40;
    enter(view);
    says(b, new Standing(5, true, 40, VOTERS, 0, 0));
    says(c, new Standing(5, true, 0, List.of(), 0, 0));
    assertEquals(Optional.empty(), whyNot());
  }

  private View now = view;

  private void enter(View next) {
    now = next;
    lease.enter(next);
    long renewal = lease.renew();
    next.voters()
        .forEach(
            voter ->
                lease.granted(next, ProcessId.of(voter), next.epoch(), lease.digest(), renewal));
    led.enter(next);
    shares.enter(next);
    readiness.look(Optional.of(next));
  }

  private void says(Member member, Standing standing) {
    readiness.heard(ProcessId.of(member), standing);
  }

  private Optional<String> whyNot() {
    readiness.look(Optional.of(now));
    return readiness.whyNot(Optional.of(now), 0);
  }

  private void assertNotReady(String reason) {
    assertEquals(true, whyNot().orElse("ready").contains(reason), () -> "says: " + whyNot());
  }
}
