package io.silverback.cluster.agree;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.silverback.cluster.HashRing;
import io.silverback.cluster.Member;
import io.silverback.cluster.SlotTable;
import io.silverback.cluster.TestViews;
import io.silverback.cluster.View;
import io.silverback.cluster.View.Removed;
import io.silverback.cluster.View.Seat;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

final class ViewPlannerTest {
  private static final long WALL = 1_790_000_000_000L;

  private final List<Member> members = nodes(5);
  private final View view = ViewPlanner.first(7, members);
  private final Member newcomer = node(50);

  @Test
  void aViewFollowsOnlyTheOneBeforeItOrARaiseOfThat() {
    View first = ViewPlanner.first(7, List.of(TestViews.member("a", 1, 1)));
    View second = ViewPlanner.with(first, TestViews.member("b", 2, 2));
    assertTrue(second.follows(first));
    assertFalse(first.follows(second));
    assertFalse(first.follows(first));
    View raised = first.raised(50);
    assertTrue(raised.follows(first));
    // Its proposer did not know of the second view.
    assertFalse(raised.follows(second));
    assertTrue(second.raised(50).follows(second));
    View other = ViewPlanner.first(8, second.members());
    assertFalse(other.follows(first));
  }

  @Test
  void aRefoundedViewIsFarAboveAllThatTheOthersMayAgreeOn() {
    Member survivor = members.getFirst();
    List<Member> lost = members.subList(2, 5);
    long generation = view.nextGeneration(-1);
    View next =
        ViewPlanner.refounded(
            view, survivor, lost, generation, view.nextGenerationEpoch().orElseThrow(), WALL);

    assertEquals(1, next.refoundings());
    assertEquals(List.of(survivor), next.voters());
    assertEquals(members.subList(0, 2), next.members());
    assertEquals(lost, next.removed().stream().map(Removed::member).toList());
    assertTrue(next.epoch() - view.epoch() >= 1 << 20);
    for (int slot = 0; slot < HashRing.SLOTS; slot++) {
      // What any of them led is led from now on: each asks the other first.
      assertEquals(next.epoch(), next.slots().tenure(slot).epoch());
      assertFalse(next.slots().tenure(slot).handedOver());
    }
    assertFalse(next.follows(view));
    assertTrue(next.isAfter(view));
    assertTrue(next.isAfter(view.raised(next.epoch() + 7)));
    assertFalse(ViewPlanner.with(next, newcomer).follows(view));
    assertTrue(ViewPlanner.with(next, newcomer).follows(next));
    assertEquals(
        2,
        new View(generation, 9, 7, List.of(), List.of(), SlotTable.EMPTY).nextGeneration(0) >>> 32);
    assertEquals(next, View.decode(next.encode()));
  }

  @Test
  void epochsOfGenerationsAreBounded() {
    assertTrue(view.raised(View.MOST_EPOCH - (3 << 20)).nextGenerationEpoch().isPresent());
    assertFalse(view.raised(View.MOST_EPOCH - (2 << 20)).nextGenerationEpoch().isPresent());
  }

  /** Builds that know of no generation read it. */
  @Test
  void aViewOfTheFirstGenerationIsWrittenAsBefore() {
    assertEquals(2, view.encode()[0]);
  }

  @Test
  void anOddNumberVotesButOfTwoBothAndOfManySeven() {
    List<Integer> wanted =
        IntStream.of(1, 2, 3, 4, 5, 6, 7, 8, 50).mapToObj(ViewPlanner::wantedVoters).toList();
    assertEquals(List.of(1, 2, 3, 3, 5, 5, 7, 7, 7), wanted);
  }

  @Test
  void inTheFirstViewEachSlotIsLedByItsFirstOwner() {
    assertEquals(1, view.epoch());
    assertEquals(7, view.clusterId());
    assertEquals(5, view.voters().size());
    for (int slot = 0; slot < HashRing.SLOTS; slot++) {
      assertTrue(view.slots().tenure(slot).isOf(view.owners(slot).getFirst()));
      assertEquals(1, view.slots().tenure(slot).epoch());
    }
  }

  @Test
  void whoOnlyVotesLeadsNothing() {
    View first = ViewPlanner.first(7, List.of(members.get(0), members.get(1), voter("v", "")));
    assertEquals(3, first.voters().size());
    assertEquals(0, first.slots().countOf(voter("v", "")));
    View alone = ViewPlanner.without(first, members.get(0), WALL);
    assertEquals(HashRing.SLOTS, alone.slots().countOf(members.get(1)));
    View none = ViewPlanner.without(alone, members.get(1), WALL);
    assertEquals(0, none.slots().countOf(voter("v", "")));
  }

