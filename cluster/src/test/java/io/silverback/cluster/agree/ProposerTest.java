package io.silverback.cluster.agree;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.silverback.cluster.CapturedLines;
import io.silverback.cluster.ClusterConfig;
import io.silverback.cluster.EpochFloor;
import io.silverback.cluster.HandPorts;
import io.silverback.cluster.HashRing;
import io.silverback.cluster.Member;
import io.silverback.cluster.Rule;
import io.silverback.cluster.TestViews;
import io.silverback.cluster.View;
import io.silverback.cluster.View.Seat;
import io.silverback.cluster.Wish;
import io.silverback.cluster.message.PeerMessage;
import io.silverback.cluster.message.PeerMessage.Heartbeat;
import io.silverback.cluster.message.PeerMessage.ProcessId;
import io.silverback.cluster.repair.Room;
import io.silverback.cluster.simulation.SimWorld;
import io.silverback.cluster.slots.LapseBoard;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.LongStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What the next view is. A lease is two seconds, a tick comes each 200 milliseconds.
 *
 * <p>Longer than other classes: all cases share the world below.
 */
final class ProposerTest {
  private static final long LEASE = 2_000;

  private final HandPorts world = new HandPorts();
  private final List<View> proposed = world.log.proposed;
  private final Peers peers = new Peers(world.time);
  private final LapseBoard board = new LapseBoard();
  private final EpochFloor epochs = new EpochFloor();
  private final Member self = node(1);
  private final Room room =
      new Room(
          ClusterConfig.standard(3),
          self,
          world.ports(),
          Optional::empty,
          (_, _) -> true,
          EnumSet.noneOf(Rule.class));
  private final Proposer proposer =
      new Proposer(ClusterConfig.standard(3), self, world.ports(), peers, board, epochs, room);
  private View view =
      ViewPlanner.first(7, LongStream.rangeClosed(1, 5).mapToObj(ProposerTest::node).toList());

  @BeforeEach
  void enterFirst() {
    proposer.enter(view);
  }

  @Test
  void asLongAsAllAreHeardNothingChanges() {
    live(10_000, 2, 3, 4, 5);
    assertEquals(List.of(), proposed);
    assertTrue(world.log.reconciled > 0);
  }

  /** Or a copy of the files of one that lives could vote in its place. */
  @Test
  void theLogKnowsWhoIsHeardAlsoWhereNothingIsProposed() {
    world.log.isProposer = false;
    live(LEASE, 2, 3);
    assertEquals(Set.of(node(1), node(2), node(3)), Set.copyOf(world.log.heard));
    live(LEASE, 2);
    assertEquals(Set.of(node(1), node(2)), Set.copyOf(world.log.heard));
  }

  @Test
  void aMemberThatIsSilentForALeaseIsLeftOut() {
    live(5_000, 2, 3, 4, 5);
    live(LEASE - 200, 2, 3, 4);
    assertEquals(List.of(), proposed);
    live(200, 2, 3, 4);
    assertEquals(List.of(ViewPlanner.without(view, node(5), now())), proposed);
  }

  @Test
  void onlyTheOneThatShouldProposes() {
    world.log.isProposer = false;
    live(5_000, 2, 3);
    assertEquals(List.of(), proposed);
    assertEquals(0, world.log.reconciled);
  }

  @Test
  void whoLeadsTheLogProposesThoughTheViewIsWithoutIt() {
    enter(TestViews.view(2, 7, List.of(node(2), node(3), node(4))));
    proposer.leaves(self);
    live(5_000, 2, 3);
    assertEquals(List.of(node(2), node(3)), proposed.getFirst().members());
  }

  @Test
  void whoLeadsTheLogAdmitsItselfBeforeASilentOneGoes() {
    enter(TestViews.view(2, 7, List.of(node(2), node(3), node(4))));
    live(5_000, 2, 3);
    assertEquals(List.of(node(2), node(3), node(4), self), proposed.getFirst().members());
  }

  @Test
  void whoHearsNoMajorityOfTheVotersLeavesNobodyOut() {
    enter(TestViews.view(2, 7, List.of(self, node(2)), node(3)));
    live(5_000, 2, 3);
    live(3 * LEASE);
    assertTrue(proposed.stream().allMatch(next -> next.members().equals(view.members())));
    live(LEASE, 2);
    assertEquals(List.of(self, node(2)), proposed.getLast().members());
  }

  @Test
  void theLastVoterIsNotLeftOut() {
    enter(TestViews.view(2, 7, List.of(node(2)), self, node(3)));
    live(1_000, 2, 3);
    proposer.leaves(node(2));
    live(1_000, 2, 3);
    assertTrue(proposed.stream().allMatch(view -> view.has(node(2))), proposed::toString);
  }

