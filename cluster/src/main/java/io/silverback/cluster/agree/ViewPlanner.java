package io.silverback.cluster.agree;

import io.silverback.cluster.HashRing;
import io.silverback.cluster.Member;
import io.silverback.cluster.SlotTable;
import io.silverback.cluster.View;
import io.silverback.cluster.View.Removed;
import io.silverback.cluster.View.Seat;
import io.silverback.cluster.message.PeerMessage.ProcessId;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What the next view would be after one change. Pure. */
public final class ViewPlanner {
  private static final int MOST_VOTERS = 7;

  private ViewPlanner() {}

  /** The first view of a cluster, in which each leads what it should. */
  public static View first(long clusterId, List<Member> members) {
    List<Seat> seats = members.stream().map(member -> new Seat(member, false, true, 0)).toList();
    var view = new View(1, clusterId, seats, List.of(), SlotTable.EMPTY);
    Optional<Member> voter = nextVoter(view);
    while (voter.isPresent()) {
      seats = seats(view, voter.get(), ViewPlanner::voting);
      view = new View(1, clusterId, seats, List.of(), SlotTable.EMPTY);
      voter = nextVoter(view);
    }
    return new View(1, clusterId, seats, List.of(), reassigned(view, 1));
  }

  /**
   * How many of that many members should vote: an odd number, as an even one survives no more
   * losses.
   */
  static int wantedVoters(int members) {
    int most = Math.min(members, MOST_VOTERS);
    return most > 2 && most % 2 == 0 ? most - 1 : most;
  }

  /**
   * The first view of a new generation: one voter, without those that are given up. All that is
   * left is led from this view on, so that each leader first asks all others what they have.
   *
   * @param survivor a member that is not given up
   * @param epoch of the view, above all that others may agree on
   */
  static View refounded(
      View view,
      Member survivor,
      List<Member> givenUp,
      long generation,
      long epoch,
      long wallMillis) {
    var seats = new ArrayList<Seat>();
    var removed = new ArrayList<>(view.removed());
    for (Seat seat : view.seats()) {
      Member member = seat.member();
      if (givenUp.contains(member)) {
        removed.add(new Removed(member, epoch, wallMillis, seat.returns() + 1));
      } else {
        boolean isSurvivor = member.isSameProcess(survivor);
        seats.add(new Seat(member, isSurvivor, seat.mayLead(), seat.returns(), seat.drain()));
      }
    }
    View raised = view.raised(epoch);
    return assigned(new View(generation, epoch, view.clusterId(), seats, removed, raised.slots()));
  }

  public static View without(View view, Member member, long wallMillis) {
    return without(view, member, wallMillis, 1);
  }

  /** The member asked for it, which says nothing against its staying once it comes back. */
  static View leaving(View view, Member member, long wallMillis) {
    return without(view, member, wallMillis, 0);
  }

  private static View without(View view, Member member, long wallMillis, int returns) {
    var seats = new ArrayList<Seat>();
    var removed = new ArrayList<>(view.removed());
    for (Seat seat : view.seats()) {
      if (seat.member().isSameProcess(member)) {
        removed.add(new Removed(member, view.epoch() + 1, wallMillis, seat.returns() + returns));
      } else {
        seats.add(seat);
      }
    }
    return next(view, seats, removed);
  }

  /**
   * With one more member. One that asked to be left out a while ago may lead at once. One that was
   * lost has to prove that it stays; and of one that is new nobody knows whether it is scraped.
   */
  public static View with(View view, Member member) {
    List<Removed> before =
        view.removed().stream().filter(gone -> gone.member().isSameNode(member)).toList();
    int returns = before.stream().mapToInt(Removed::returns).max().orElse(0);
    boolean hasLeft = !before.isEmpty() && returns == 0;
    var seats = new ArrayList<>(view.seats());
    seats.add(new Seat(member, false, hasLeft, returns));
    return next(view, seats, view.removed());
  }

  /**
   * The seat of a process goes to the next start of the same node with the same files, its vote,
   * too: what the old one granted binds the new one, as it grants and reports nothing at first.
   */
  public static View replacing(View view, Member old, Member next, long wallMillis) {
    var seats = new ArrayList<Seat>();
    var removed = new ArrayList<>(view.removed());
    for (Seat seat : view.seats()) {
      if (seat.member().isSameProcess(old)) {
        int returns = seat.returns() + 1;
        removed.add(new Removed(old, view.epoch() + 1, wallMillis, returns));
        seats.add(new Seat(next, seat.votes(), false, returns));
      } else {
        seats.add(seat);
      }
    }
    return next(view, seats, removed);
  }

  public static View withVoter(View view, Member member) {
    return changed(view, member, ViewPlanner::voting);
  }

  /** The member has proved that it stays. */
  public static View withLeader(View view, Member member) {
    return changed(
        view,
        member,
        seat -> new Seat(seat.member(), seat.votes(), true, seat.returns(), seat.drain()));
  }

