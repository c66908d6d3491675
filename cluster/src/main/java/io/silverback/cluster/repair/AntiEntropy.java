package io.silverback.cluster.repair;

import io.silverback.cluster.ClusterPorts;
import io.silverback.cluster.EventCounts;
import io.silverback.cluster.HashRing;
import io.silverback.cluster.Member;
import io.silverback.cluster.Rule;
import io.silverback.cluster.SlotTable;
import io.silverback.cluster.View;
import io.silverback.cluster.message.PeerMessage.ProcessId;
import io.silverback.cluster.message.Requests;
import io.silverback.cluster.slots.Led;
import io.silverback.cluster.slots.Shares;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Compares the slots that this node leads with their other owners now and then, and brings them
 * what they lack: soon where they may lack something, seldom otherwise. Belongs to the loop.
 */
public final class AntiEntropy {
  private static final long SOON_NANOS = 1_000_000_000L;
  private static final long SELDOM_NANOS = 30_000_000_000L;

  private final Member self;
  private final ClusterPorts ports;
  private final Requests requests;
  private final Led led;
  private final Shares shares;
  private final EnumSet<Rule> off;
  private final EventCounts events;
  private final Map<ProcessId, BitSet> equal = new HashMap<>();
  private final Map<ProcessId, Long> comparedNanos = new HashMap<>();
  private final Set<ProcessId> busy = new HashSet<>();
  private final Set<ProcessId> missing = new HashSet<>();

  /** Of a comparison that is under way, what may not count when it ends. */
  private final Map<ProcessId, BitSet> doubted = new HashMap<>();

  private final Map<ProcessId, BitSet> owned = new HashMap<>();
  private SlotTable slots = SlotTable.EMPTY;
  private BitSet ownedOf = new BitSet();
  private long ownedEpoch;

  public AntiEntropy(
      Member self,
      ClusterPorts ports,
      Requests requests,
      Led led,
      Shares shares,
      EnumSet<Rule> off,
      EventCounts events) {
    this.self = self;
    this.ports = ports;
    this.requests = requests;
    this.led = led;
    this.shares = shares;
    this.off = off;
    this.events = events;
  }

  /** The member may lack a state that was meant for it. */
  public void missed(Member member) {
    equal.remove(ProcessId.of(member));
    missing.add(ProcessId.of(member));
  }

  /** The member owns these slots no more, and may forget what it has been found to have of them. */
  void mayForget(Member member, BitSet slots) {
    ProcessId id = ProcessId.of(member);
    Optional.ofNullable(equal.get(id)).ifPresent(same -> same.andNot(slots));
    Optional.ofNullable(doubted.get(id)).ifPresent(some -> some.or(slots));
  }

  /** All are compared soon, whatever is known of them. */
  public void compareSoon() {
    equal.clear();
    comparedNanos.clear();
  }

  public void enter(View view) {
    List<ProcessId> members = view.members().stream().map(ProcessId::of).toList();
    equal.keySet().retainAll(members);
    comparedNanos.keySet().retainAll(members);
    busy.retainAll(members);
    missing.retainAll(members);
    doubted.keySet().retainAll(members);
    forgetMoved(view);
  }

  /** While another one led a slot, its owners may have been others, and have forgotten it since. */
  private void forgetMoved(View view) {
    if (view.slots().equals(slots)) {
      return;
    }
    var moved = new BitSet(HashRing.SLOTS);
    for (int slot = 0; slot < HashRing.SLOTS; slot++) {
      moved.set(slot, !view.slots().tenure(slot).equals(slots.tenure(slot)));
    }
    slots = view.slots();
    equal.values().forEach(same -> same.andNot(moved));
    doubted.values().forEach(some -> some.or(moved));
  }

  /** Called now and then. */
  public void tick(View view) {
    learnOwners(view);
    long now = ports.clock().nanoTime();
    for (Member member : view.members()) {
      ProcessId id = ProcessId.of(member);
      BitSet slots = owned.getOrDefault(id, new BitSet());
      boolean isEqual = equal.containsKey(id) && contains(equal.get(id), slots);
      long last = comparedNanos.getOrDefault(id, now - SELDOM_NANOS);
      boolean isDue = now - last >= (isEqual ? SELDOM_NANOS : SOON_NANOS);
      if (!slots.isEmpty() && isDue && busy.add(id)) {
        comparedNanos.put(id, now);
        compare(member, slots);
      }
    }
  }

  private void compare(Member member, BitSet slots) {
    ProcessId id = ProcessId.of(member);
    missing.remove(id);
    doubted.put(id, new BitSet(HashRing.SLOTS));
    new SlotSync(
            ports,
            requests,
            off,
            SyncTask.exchange(member, slots),
            outcome -> {
              busy.remove(id);
              outcome.countIn(events);
              BitSet inDoubt = doubted.remove(id);
              // What it missed meanwhile may not have been compared.
              if (outcome.covers(slots) && !missing.contains(id) && inDoubt != null) {
                var same = (BitSet) slots.clone();
                same.andNot(inDoubt);
                equal.put(id, same);
              }
            })
        .start();
  }

  /** Which of the slots that this node leads each other member should hold. */
  private void learnOwners(View view) {
    BitSet now = led.led();
    if (ownedEpoch == view.epoch() && ownedOf.equals(now)) {
      return;
    }
    ownedEpoch = view.epoch();
    ownedOf = now;
    owned.clear();
    for (Member member : view.members()) {
      if (!member.isSameProcess(self)) {
        var slots = (BitSet) shares.of(member).clone();
        slots.and(now);
        owned.put(ProcessId.of(member), slots);
      }
    }
  }

  /** True if the member is known to hold all of those slots that it should hold. */
  public boolean isCopied(Member member, BitSet slots) {
    var wanted = (BitSet) shares.of(member).clone();
    wanted.and(slots);
    return contains(equal.getOrDefault(ProcessId.of(member), new BitSet()), wanted);
  }

  /** How many led slots have an owner that is not known to hold all. */
  public int underReplicated() {
    var lacking = new BitSet(HashRing.SLOTS);
    owned.forEach(
        (id, slots) -> {
          var missing = (BitSet) slots.clone();
          missing.andNot(equal.getOrDefault(id, new BitSet()));
          lacking.or(missing);
        });
    return lacking.cardinality();
  }

  /** The copies that a led slot has at least, this node's included; 0 if none is led. */
  public int fewestCopies() {
    BitSet slots = led.led();
    // The slots with a first other copy, with a second one, and so on.
    var copied = new ArrayList<BitSet>();
    owned.forEach(
        (id, share) -> {
          var more = (BitSet) equal.getOrDefault(id, new BitSet()).clone();
          more.and(share);
          for (int i = 0; !more.isEmpty(); i++) {
            if (i == copied.size()) {
              copied.add(new BitSet(HashRing.SLOTS));
            }
            BitSet before = copied.get(i);
            var again = (BitSet) before.clone();
            again.and(more);
            before.or(more);
            more = again;
          }
        });
    long everywhere = copied.stream().takeWhile(each -> contains(each, slots)).count();
    return slots.isEmpty() ? 0 : 1 + (int) everywhere;
  }

  private static boolean contains(BitSet all, BitSet some) {
    var missing = (BitSet) some.clone();
    missing.andNot(all);
    return missing.isEmpty();
  }
}
