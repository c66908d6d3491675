package io.silverback.cluster.repair;

import static java.util.Map.entry;

import io.silverback.cluster.ClusterEvent;
import io.silverback.cluster.ClusterPorts;
import io.silverback.cluster.EventCounts;
import io.silverback.cluster.Member;
import io.silverback.cluster.Rule;
import io.silverback.cluster.View;
import io.silverback.cluster.message.PeerMessage.ProcessId;
import io.silverback.cluster.message.Requests;
import io.silverback.cluster.slots.LapseBoard;
import io.silverback.cluster.slots.Led;
import io.silverback.cluster.slots.WaitingPushes;
import java.util.BitSet;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.BooleanSupplier;

/**
 * Makes this node the leader of slots that a view gave it: waits until nobody else can lead them,
 * merges what every other member has of them, and only then shows them. Each slot for itself: one
 * of which something cannot be stored here holds up no other. A member that does not answer is
 * asked until it does or is no member any more. Belongs to the loop.
 */
public final class TakeOver {
  private static final System.Logger logger = System.getLogger(TakeOver.class.getName());

  private static final long RETRY_NANOS = 100_000_000L;
  private static final long RETRY_REFUSED_NANOS = 1_000_000_000L;

  private final Member self;
  private final ClusterPorts ports;
  private final Requests requests;
  private final LapseBoard board;
  private final Led led;
  private final WaitingPushes waiting;
  private final BooleanSupplier mayAsk;
  private final EnumSet<Rule> off;
  private final EventCounts events;

  /** Of each other member, the slots of which all that it has is here. */
  private final Map<ProcessId, BitSet> whole = new HashMap<>();

  private BitSet slots = new BitSet();
  private Optional<Stuck> stuck = Optional.empty();
  private long round;
  private boolean asking;

  /**
   * Slots that wait for room here.
   *
   * @param reason the store's
   */
  public record Stuck(BitSet slots, String reason) {}

  /**
   * One that has nothing to do yet.
   *
   * @param mayAsk whether this node may say now that it is about to lead: a node that it asks shows
   *     nothing by itself any more
   */
  public TakeOver(
      Member self,
      ClusterPorts ports,
      Requests requests,
      LapseBoard board,
      Led led,
      WaitingPushes waiting,
      BooleanSupplier mayAsk,
      EnumSet<Rule> off,
      EventCounts events) {
    this.self = self;
    this.ports = ports;
    this.requests = requests;
    this.board = board;
    this.led = led;
    this.waiting = waiting;
    this.mayAsk = mayAsk;
    this.off = off;
    this.events = events;
  }

  /** Called after each view, each report of a lapse, and now and then. */
  public void advance(View view) {
    BitSet pending = led.pending();
    stuck = stuck.flatMap(now -> among(now, pending));
    if (pending.isEmpty() || !mayAsk.getAsBoolean()) {
      asking = false;
      return;
    }
    if (!off.contains(Rule.AWAIT_LAPSE) && !board.allLapsed(view)) {
      return;
    }
    if (!asking || !pending.equals(slots)) {
      slots = pending;
      whole.clear();
      round++;
      asking = true;
      others(view).forEach(member -> ask(view, member, slots, round));
    }
    finish(view);
  }

  /** All are asked anew, as a member that came meanwhile has to be asked, too. */
  public void enter(View view) {
    asking = false;
    advance(view);
  }

  /** What was answered before a lapse may not be all that there is afterwards. */
  public void lapsed() {
    asking = false;
  }

  /** What it cannot take over, as of the last try. */
  public Optional<Stuck> stuck() {
    return stuck;
  }

  private void ask(View view, Member member, BitSet some, long ofRound) {
    var wanted = (BitSet) some.clone();
    List<Long> epochs = wanted.stream().mapToObj(led::epoch).toList();
    new SlotSync(
            ports,
            requests,
            off,
            SyncTask.takeOver(member, wanted, epochs),
            outcome -> {
              if (ofRound == round && asking) {
                answered(view, member, wanted, outcome);
              }
            })
        .start();
  }

  private void answered(View view, Member member, BitSet wanted, SlotSync.Outcome outcome) {
    outcome.countIn(events);
    whole.computeIfAbsent(ProcessId.of(member), _ -> new BitSet()).or(outcome.whole());
    wanted.andNot(outcome.whole());
    outcome.refusal().ifPresent(reason -> noteStuck(wanted, reason));
    finish(view);
    if (!wanted.isEmpty() && asking) {
      long ofRound = round;
      long delay = outcome.refusal().isPresent() ? RETRY_REFUSED_NANOS : RETRY_NANOS;
      ports.loop().schedule(delay, () -> askAgain(view, member, wanted, ofRound));
    }
  }

  private void askAgain(View view, Member member, BitSet left, long ofRound) {
    if (ofRound == round && asking) {
      left.and(slots);
      if (!left.isEmpty()) {
        ask(view, member, left, ofRound);
      }
    }
  }

  private void noteStuck(BitSet left, String reason) {
    if (stuck.isEmpty()) {
      logger.log(
          System.Logger.Level.WARNING,
          "slots cannot be taken over, as their groups cannot be stored here",
          entry("slots", left.cardinality()),
          entry("reason", reason));
    }
    var all = (BitSet) left.clone();
    stuck.ifPresent(before -> all.or(before.slots()));
    stuck = Optional.of(new Stuck(all, reason));
  }

  /** What is left of it, if anything is. */
  private static Optional<Stuck> among(Stuck before, BitSet pending) {
    var left = (BitSet) before.slots().clone();
    left.and(pending);
    if (!left.isEmpty()) {
      return Optional.of(new Stuck(left, before.reason()));
    }
    logger.log(System.Logger.Level.INFO, "no slot waits any more for its groups to be stored here");
    return Optional.empty();
  }

  /** Takes over the slots of which all that there is has come. */
  private void finish(View view) {
    List<Member> others = others(view);
    long needed = off.contains(Rule.ASK_ALL_MEMBERS) ? others.size() / 2 : others.size();
    List<BitSet> answers =
        others.stream()
            .map(member -> whole.get(ProcessId.of(member)))
            .filter(Objects::nonNull)
            .limit(needed)
            .toList();
    if (!asking || answers.size() < needed) {
      return;
    }
    var done = (BitSet) slots.clone();
    answers.forEach(done::and);
    if (done.isEmpty()) {
      return;
    }
    events.add(ClusterEvent.TAKE_OVERS, done.cardinality());
    led.takeOver(done);
    waiting.takenOver(done);
    slots.andNot(done);
    stuck = stuck.flatMap(now -> among(now, slots));
    asking = !slots.isEmpty();
  }

  private List<Member> others(View view) {
    return view.members().stream()
        .filter(member -> !member.isSameProcess(self) && !member.voterOnly())
        .toList();
  }
}
