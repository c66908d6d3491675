package io.silverback.cluster;

import io.silverback.cluster.PeerMessage.ProcessId;
import java.util.BitSet;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Makes this node the leader of slots that a view gave it: waits until nobody else can lead them,
 * merges what every other member has of them, and only then shows them. A member that does not
 * answer is asked until it does or is no member any more. Belongs to the loop.
 */
final class TakeOver {
  private static final long RETRY_NANOS = 100_000_000L;

  private final Member self;
  private final ClusterPorts ports;
  private final Requests requests;
  private final LapseBoard board;
  private final Led led;
  private final EnumSet<Rule> off;
  private final Counters counters;
  private final Set<ProcessId> answered = new HashSet<>();
  private BitSet slots = new BitSet();
  private long round;
  private boolean asking;

  TakeOver(
      Member self,
      ClusterPorts ports,
      Requests requests,
      LapseBoard board,
      Led led,
      EnumSet<Rule> off,
      Counters counters) {
    this.self = self;
    this.ports = ports;
    this.requests = requests;
    this.board = board;
    this.led = led;
    this.off = off;
    this.counters = counters;
  }

  /** Called after each view, each report of a lapse, and now and then. */
  void advance(View view) {
    BitSet pending = led.pending();
    if (pending.isEmpty()) {
      asking = false;
      return;
    }
    if (!off.contains(Rule.AWAIT_LAPSE) && !board.allLapsed(view)) {
      return;
    }
    if (!asking || !pending.equals(slots)) {
      slots = pending;
      answered.clear();
      round++;
      asking = true;
      others(view).forEach(member -> ask(view, member, round));
    }
    finishIfAllAnswered(view);
  }

  /** All are asked anew, as a member that came meanwhile has to be asked, too. */
  void enter(View view) {
    asking = false;
    advance(view);
  }

  private void ask(View view, Member member, long ofRound) {
    List<Long> epochs = slots.stream().mapToObj(led::epoch).toList();
    new SlotSync(
            ports,
            requests,
            member,
            slots,
            epochs,
            false,
            off,
            outcome -> {
              if (ofRound != round || !asking) {
                return;
              }
              counters.add(outcome);
              if (outcome.complete()) {
                answered.add(ProcessId.of(member));
                finishIfAllAnswered(view);
              } else {
                ports.loop().schedule(RETRY_NANOS, () -> askAgain(view, member, ofRound));
              }
            })
        .start();
  }

  private void askAgain(View view, Member member, long ofRound) {
    if (ofRound == round && asking) {
      ask(view, member, ofRound);
    }
  }

  private void finishIfAllAnswered(View view) {
    List<Member> others = others(view);
    long needed = off.contains(Rule.ASK_ALL_MEMBERS) ? others.size() / 2 : others.size();
    if (asking && others.stream().map(ProcessId::of).filter(answered::contains).count() >= needed) {
      asking = false;
      counters.takeOvers += slots.cardinality();
      led.takeOver(slots);
    }
  }

  private List<Member> others(View view) {
    return view.members().stream()
        .filter(member -> !member.isSameProcess(self) && !member.voterOnly())
        .toList();
  }
}