  @Test
  void aProposalThatIsLostIsMadeAgainAfterHalfALease() {
    live(5_000, 2, 3, 4, 5);
    live(LEASE, 2, 3, 4);
    live(LEASE / 2 - 200, 2, 3, 4);
    assertEquals(1, proposed.size());
    live(200, 2, 3, 4);
    assertEquals(2, proposed.size());
  }

  @Test
  void whoSaidFarewellIsLeftOutAtOnce() {
    live(5_000, 2, 3, 4, 5);
    proposer.leaves(node(4));
    live(200, 2, 3, 4, 5);
    assertEquals(List.of(ViewPlanner.leaving(view, node(4), now())), proposed);
  }

  /** Else a few planned restarts in a row would keep a node from leading for half an hour. */
  @Test
  void whoSaidFarewellMayLeadAtOnceWhenItComesBack() {
    live(5_000, 2, 3, 4, 5);
    proposer.leaves(node(4));
    live(200, 2, 3, 4, 5);
    accept();
    live(5_000, 2, 3, 5);
    Member back = TestViews.member("n4", 44, 4);
    View next = ViewPlanner.with(view, back);
    assertTrue(next.seatOf(back).map(Seat::mayLead).orElseThrow());
  }

  @Test
  void theVotersChangeAtMostOnceInALease() {
    live(5_000, 2, 3, 4, 5);
    live(LEASE + 200, 2, 3);
    accept();
    assertEquals(4, view.voters().size());
    live(LEASE, 2, 3);
    assertEquals(List.of(), proposed);
    live(LEASE / 10 + 400, 2, 3);
    accept();
    assertEquals(List.of(self, node(2), node(3)), view.voters());
  }

  @Test
  void votersChangeOnlyOnceAMajorityKnowsOfTheLastChange() {
    live(5_000, 2, 3, 4, 5);
    View known = view;
    enter(ViewPlanner.withLeader(view, node(2)));
    for (int i = 0; i < 50; i++) {
      beat(known.epoch(), 2, 3, 4);
      tick();
    }
    assertEquals(List.of(), proposed);
    live(200, 2, 3);
    assertEquals(List.of(ViewPlanner.without(view, node(5), now())), proposed);
  }

  @Test
  void whoDoesNotVoteIsLeftOutWhateverTheVotersKnow() {
    enter(ViewPlanner.with(view, node(6)));
    for (long passed = 0; passed <= LEASE; passed += 200) {
      beat(1, 2, 3, 4, 5);
      tick();
    }
    assertEquals(List.of(ViewPlanner.without(view, node(6), now())), proposed);
  }

  @Test
  void aNewcomerIsAdmittedOnceItIsHeard() {
    live(200, 2, 3, 4, 5, 6);
    assertEquals(List.of(ViewPlanner.with(view, node(6))), proposed);
  }

  @Test
  void aNewcomerIsAdmittedBeforeASilentOneGoes() {
    live(LEASE, 2, 3, 4);
    live(200, 2, 3, 4, 6);
    assertEquals(List.of(ViewPlanner.with(view, node(6))), proposed);
  }

  @Test
  void aSecondNodeOfTheNameOfAMemberIsNotAdmitted() {
    Member twin = TestViews.member("n5", 55, 55);
    for (int i = 0; i < 25; i++) {
      peers.heard(new Heartbeat(twin, 0, 0, 1, 0), LEASE * SimWorld.MILLI);
      live(200, 2, 3, 4, 5);
    }
    assertEquals(List.of(), proposed);
  }

  @Test
  void aSilentMemberGoesSoonerForANodeOfItsNameWithOtherFiles() {
    Member twin = TestViews.member("n5", 55, 55);
    live(5_000, 2, 3, 4, 5);
    for (int i = 0; i < 5; i++) {
      peers.heard(new Heartbeat(twin, 0, 0, 1, 0), LEASE * SimWorld.MILLI);
      live(200, 2, 3, 4);
    }
    assertEquals(List.of(ViewPlanner.without(view, node(5), now())), proposed);
  }

  @Test
  void aLaterProcessWithTheSameFilesGetsTheSeatOfOneThatHasEnded() {
    live(400, 2, 3, 4, 5);
    live(LEASE / 2, 2, 3, 4);
    Member again = TestViews.member("n5", 55, 5);
    beat(0, again);
    live(200, 2, 3, 4);
    assertEquals(List.of(ViewPlanner.replacing(view, node(5), again, now())), proposed);
  }

