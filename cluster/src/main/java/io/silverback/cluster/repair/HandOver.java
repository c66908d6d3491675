package io.silverback.cluster.repair;

import static java.util.Map.entry;

import io.silverback.cluster.ClusterEvent;
import io.silverback.cluster.ClusterPorts;
import io.silverback.cluster.EventCounts;
import io.silverback.cluster.HashRing;
import io.silverback.cluster.Member;
import io.silverback.cluster.Rule;
import io.silverback.cluster.SlotTable;
import io.silverback.cluster.View;
import io.silverback.cluster.message.PeerMessage.ProcessId;
import io.silverback.cluster.message.PeerMessage.Released;
import io.silverback.cluster.message.Requests;
import io.silverback.cluster.slots.Led;
import io.silverback.cluster.slots.Shares;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;

/**
 * Hands slots that this node leads over to the members that should lead them. Belongs to the loop.
 *
 * <h2>The way of a slot</h2>
 *
 * <ol>
 *   <li>The other member is brought all that the slot holds, as often as it takes until little is
 *       left. From the beginning it gets each new update, too, as if it were an owner.
 *   <li>The slot is closed: no update begins any more, and those at work end.
 *   <li>The slot is released: this node does not show it any more. Both nodes are compared once
 *       more, which finds nothing as a rule.
 *   <li>All members are told. The one that proposes views makes a view in which the other member
 *       leads, and that leads at once, as the view says that the slot was handed over.
 * </ol>
 *
 * <h2>What can go wrong</h2>
 *
 * <p>Until the members are told, this node can open the slot again at any time, and does if an
 * update does not end, if the other member does not answer, or if the lease is lost. Afterwards a
 * view may be on its way that gives the slot away. But each view follows one certain view: so what
 * this node said while it knew of a view holds for the next one only, and once it knows of a later
 * view in which it still leads the slot, it is free again to decide. If no view comes at all the
 * slot stays dark, but then the cluster has no majority, and this node no lease.
 *
 * <p>The lease of this node need not run out, unlike where a member takes slots over: it is this
 * node itself that says that it shows them no more. A scrape that had read all of the slot before
 * may still be on its way, which does no harm, as it counts as of its beginning.
 */
public final class HandOver {
  private static final System.Logger logger = System.getLogger(HandOver.class.getName());

  /** So much is compared again in no time. */
  private static final long SHORT_NANOS = 250_000_000L;

  private static final int MOST_ROUNDS = 8;
  private static final long MOST_NANOS_CLOSED = 300_000_000L;
  private static final long MOST_NANOS_RELEASED = 2_000_000_000L;
  private static final long LOOK_NANOS = 5_000_000L;
  private static final long AGAIN_NANOS = 1_000_000_000L;

  private final Member self;
  private final ClusterPorts ports;
  private final Requests requests;
  private final Led led;
  private final Shares shares;
  private final UnaryOperator<BitSet> busy;
  private final Predicate<Member> maySucceed;
  private final EnumSet<Rule> off;
  private final EventCounts events;
  private final Runnable onReleased;
  private final Map<ProcessId, Move> moves = new LinkedHashMap<>();
  private final Map<ProcessId, Long> failedNanos = new HashMap<>();
  private long epoch;
  private Wanted wanted = new Wanted(0, Map.of());

  /** Which of the slots that it leads, or has released, this node should not lead. */
  private record Wanted(long epoch, Map<Member, BitSet> slots) {}

  /**
   * Hands over nothing before the first {@link #tick}.
   *
   * @param busy those of some slots in which an update is at work
   * @param maySucceed false for a member that is not there, or has no room
   * @param onReleased told when {@link #word} has something new
   */
  public HandOver(
      Member self,
      ClusterPorts ports,
      Requests requests,
      Led led,
      Shares shares,
      UnaryOperator<BitSet> busy,
      Predicate<Member> maySucceed,
      EnumSet<Rule> off,
      EventCounts events,
      Runnable onReleased) {
    this.self = self;
    this.ports = ports;
    this.requests = requests;
    this.led = led;
    this.shares = shares;
    this.busy = busy;
    this.maySucceed = maySucceed;
    this.off = off;
    this.events = events;
    this.onReleased = onReleased;
  }

