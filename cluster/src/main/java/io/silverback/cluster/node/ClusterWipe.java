package io.silverback.cluster.node;

import io.silverback.cluster.ClusterConfig;
import io.silverback.cluster.ClusterPorts;
import io.silverback.cluster.HashRing;
import io.silverback.cluster.Member;
import io.silverback.cluster.SlotTable;
import io.silverback.cluster.View;
import io.silverback.cluster.WipeOutcome;
import io.silverback.cluster.agree.Lease;
import io.silverback.cluster.agree.Peers;
import io.silverback.cluster.message.PeerMessage;
import io.silverback.cluster.message.Requests;
import io.silverback.cluster.repair.Wipe;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * Has all slots wiped, each by the member that leads it: this node does for a client what the
 * leaders do for it. Belongs to the loop.
 *
 * <p>A leader is asked once for each slot, and again only if it said that it did not wipe it, or
 * the question never left. Otherwise a question that is late could wipe what was pushed after the
 * client had its answer. It names the epoch from which on the leader leads the slot, and the time
 * after which it is too late, so it is nothing to a later leader and nothing after the end of the
 * wipe.
 */
final class ClusterWipe {
  private final ClusterConfig config;
  private final Member self;
  private final ClusterPorts ports;
  private final Requests requests;
  private final Peers peers;
  private final Lease lease;
  private final Wipe wipe;
  private final Supplier<Optional<View>> view;

  ClusterWipe(
      ClusterConfig config,
      Member self,
      ClusterPorts ports,
      Requests requests,
      Peers peers,
      Lease lease,
      Wipe wipe,
      Supplier<Optional<View>> view) {
    this.config = config;
    this.self = self;
    this.ports = ports;
    this.requests = requests;
    this.peers = peers;
    this.lease = lease;
    this.wipe = wipe;
    this.view = view;
  }

  /** Tells once, within the budget of a push, what became of it. */
  void begin(Consumer<WipeOutcome> done) {
    new Round(done).look();
  }

  /** Another member wipes, and asks this one for those of its slots. */
  void asked(PeerMessage.AskWipe ask, Consumer<PeerMessage.Wiped> done) {
    long limit = ports.clock().nanoTime() + config.pushBudget().toNanos();
    long deadline = ask.dropAfter() - limit > 0 ? limit : ask.dropAfter();
    view.get()
        .ifPresent(
            now ->
                wipe.begin(
                    now,
                    ask.slots(),
                    ask.epochs(),
                    deadline,
                    outcome ->
                        done.accept(
                            new PeerMessage.Wiped(ask.id(), outcome.slots(), outcome.groups()))));
  }

  private final class Round {
    private final Consumer<WipeOutcome> done;
    private final long deadline = ports.clock().nanoTime() + config.pushBudget().toNanos();
    private final long term = lease.number();
    private final BitSet left = new BitSet(HashRing.SLOTS);

    /** From which epoch on the member leads each slot that was asked for it; 0 if none was. */
    private final long[] asked = new long[HashRing.SLOTS];

    private int groups;
    private boolean ended;

    Round(Consumer<WipeOutcome> done) {
      this.done = done;
      left.set(0, HashRing.SLOTS);
    }

    /** Asks the leaders of slots that were not asked yet. */
    void look() {
      if (ended) {
        return;
      }
      boolean isOver = ports.clock().nanoTime() - deadline >= 0 || !lease.holdsSince(term);
      if (left.isEmpty() || isOver) {
        end();
        return;
      }
      view.get().ifPresent(now -> leaders(now).forEach((leader, slots) -> ask(now, leader, slots)));
      ports.loop().schedule(config.renewal().toNanos() / 4, this::look);
    }

    private Map<Member, BitSet> leaders(View now) {
      var slots = new LinkedHashMap<Member, BitSet>();
      for (int slot = left.nextSetBit(0); slot >= 0; slot = left.nextSetBit(slot + 1)) {
        SlotTable.Tenure tenure = now.slots().tenure(slot);
        Optional<Member> leader = now.member(tenure.nodeId(), tenure.incarnation());
        if (leader.isPresent() && asked[slot] != tenure.epoch()) {
          slots.computeIfAbsent(leader.get(), _ -> new BitSet(HashRing.SLOTS)).set(slot);
        }
      }
      return slots;
    }

    private void ask(View now, Member leader, BitSet slots) {
      Optional<Peers.Heard> heard = peers.of(leader);
      boolean isHere = leader.isSameProcess(self);
      if (!isHere && heard.isEmpty()) {
        return;
      }
      List<Long> epochs =
          slots.stream().mapToObj(slot -> now.slots().tenure(slot).epoch()).toList();
      slots.stream().forEach(slot -> asked[slot] = now.slots().tenure(slot).epoch());
      if (isHere) {
        wipe.begin(
            now,
            slots,
            epochs,
            deadline,
            outcome -> answered(slots, epochs, outcome.slots(), outcome.groups()));
        return;
      }
      long ours = ports.clock().nanoTime();
      // Their clock now is this or later, so they never begin after the end.
      long theirs = heard.get().theirClock(ours) + (deadline - ours);
      requests.ask(
          leader,
          Math.max(1, deadline - ours),
          id -> new PeerMessage.AskWipe(id, theirs, slots, epochs),
          answer -> {
            Optional<PeerMessage.Wiped> wiped =
                answer
                    .filter(PeerMessage.Wiped.class::isInstance)
                    .map(PeerMessage.Wiped.class::cast);
            answered(
                slots,
                epochs,
                wiped.map(PeerMessage.Wiped::slots).orElse(new BitSet()),
                wiped.map(PeerMessage.Wiped::groups).orElse(0));
          });
    }

    private void answered(BitSet slots, List<Long> epochs, BitSet wiped, int forgotten) {
      groups += Math.max(0, forgotten);
      int i = 0;
      for (int slot = slots.nextSetBit(0); slot >= 0; slot = slots.nextSetBit(slot + 1)) {
        long epoch = epochs.get(i++);
        if (wiped.get(slot)) {
          left.clear(slot);
        } else if (asked[slot] == epoch) {
          asked[slot] = 0;
        }
      }
      if (left.isEmpty() && !ended) {
        end();
      }
    }

    private void end() {
      ended = true;
      var nodes = new TreeSet<String>();
      view.get()
          .ifPresent(
              now ->
                  left.stream()
                      .mapToObj(slot -> now.slots().tenure(slot).nodeId())
                      .filter(node -> !node.isEmpty())
                      .forEach(nodes::add));
      String reason = lease.holdsSince(term) ? "" : "this node lost its lease meanwhile";
      done.accept(new WipeOutcome(groups, left.cardinality(), List.copyOf(nodes), reason));
    }
  }
}