  @Test
  void aLaterProcessGetsTheSeatOfOneThatLeftAtOnce() {
    live(400, 2, 3, 4, 5);
    proposer.leaves(node(5));
    Member again = TestViews.member("n5", 55, 5);
    beat(0, again);
    live(200, 2, 3, 4);
    assertEquals(List.of(ViewPlanner.replacing(view, node(5), again, now())), proposed);
  }

  /** Or a clone of a disk, started under the name of the original, would take its place. */
  @ParameterizedTest
  @ValueSource(longs = {1, 5})
  void aCopyOfTheFilesOfAMemberThatLivesDoesNotGetItsSeat(long original) {
    Member copy = TestViews.member("n" + original, 55, original);
    live(400, 2, 3, 4, 5);
    for (int i = 0; i < 25; i++) {
      beat(0, copy);
      live(200, 2, 3, 4, 5);
    }
    assertEquals(List.of(), proposed);
  }

  /** As the one that proposes may be the original, which refuses the copy. */
  @ParameterizedTest
  @ValueSource(longs = {1, 5})
  void eachMemberTellsOfACopyOnceAndOfNoRestart(long original) {
    world.log.isProposer = false;
    Member other = TestViews.member("n" + original, 55, original);
    var log = new CapturedLines(Doubles.class.getName());
    try {
      live(400, 2, 3, 4, 5);
      for (int i = 0; i < 10; i++) {
        beat(0, other);
        live(200, 2, 3, 4);
      }
      assertEquals(original == 1 ? 1 : 0, log.lines("a second node has the name").size());
      for (int i = 0; i < 10; i++) {
        beat(0, other);
        live(200, 2, 3, 4, 5);
      }
      assertEquals(1, log.lines("a second node has the name").size());
    } finally {
      log.close();
    }
  }

  @Test
  void aMemberVotesOnlyOnceItKnowsTheView() {
    enter(TestViews.view(9, 7, List.of(self, node(2)), node(3)));
    for (int i = 0; i < 15; i++) {
      beat(9, 2);
      beat(8, 3);
      tick();
    }
    assertEquals(List.of(), proposed);
    live(200, 2, 3);
    assertEquals(List.of(ViewPlanner.withVoter(view, node(3))), proposed);
  }

  @Test
  void whoHasTheStoreIdOfAnotherMemberIsNotAdmitted() {
    enter(TestViews.view(9, 7, List.of(self, node(2), node(3))));
    Member clone = TestViews.member("clone", 77, node(3).storeId());
    Member other = TestViews.member("other", 78, 78);
    for (Member newcomer : List.of(clone, other)) {
      proposed.clear();
      for (int i = 0; i < 5; i++) {
        beat(9, 2, 3);
        beat(9, newcomer);
        tick();
      }
      assertEquals(newcomer.equals(other), !proposed.isEmpty(), newcomer::toString);
    }
  }

  @Test
  void whoCameBackLeadsAfterAStabilityThatDoublesWithEachReturn() {
    for (int returns : new int[] {1, 2, 3, 7, 20}) {
      proposed.clear();
      enterWithReturns(returns);
      long stability = 30_000L << Math.min(returns - 1, 6);
      live(stability, 2, 3, 4, 5);
      assertEquals(List.of(), proposed, "returns=" + returns);
      live(200, 2, 3, 4, 5);
      assertEquals(List.of(ViewPlanner.withLeader(view, node(5))), proposed);
      enter(ViewPlanner.without(view, node(5), now()));
    }
  }

  @Test
  void aWishForADrainIsGrantedOnceAndTakenBack() {
    for (View.Drain drain : List.of(View.Drain.LEADERSHIP, View.Drain.ALL, View.Drain.NONE)) {
      var wish = new Wish.Drain("n5", drain);
      proposer.wish(view, wish);
      live(200, 2, 3, 4, 5);
      assertEquals(List.of(ViewPlanner.draining(view, node(5), drain)), proposed);
      accept();
      proposer.wish(view, wish);
      live(400, 2, 3, 4, 5);
      assertEquals(List.of(), proposed);
    }
  }

  /** One that is told to end while it is drained still is to hold nothing. */
  @Test
  void aDrainOfAllIsNotLoweredToOneOfLeadership() {
    enter(ViewPlanner.draining(view, node(5), View.Drain.ALL));
    proposer.wish(view, new Wish.Drain("n5", View.Drain.LEADERSHIP));
    live(400, 2, 3, 4, 5);
    assertEquals(List.of(), proposed);
  }