  @Test
  void slotsOfARemovedLeaderGoToTheirNextOwnerAndOthersStay() {
    Member gone = members.get(2);
    View next = ViewPlanner.without(view, gone, WALL);
    assertEquals(List.of(new Removed(gone, 2, WALL, 1)), next.removed());
    assertFalse(next.has(gone));
    for (int slot = 0; slot < HashRing.SLOTS; slot++) {
      SlotTable.Tenure before = view.slots().tenure(slot);
      SlotTable.Tenure after = next.slots().tenure(slot);
      if (before.isOf(gone)) {
        assertTrue(after.isOf(view.owners(slot).get(1)), "slot " + slot);
        assertEquals(2, after.epoch());
      } else {
        assertEquals(before, after, "slot " + slot);
      }
    }
  }

  @Test
  void aNewcomerGetsNoSlotsThatAreLed() {
    View next = ViewPlanner.with(view, newcomer);
    assertEquals(new Seat(newcomer, false, false, 0), next.seats().getLast());
    assertEquals(view.slots(), next.slots());
  }

  /** It is scraped by those that scraped it before. */
  @Test
  void whoAskedToLeaveMayLeadAsSoonAsItIsBack() {
    View without = ViewPlanner.leaving(view, members.getFirst(), WALL);
    Member again = TestViews.member("n1", 11, 1);
    assertEquals(
        new Seat(again, false, true, 0), ViewPlanner.with(without, again).seats().getLast());
  }

  @Test
  void whoIsDrainedOfLeadershipStaysAnOwnerAndWhoIsDrainedOfAllComesLast() {
    Member member = members.getFirst();
    View less = ViewPlanner.draining(view, member, View.Drain.LEADERSHIP);
    View least = ViewPlanner.draining(view, member, View.Drain.ALL);
    assertEquals(view.slots(), least.slots());
    for (int slot = 0; slot < HashRing.SLOTS; slot++) {
      assertEquals(view.owners(slot), less.owners(slot));
      var others = new ArrayList<>(view.owners(slot));
      others.remove(member);
      assertEquals(others.getFirst(), less.leaders().first(slot));
      assertEquals(others.getFirst(), least.leaders().first(slot));
      others.add(member);
      assertEquals(others, least.owners(slot));
    }
    View back = ViewPlanner.draining(least, member, View.Drain.NONE);
    assertEquals(view.seats(), back.seats());
  }

  /** A restart ends a drain. */
  @Test
  void theNextStartOfADrainedMemberHandsNothingOver() {
    View drained = ViewPlanner.draining(view, members.getFirst(), View.Drain.ALL);
    Member again = TestViews.member("n1", 11, 1);
    View next = ViewPlanner.replacing(drained, members.getFirst(), again, WALL);
    assertEquals(View.Drain.NONE, next.seatOf(again).orElseThrow().drain());
  }

  @Test
  void onlyTheSlotsOfWhoReleasedThemAreHandedOver() {
    Member from = members.getFirst();
    Member to = members.get(1);
    View next = ViewPlanner.again(view);
    var all = new BitSet();
    all.set(0, HashRing.SLOTS);
    View moved = ViewPlanner.handingOver(next, List.of(new ViewPlanner.Handed(from, to, all)));
    assertEquals(0, moved.slots().countOf(from));
    view.slots().ledBy(from).stream()
        .forEach(slot -> assertEquals(tenure(to, moved), moved.slots().tenure(slot)));
    view.slots().ledBy(to).stream()
        .forEach(slot -> assertEquals(view.slots().tenure(slot), moved.slots().tenure(slot)));
    var stranger = new ViewPlanner.Handed(from, newcomer, all);
    assertEquals(next, ViewPlanner.handingOver(next, List.of(stranger)));
  }

  private static SlotTable.Tenure tenure(Member of, View view) {
    return new SlotTable.Tenure(of.nodeId(), of.incarnation(), view.epoch(), true);
  }

  @Test
  void whoComesBackMayNotLeadUntilItHasProvedThatItStays() {
    View without = ViewPlanner.without(view, members.getFirst(), WALL);
    Member again = TestViews.member("n1", 11, 1);
    View back = ViewPlanner.with(without, again);
    assertEquals(new Seat(again, false, false, 1), back.seats().getLast());

    View less = ViewPlanner.without(back, members.get(1), WALL);
    assertEquals(0, less.slots().countOf(again));
    View proven = ViewPlanner.withLeader(less, again);
    View evenLess = ViewPlanner.without(proven, members.get(2), WALL);
    assertNotEquals(0, evenLess.slots().countOf(again));
  }

  @Test
  void eachReturnIsCounted() {
    View now = view;
    for (int returns = 1; returns <= 3; returns++) {
      Member before =
          now.seats().stream().map(Seat::member).filter(this::isFirst).findFirst().get();
      now = ViewPlanner.without(now, before, WALL);
      assertEquals(returns, now.removed().getLast().returns());
      now = ViewPlanner.with(now, TestViews.member("n1", 100 + returns, 1));
      assertEquals(returns, now.seats().getLast().returns());
    }
  }