  /** All members have proved enough. */
  static View withAllLeaders(View view) {
    List<Seat> seats =
        view.seats().stream()
            .map(seat -> new Seat(seat.member(), seat.votes(), true, seat.returns(), seat.drain()))
            .toList();
    return next(view, seats, view.removed());
  }

  /** The member is to hand that over from now on. */
  public static View draining(View view, Member member, View.Drain drain) {
    return changed(
        view,
        member,
        seat -> new Seat(seat.member(), seat.votes(), seat.mayLead(), seat.returns(), drain));
  }

  /**
   * The view in which slots are led by those that they were handed over to. The view has to be a
   * new one.
   *
   * @param handed the slots that each process gets; what the table gave to another one since stays
   */
  static View handingOver(View view, List<Handed> handed) {
    SlotTable slots = view.slots();
    for (Handed each : handed) {
      var moved = (BitSet) each.slots().clone();
      moved.and(slots.ledBy(each.from()));
      Optional<Member> to =
          view.seatOf(each.to()).map(Seat::member).filter(member -> !member.voterOnly());
      if (to.isPresent() && !moved.isEmpty()) {
        slots = slots.handedOver(view.epoch(), moved, to.get());
      }
    }
    return new View(
        view.generation(), view.epoch(), view.clusterId(), view.seats(), view.removed(), slots);
  }

  /** Slots that a leader has released, for another member that has all of them. */
  record Handed(Member from, Member to, BitSet slots) {}

  /**
   * The view without what members that cannot store it would lead: slots that it gives them and
   * that wait for room there go to others, if there are any. The view has to be a new one.
   *
   * @param full those members, with the slots that wait
   */
  static View sparing(View view, Map<ProcessId, BitSet> full) {
    List<Seat> roomy =
        view.seats().stream()
            .filter(seat -> !full.containsKey(ProcessId.of(seat.member())))
            .toList();
    HashRing ring = View.leaders(roomy);
    if (full.isEmpty() || ring.isEmpty()) {
      return view;
    }
    SlotTable slots =
        view.slots()
            .with(
                view.epoch(),
                slot -> {
                  SlotTable.Tenure tenure = view.slots().tenure(slot);
                  BitSet waiting = full.get(new ProcessId(tenure.nodeId(), tenure.incarnation()));
                  boolean moves =
                      waiting != null && (tenure.epoch() == view.epoch() || waiting.get(slot));
                  return moves ? Optional.of(ring.first(slot)) : Optional.empty();
                });
    return new View(
        view.generation(), view.epoch(), view.clusterId(), view.seats(), view.removed(), slots);
  }

  /** The same once more. */
  static View again(View view) {
    return next(view, view.seats(), view.removed());
  }

  static View forgetting(View view, List<Removed> forgotten) {
    var removed = new ArrayList<>(view.removed());
    removed.removeAll(forgotten);
    return next(view, view.seats(), removed);
  }

  /**
   * The member that should vote next; empty if enough do. Those that are there for nothing else
   * come first, and then those of the zone that has the fewest voters, as a zone may be lost whole.
   */
  static Optional<Member> nextVoter(View view) {
    List<Member> voters = view.voters();
    if (voters.size() >= wantedVoters(view.seats().size())) {
      return Optional.empty();
    }
    return view.seats().stream()
        .filter(seat -> !seat.votes())
        .map(Seat::member)
        .min(
            Comparator.comparing((Member member) -> !member.voterOnly())
                .thenComparing(member -> votersIn(member.zone(), voters)));
  }

  private static long votersIn(String zone, List<Member> voters) {
    return voters.stream().filter(voter -> voter.zone().equals(zone)).count();
  }

  private static Seat voting(Seat seat) {
    return new Seat(seat.member(), true, seat.mayLead(), seat.returns(), seat.drain());
  }

  private interface SeatChange {
    Seat of(Seat seat);
  }

  private static View changed(View view, Member member, SeatChange change) {
    return next(view, seats(view, member, change), view.removed());
  }

  private static List<Seat> seats(View view, Member member, SeatChange change) {
    return view.seats().stream()
        .map(seat -> seat.member().isSameProcess(member) ? change.of(seat) : seat)
        .toList();
  }

  private static View next(View view, List<Seat> seats, List<Removed> removed) {
    long epoch = view.epoch() + 1;
    return assigned(
        new View(view.generation(), epoch, view.clusterId(), seats, removed, view.slots()));
  }

  private static View assigned(View view) {
    return new View(
        view.generation(),
        view.epoch(),
        view.clusterId(),
        view.seats(),
        view.removed(),
        reassigned(view, view.epoch()));
  }

  /** Slots whose leader is no member go to the first of their owners that may lead. */
  private static SlotTable reassigned(View view, long epoch) {
    HashRing ring = view.leaders();
    if (ring.isEmpty()) {
      return view.slots();
    }
    var led = new BitSet(HashRing.SLOTS);
    view.seats().forEach(seat -> led.or(view.slots().ledBy(seat.member())));
    return view.slots()
        .with(epoch, slot -> led.get(slot) ? Optional.empty() : Optional.of(ring.first(slot)));
  }
}