  /** Called now and then while this node has a lease. */
  public void tick(View view) {
    long now = ports.clock().nanoTime();
    look(view);
    wanted
        .slots()
        .forEach(
            (member, slots) -> {
              ProcessId id = ProcessId.of(member);
              long failed = failedNanos.getOrDefault(id, now - AGAIN_NANOS);
              boolean isFree = !moves.containsKey(id) && now - failed >= AGAIN_NANOS;
              var some = (BitSet) slots.clone();
              some.and(led.led());
              if (isFree && !some.isEmpty() && maySucceed.test(member)) {
                var move = new Move(view.slots(), member, some);
                moves.put(id, move);
                tellShares();
                move.copy();
              }
            });
  }

  /**
   * What was released for the last view is moved by this one, or is this node's to decide again.
   */
  public void enter(View view) {
    look(view);
    List.copyOf(moves.values()).forEach(move -> move.enter(view));
    epoch = view.epoch();
    failedNanos.keySet().removeIf(id -> view.member(id.nodeId(), id.incarnation()).isEmpty());
  }

  /** Others may lead by now: what they were not told of is over. */
  public void lapsed() {
    for (Move move : List.copyOf(moves.values())) {
      if (!move.isTold) {
        move.giveUp("the lease was lost");
      }
    }
  }

  /** What all members are to be told again and again; empty if nothing is released. */
  public Optional<Released> word() {
    var shares = new ArrayList<Released.Share>();
    moves.forEach(
        (id, move) -> {
          if (move.isTold) {
            shares.add(new Released.Share(id, (BitSet) move.slots.clone()));
          }
        });
    return shares.isEmpty() ? Optional.empty() : Optional.of(new Released(epoch, shares));
  }

  /** How many slots of this node another one should lead. */
  public int wanted() {
    return wanted.slots().values().stream().mapToInt(BitSet::cardinality).sum();
  }

  /** Who should lead what this node leads; worked out once for each view. */
  private void look(View view) {
    if (wanted.epoch() == view.epoch()) {
      return;
    }
    BitSet mine = view.slots().ledBy(self);
    Successors successors = new Successors(view);
    var slots = new LinkedHashMap<Member, BitSet>();
    for (int slot = mine.nextSetBit(0); slot >= 0; slot = mine.nextSetBit(slot + 1)) {
      Member next = successors.of(slot);
      if (!next.isSameProcess(self)) {
        slots.computeIfAbsent(next, _ -> new BitSet(HashRing.SLOTS)).set(slot);
      }
    }
    wanted = new Wanted(view.epoch(), slots);
  }

  /** Who should lead the slots of this node. */
  private final class Successors {
    private final HashRing all;
    private final HashRing ready;
    private final Set<ProcessId> mayLead = new HashSet<>();
    private final boolean mayStay;

    Successors(View view) {
      all = view.ring();
      ready = view.leaders();
      mayStay = view.seatOf(self).filter(seat -> seat.drain() == View.Drain.NONE).isPresent();
      view.seats().stream()
          .filter(seat -> seat.mayLead() && seat.drain() == View.Drain.NONE)
          .forEach(seat -> mayLead.add(ProcessId.of(seat.member())));
    }

    /** A slot does not move twice, so it waits here for one that has yet to prove that it stays. */
    Member of(int slot) {
      Member first = all.first(slot);
      if (mayLead.contains(ProcessId.of(first))) {
        return first;
      }
      return mayStay ? self : ready.first(slot);
    }
  }

  private void tellShares() {
    var successors = new LinkedHashMap<Member, BitSet>();
    moves.values().forEach(move -> successors.put(move.to, move.slots));
    shares.prepare(successors);
  }

