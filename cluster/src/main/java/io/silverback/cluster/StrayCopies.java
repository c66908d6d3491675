package io.silverback.cluster;

import io.silverback.cluster.ReplicaStore.Entry;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.EnumSet;
import java.util.List;
import java.util.function.Consumer;

/**
 * Clears away the copies that other members have of slots that this node leads and they do not own:
 * from when they did, or took a push in place of an owner. Belongs to the loop.
 *
 * <p>Such a copy may be the only second one of an acknowledged push. So it goes in this order: look
 * what the member has, fetch what of that is newer here, bring all owners what they lack, and only
 * then let the member drop what it has shown, if that is as it was. One member at a time, and a
 * limited number of groups.
 */
final class StrayCopies {
  private static final int SLOTS_AT_ONCE = 512;
  private static final int GROUPS_AT_ONCE = 2_048;
  private static final long TIMEOUT_NANOS = 5_000_000_000L;
  private static final long SHORTEST_NANOS = 500_000_000L;
  private static final long LONGEST_NANOS = 30_000_000_000L;

  private final ClusterConfig config;
  private final Member self;
  private final ClusterPorts ports;
  private final Requests requests;
  private final Led led;
  private final AntiEntropy antiEntropy;
  private final EnumSet<Rule> off;
  private final Counters counters;
  private long epoch;
  private long lastNanos;
  private int turn;
  private boolean busy;

  StrayCopies(
      ClusterConfig config,
      Member self,
      ClusterPorts ports,
      Requests requests,
      Led led,
      AntiEntropy antiEntropy,
      EnumSet<Rule> off,
      Counters counters) {
    this.config = config;
    this.self = self;
    this.ports = ports;
    this.requests = requests;
    this.led = led;
    this.antiEntropy = antiEntropy;
    this.off = off;
    this.counters = counters;
    this.lastNanos = ports.clock().nanoTime();
  }

  /** Called now and then, after the owners are known. */
  void tick(View view) {
    epoch = view.epoch();
    long now = ports.clock().nanoTime();
    long interval = Math.clamp(config.tombstoneAge().toNanos() / 12, SHORTEST_NANOS, LONGEST_NANOS);
    if (busy || now - lastNanos < interval || led.led().isEmpty()) {
      return;
    }
    lastNanos = now;
    List<Member> others =
        view.members().stream()
            .filter(member -> !member.isSameProcess(self) && !member.voterOnly())
            .toList();
    if (!others.isEmpty()) {
      Member member = others.get(turn++ % others.size());
      var strays = (BitSet) led.led().clone();
      strays.andNot(antiEntropy.owned(member));
      if (!strays.isEmpty()) {
        busy = true;
        look(view, member, strays);
      }
    }
  }

  private void look(View view, Member member, BitSet strays) {
    requests.ask(
        member,
        TIMEOUT_NANOS,
        id -> new PeerMessage.AskDigests(id, strays, List.of()),
        answer -> {
          var held = new BitSet(HashRing.SLOTS);
          if (answer.isPresent() && answer.get() instanceof PeerMessage.Digests digests) {
            int i = 0;
            for (int slot = strays.nextSetBit(0);
                slot >= 0 && i < digests.digests().size() && held.cardinality() < SLOTS_AT_ONCE;
                slot = strays.nextSetBit(slot + 1)) {
              held.set(slot, digests.digests().get(i++) != 0);
            }
          }
          if (held.isEmpty()) {
            busy = false;
          } else {
            list(view, member, held);
          }
        });
  }

  private void list(View view, Member member, BitSet held) {
    requests.ask(
        member,
        TIMEOUT_NANOS,
        id -> new PeerMessage.AskEntries(id, held),
        answer -> {
          var copies = new ArrayList<Entry>();
          if (answer.isPresent() && answer.get() instanceof PeerMessage.Entries entries) {
            entries.entries().stream().limit(GROUPS_AT_ONCE).forEach(copies::add);
          }
          var slots = new BitSet(HashRing.SLOTS);
          copies.forEach(copy -> slots.set(HashRing.slotOf(copy.key())));
          slots.and(held);
          if (slots.isEmpty()) {
            busy = false;
            return;
          }
          sync(
              member,
              slots,
              false,
              complete -> {
                if (complete) {
                  confirm(view, member, slots, copies);
                } else {
                  busy = false;
                }
              });
        });
  }

  /** Lets all owners have what this node has now. */
  private void confirm(View view, Member member, BitSet slots, List<Entry> copies) {
    var unanswered = new ArrayList<Member>();
    if (!off.contains(Rule.DROP_ONLY_WHAT_OWNERS_HOLD)) {
      view.members().stream()
          .filter(owner -> antiEntropy.owned(owner).intersects(slots))
          .forEach(unanswered::add);
    }
    if (unanswered.isEmpty()) {
      drop(view, member, slots, copies);
    }
    var all = new boolean[] {true};
    for (Member owner : List.copyOf(unanswered)) {
      var owned = (BitSet) antiEntropy.owned(owner).clone();
      owned.and(slots);
      sync(
          owner,
          owned,
          true,
          complete -> {
            unanswered.remove(owner);
            all[0] &= complete;
            if (unanswered.isEmpty() && all[0]) {
              drop(view, member, slots, copies);
            } else if (unanswered.isEmpty()) {
              busy = false;
            }
          });
    }
  }

  private void drop(View view, Member member, BitSet slots, List<Entry> copies) {
    // In another view there may be owners that nobody has asked.
    if (epoch != view.epoch() || !slots.stream().allMatch(led::leads)) {
      busy = false;
      return;
    }
    // If it comes to own the slots again, it is not known to hold them.
    antiEntropy.missed(member);
    requests.ask(
        member, TIMEOUT_NANOS, id -> new PeerMessage.DropCopies(id, copies), _ -> busy = false);
  }

  private void sync(Member peer, BitSet slots, boolean delivers, Consumer<Boolean> done) {
    new SlotSync(
            ports,
            requests,
            peer,
            slots,
            List.of(),
            delivers,
            off,
            counters,
            outcome -> done.accept(outcome.complete()))
        .start();
  }
}