  @Test
  void aWishIsForgottenAfterAWhile() {
    world.log.isProposer = false;
    proposer.wish(view, new Wish.Drain("n5", View.Drain.ALL));
    live(10_400, 2, 3, 4, 5);
    world.log.isProposer = true;
    live(400, 2, 3, 4, 5);
    assertEquals(List.of(), proposed);
  }

  @Test
  void wishesForUnknownMembersAreNotKept() {
    for (int i = 0; i < 1_000; i++) {
      proposer.wish(view, new Wish.Drain("x" + i, View.Drain.ALL));
    }
    live(400, 2, 3, 4, 5);
    assertEquals(List.of(), proposed);
  }

  @Test
  void onlyAMemberThatIsNotHeardIsForgotten() {
    live(5_000, 2, 3, 4, 5);
    live(LEASE / 2 + 200, 2, 3, 4);
    proposer.wish(view, new Wish.Forget("n4"));
    proposer.wish(view, new Wish.Forget("n5"));
    live(200, 2, 3, 4);
    assertEquals(List.of(ViewPlanner.leaving(view, node(5), now())), proposed);
  }

  @Test
  void whoIsNewLeadsWhenItIsScrapedOrAfterFourStabilities() {
    enterWithReturns(0);
    live(119_800, 2, 3, 4, 5);
    assertEquals(List.of(), proposed);
    live(400, 2, 3, 4, 5);
    assertEquals(List.of(ViewPlanner.withLeader(view, node(5))), proposed);
    proposed.clear();
    enter(ViewPlanner.without(view, node(5), now()));
    enterWithReturns(0);
    proposer.wish(view, new Wish.Lead("n5"));
    live(200, 2, 3, 4, 5);
    assertEquals(List.of(ViewPlanner.withLeader(view, node(5))), proposed);
  }

  /** That it is scraped does not prove that it stays. */
  @Test
  void whoWasLostDoesNotLeadForBeingScraped() {
    enterWithReturns(1);
    proposer.wish(view, new Wish.Lead("n5"));
    live(400, 2, 3, 4, 5);
    assertEquals(List.of(), proposed);
    proposer.wish(view, new Wish.Rebalance());
    live(200, 2, 3, 4, 5);
    assertEquals(List.of(ViewPlanner.withAllLeaders(view)), proposed);
  }

  @Test
  void whatWasReleasedForThisViewIsHandedOverWithTheNext() {
    BitSet slots = view.slots().ledBy(node(2));
    release(view.epoch() - 1, slots);
    live(200, 2, 3, 4, 5);
    assertEquals(List.of(), proposed);
    release(view.epoch(), slots);
    live(200, 2, 3, 4, 5);
    View next = proposed.getLast();
    assertTrue(next.follows(view));
    assertEquals(0, next.slots().countOf(node(2)));
    slots.stream().forEach(slot -> assertTrue(next.slots().tenure(slot).handedOver()));
    accept();
    // It has lost them: what it said before says nothing of this view.
    live(3_000, 2, 3, 4, 5);
    assertEquals(List.of(), proposed);
  }

  private void release(long epoch, BitSet slots) {
    var share = new PeerMessage.Released.Share(ProcessId.of(node(3)), slots);
    proposer.released(ProcessId.of(node(2)), new PeerMessage.Released(epoch, List.of(share)));
  }

  /**
   * With the epochs of all slots, those of a member without room would move while it leads them.
   */
  @Test
  void whereEpochsAreRaisedNoSlotMoves() {
    room.heard(ProcessId.of(node(2)), new PeerMessage.Full(new BitSet()));
    enter(ViewPlanner.again(view));
    epochs.met(11, view.epoch());
    live(200, 2, 3, 4, 5);
    View next = proposed.getLast();
    assertEquals(view.epoch() + 1, next.epoch());
    for (Member member : view.members()) {
      assertEquals(view.slots().ledBy(member), next.slots().ledBy(member));
    }
  }

  private void enterWithReturns(int returns) {
    var seats = new ArrayList<>(view.seats());
    seats.removeIf(seat -> seat.member().equals(node(5)));
    seats.add(new Seat(node(5), true, false, returns));
    enter(new View(view.epoch() + 1, 7, seats, List.of(), view.slots()));
  }

  @Test
  void whoWasRemovedIsForgottenAfterTenMinutesIfItsLeaseIsOver() {
    enter(ViewPlanner.without(view, node(5), now()));
    live(600_200, 2, 3, 4);
    assertEquals(List.of(), proposed);
    for (int voter = 1; voter <= 3; voter++) {
      board.report(view, ProcessId.of(node(voter)), view.epoch(), List.of(ProcessId.of(node(5))));
    }
    live(200, 2, 3, 4);
    assertEquals(List.of(ViewPlanner.forgetting(view, view.removed())), proposed);
    assertFalse(proposed.getFirst().has(node(5)));
  }

