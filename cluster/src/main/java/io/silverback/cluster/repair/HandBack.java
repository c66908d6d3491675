package io.silverback.cluster.repair;

import io.silverback.cluster.ClusterPorts;
import io.silverback.cluster.EventCounts;
import io.silverback.cluster.HashRing;
import io.silverback.cluster.Member;
import io.silverback.cluster.Rule;
import io.silverback.cluster.View;
import io.silverback.cluster.message.PeerMessage.ProcessId;
import io.silverback.cluster.message.Requests;
import io.silverback.cluster.slots.Led;
import java.util.BitSet;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.Set;

/**
 * Brings the leaders of slots what this node was pushed while it reached no majority: they need not
 * own a copy on this node, and would not ask it. Belongs to the loop.
 */
public final class HandBack {
  private final Member self;
  private final ClusterPorts ports;
  private final Requests requests;
  private final Led led;
  private final EnumSet<Rule> off;
  private final EventCounts events;
  private final BitSet taken = new BitSet(HashRing.SLOTS);
  private final Set<ProcessId> busy = new HashSet<>();

  public HandBack(
      Member self,
      ClusterPorts ports,
      Requests requests,
      Led led,
      EnumSet<Rule> off,
      EventCounts events) {
    this.self = self;
    this.ports = ports;
    this.requests = requests;
    this.led = led;
    this.off = off;
    this.events = events;
  }

  /** This node took a push of that slot by itself. */
  public void took(int slot) {
    taken.set(slot);
  }

  /** Called now and then, with a lease. */
  public void tick(View view) {
    if (taken.isEmpty()) {
      return;
    }
    for (Member member : view.members()) {
      BitSet slots = view.slots().ledBy(member);
      slots.and(taken);
      if (member.isSameProcess(self)) {
        // What it leads it compares with the owners anyway; what it has released it does not lead.
        slots.and(led.led());
        taken.andNot(slots);
      } else if (!slots.isEmpty() && busy.add(ProcessId.of(member))) {
        bring(member, slots);
      }
    }
  }

  private void bring(Member leader, BitSet slots) {
    new SlotSync(
            ports,
            requests,
            off,
            SyncTask.exchange(leader, slots),
            outcome -> {
              busy.remove(ProcessId.of(leader));
              outcome.countIn(events);
              taken.andNot(outcome.whole());
            })
        .start();
  }
}