  private boolean isFirst(Member member) {
    return member.nodeId().equals("n1");
  }

  @Test
  void whereNobodyElseMayLeadWhoComesBackLeadsAtOnce() {
    View one = ViewPlanner.first(7, nodes(1));
    Member again = TestViews.member("n1", 11, 1);
    View next = ViewPlanner.replacing(one, node(1), again, WALL);
    assertEquals(HashRing.SLOTS, next.slots().countOf(again));
  }

  @Test
  void aLaterProcessTakesTheSeatAndTheVoteButNotTheSlots() {
    Member old = members.get(1);
    Member again = TestViews.member("n2", 22, 2);
    View next = ViewPlanner.replacing(view, old, again, WALL);
    assertEquals(new Seat(again, true, false, 1), next.seats().get(1));
    assertEquals(List.of(new Removed(old, 2, WALL, 1)), next.removed());
    assertEquals(5, next.voters().size());
    assertEquals(0, next.slots().countOf(old));
    assertEquals(0, next.slots().countOf(again));
  }

  @Test
  void eachChangeMakesTheNextViewOfTheSameCluster() {
    View removed = ViewPlanner.without(view, members.getFirst(), WALL);
    List<View> changes =
        List.of(
            removed,
            ViewPlanner.with(view, newcomer),
            ViewPlanner.replacing(view, members.get(1), TestViews.member("n2", 9, 2), WALL),
            ViewPlanner.withVoter(view, members.get(1)),
            ViewPlanner.withLeader(view, members.get(1)));
    for (View next : changes) {
      assertEquals(2, next.epoch());
      assertEquals(7, next.clusterId());
    }
    View forgotten = ViewPlanner.forgetting(removed, removed.removed());
    assertEquals(3, forgotten.epoch());
    assertEquals(List.of(), forgotten.removed());
  }

  @Test
  void theNextVoterIsTheOneThatIsThereLongest() {
    View now = ViewPlanner.first(7, nodes(3));
    assertEquals(Optional.empty(), ViewPlanner.nextVoter(now));
    now = ViewPlanner.with(now, node(4));
    assertEquals(Optional.empty(), ViewPlanner.nextVoter(now));
    now = ViewPlanner.with(now, node(5));
    assertEquals(Optional.of(node(4)), ViewPlanner.nextVoter(now));
    now = ViewPlanner.withVoter(now, node(4));
    assertEquals(Optional.of(node(5)), ViewPlanner.nextVoter(now));
    now = ViewPlanner.withVoter(now, node(5));
    assertEquals(Optional.empty(), ViewPlanner.nextVoter(now));
  }

  @Test
  void whoOnlyVotesVotesBeforeOthersDo() {
    var many = new ArrayList<>(nodes(8));
    many.add(voter("v", ""));
    assertTrue(ViewPlanner.first(7, many).hasVoter(voter("v", "")));

    View few = ViewPlanner.with(ViewPlanner.first(7, nodes(3)), node(4));
    View next = ViewPlanner.with(few, voter("v", ""));
    assertEquals(Optional.of(voter("v", "")), ViewPlanner.nextVoter(next));
  }

  /** Or the loss of one zone would be that of a majority. */
  @Test
  void votersAreSpreadOverZones() {
    var many = new ArrayList<Member>();
    for (String zone : List.of("a", "b", "c")) {
      for (int i = 1; i <= 5; i++) {
        many.add(new Member(zone + i, i, i, zone + i + ":1", zone + i + ":2", zone, false));
      }
    }
    View first = ViewPlanner.first(7, many);
    View joined = ViewPlanner.first(7, many.subList(0, 1));
    for (Member member : many.subList(1, many.size())) {
      joined = ViewPlanner.with(joined, member);
    }
    while (ViewPlanner.nextVoter(joined).isPresent()) {
      joined = ViewPlanner.withVoter(joined, ViewPlanner.nextVoter(joined).get());
    }
    for (View each : List.of(first, joined)) {
      assertEquals(7, each.voters().size());
      for (String zone : List.of("a", "b", "c")) {
        long voters = each.voters().stream().filter(voter -> voter.zone().equals(zone)).count();
        assertTrue(voters == 2 || voters == 3, () -> "zone=" + zone + " voters=" + voters);
      }
    }
  }

  private static List<Member> nodes(int count) {
    return LongStream.rangeClosed(1, count).mapToObj(ViewPlannerTest::node).toList();
  }

  private static Member node(long number) {
    return TestViews.member("n" + number, number, number);
  }

  private static Member voter(String nodeId, String zone) {
    return new Member(nodeId, 9, 9, nodeId + ":1", nodeId + ":2", zone, true);
  }
}