  /** Slots on their way to one member. */
  private final class Move {
    private final SlotTable table;
    private final Member to;
    private final BitSet slots;
    private int rounds;
    private boolean isTold;
    private boolean ended;

    Move(SlotTable table, Member to, BitSet slots) {
      this.table = table;
      this.to = to;
      this.slots = slots;
    }

    void copy() {
      if (off.contains(Rule.HAND_OVER_ALL)) {
        close();
        return;
      }
      long began = ports.clock().nanoTime();
      compare(
          () -> {
            rounds++;
            long took = ports.clock().nanoTime() - began;
            if (took > SHORT_NANOS && rounds < MOST_ROUNDS) {
              copy();
            } else {
              close();
            }
          });
    }

    /** Both get what they lack; the slots of which that cannot be done stay here. */
    private void compare(Runnable then) {
      var compared = (BitSet) slots.clone();
      new SlotSync(
              ports,
              requests,
              off,
              SyncTask.exchange(to, compared),
              outcome -> {
                outcome.countIn(events);
                if (ended) {
                  return;
                }
                compared.andNot(outcome.whole());
                keep(compared);
                if (slots.isEmpty()) {
                  giveUp(outcome.refusal().orElse("the other member does not answer"));
                } else {
                  then.run();
                }
              })
          .start();
    }

    /** Slots that are not handed over now. */
    private void keep(BitSet some) {
      slots.andNot(some);
      led.reopen(some);
    }

    private void close() {
      if (off.contains(Rule.RELEASE_BEFORE_HAND_OVER)) {
        tell();
        return;
      }
      led.close(slots);
      awaitUpdates(ports.clock().nanoTime() + MOST_NANOS_CLOSED);
    }

    private void awaitUpdates(long untilNanos) {
      if (ended) {
        return;
      }
      BitSet left = busy.apply(slots);
      boolean isOver = ports.clock().nanoTime() - untilNanos >= 0;
      if (!left.isEmpty() && !isOver) {
        ports.loop().schedule(LOOK_NANOS, () -> awaitUpdates(untilNanos));
        return;
      }
      keep(left);
      if (slots.isEmpty()) {
        giveUp("updates do not end");
      } else {
        release();
      }
    }

    private void release() {
      led.release(slots);
      if (off.contains(Rule.HAND_OVER_ALL)) {
        tell();
        return;
      }
      ports
          .loop()
          .schedule(
              MOST_NANOS_RELEASED,
              () -> {
                if (!ended && !isTold) {
                  giveUp("the other member does not answer in time");
                }
              });
      compare(this::tell);
    }

    /** From now on only a view can give the slots back. */
    private void tell() {
      isTold = true;
      onReleased.run();
    }

    void enter(View view) {
      var gone = new BitSet(HashRing.SLOTS);
      var mine = new BitSet(HashRing.SLOTS);
      BitSet still = wanted.slots().getOrDefault(to, new BitSet());
      int moved = 0;
      for (int slot = slots.nextSetBit(0); slot >= 0; slot = slots.nextSetBit(slot + 1)) {
        SlotTable.Tenure tenure = view.slots().tenure(slot);
        if (!tenure.equals(table.tenure(slot))) {
          gone.set(slot);
          moved += tenure.isOf(to) ? 1 : 0;
        } else if (!still.get(slot)) {
          mine.set(slot);
        }
      }
      events.add(ClusterEvent.HANDED_OVER, moved);
      slots.andNot(gone);
      keep(mine);
      if (slots.isEmpty()) {
        end();
      }
    }

    void giveUp(String reason) {
      logger.log(
          System.Logger.Level.INFO,
          "slots cannot be handed over now",
          entry("to_node", to.nodeId()),
          entry("reason", reason));
      keep((BitSet) slots.clone());
      failedNanos.put(ProcessId.of(to), ports.clock().nanoTime());
      end();
    }

    private void end() {
      ended = true;
      moves.remove(ProcessId.of(to));
      tellShares();
    }
  }
}