  @Test
  void theListOfTheLibraryWaitsForASilentVoter() {
    live(5_000, 2, 3, 4, 5);
    world.time.pass(LEASE / 2);
    int before = world.log.reconciled;
    live(400, 2, 3, 4);
    assertEquals(before, world.log.reconciled);
  }

  /** The others, all of which know the view, are heard 200 ms before each tick of that time. */
  private void live(long millis, long... others) {
    for (long passed = 0; passed < millis; passed += 200) {
      beat(view.epoch(), others);
      tick();
    }
  }

  private void beat(long epoch, long... others) {
    for (long other : others) {
      beat(epoch, node(other));
    }
  }

  private void beat(long epoch, Member other) {
    peers.heard(new Heartbeat(other, 7, epoch, 1, 0), LEASE * SimWorld.MILLI);
  }

  private void tick() {
    world.time.pass(200);
    proposer.tick(view);
  }

  private void accept() {
    enter(proposed.getLast());
    proposed.clear();
  }

  @Test
  void aMemberThatIsFullGetsNoneOfTheSlotsOfALostOne() {
    BitSet before = view.slots().ledBy(node(2));
    live(LEASE + 400, 2, 3, 4);
    assertTrue(proposed.getLast().slots().countOf(node(2)) > before.cardinality());
    proposed.clear();
    for (int i = 0; i < 4; i++) {
      room.heard(ProcessId.of(node(2)), new PeerMessage.Full(new BitSet()));
      live(400, 2, 3, 4);
    }
    View next = proposed.getLast();
    assertEquals(before, next.slots().ledBy(node(2)));
    assertEquals(HashRing.SLOTS, next.members().stream().mapToInt(next.slots()::countOf).sum());
  }

  @Test
  void slotsThatWaitForRoomGoToAnotherMember() {
    BitSet before = view.slots().ledBy(node(2));
    var waiting = new BitSet();
    before.stream().limit(10).forEach(waiting::set);
    room.heard(ProcessId.of(node(2)), new PeerMessage.Full(waiting));
    live(200, 2, 3, 4, 5);
    View next = proposed.getLast();
    assertTrue(next.follows(view));
    before.andNot(waiting);
    assertEquals(before, next.slots().ledBy(node(2)));
    assertEquals(view.seats(), next.seats());
    accept();
    // What was said counts for a lease.
    live(LEASE + 200, 2, 3, 4, 5);
    assertEquals(List.of(), proposed);
  }

  @Test
  void whereAllAreFullSlotsStay() {
    for (long each = 1; each <= 5; each++) {
      room.heard(ProcessId.of(node(each)), new PeerMessage.Full(view.slots().ledBy(node(each))));
    }
    live(400, 2, 3, 4, 5);
    assertEquals(List.of(), proposed);
  }

  /** A store of an earlier cluster is here, which had more views. */
  @Test
  void epochsAreRaisedAboveThoseOfAStore() {
    epochs.met(11, 70);
    live(200, 2, 3, 4, 5);
    View raised = proposed.getLast();
    assertEquals(71, raised.epoch());
    assertTrue(raised.follows(view));
    assertEquals(71, raised.slots().tenure(11).epoch());
    assertEquals(71, raised.slots().tenure(12).epoch());
    assertEquals(view.seats(), raised.seats());
    accept();
    live(3_000, 2, 3, 4, 5);
    assertEquals(List.of(), proposed);
  }

  /** Or it would be refused for as long as a member is full. */
  @Test
  void epochsAreRaisedWhileAMemberIsFull() {
    room.heard(ProcessId.of(node(2)), new PeerMessage.Full(view.slots().ledBy(node(2))));
    epochs.met(11, 70);
    live(200, 2, 3, 4, 5);
    assertTrue(proposed.getLast().follows(view));
  }

  /** A leader that was replaced without having heard of it finds what the next one stored. */
  @Test
  void whatTheLeaderOfASlotStoredRaisesNothing() {
    epochs.met(11, view.slots().tenure(11).epoch());
    live(3_000, 2, 3, 4, 5);
    assertEquals(List.of(), proposed);
  }

  @Test
  void anEpochThatNoClusterCanHaveReachedRaisesNothing() {
    epochs.met(11, 1L << 62);
    live(3_000, 2, 3, 4, 5);
    assertEquals(List.of(), proposed);
  }

  private void enter(View next) {
    view = next;
    proposer.enter(next);
  }

  private long now() {
    return world.time.wallMillis();
  }

  private static Member node(long number) {
    return TestViews.member("n" + number, number, number);
  }
}
