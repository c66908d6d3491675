package io.silverback.cluster.repair;

import io.silverback.cluster.ClusterConfig;
import io.silverback.cluster.ClusterEvent;
import io.silverback.cluster.ClusterPorts;
import io.silverback.cluster.EventCounts;
import io.silverback.cluster.Member;
import io.silverback.cluster.Rule;
import io.silverback.cluster.View;
import io.silverback.cluster.message.PeerMessage.ProcessId;
import io.silverback.cluster.message.Requests;
import io.silverback.cluster.slots.Led;
import io.silverback.cluster.slots.Shares;
import io.silverback.codec.model.Version;
import java.util.BitSet;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.function.Consumer;

/**
 * Purges the slots that this node leads of what was deleted long ago: now and then finds such
 * tombstones, makes sure that every owner has them, and raises its horizon to the newest of each
 * slot. Belongs to the loop.
 */
public final class Purge {
  /*
   * Implementation notes
   *
   * What must never happen is that a group comes back, since the last node that knew of its end is
   * gone; or that something is dropped that nobody purged. A process may end at any point:
   *
   * 1. Until this node raises its horizon, nothing has changed but that owners know more.
   * 2. The store makes the horizon safe before it forgets a tombstone. In between both are there,
   *    and say the same.
   * 3. So this node, the leader, comes first: while it is the only one, all owners have the
   *    tombstones, as they did before. It may raise its horizon because it leads: it has merged what
   *    every member had, and whatever was written since went through it.
   * 4. The others follow in the next comparison with them, each for itself, by the rule of SlotSync:
   *    an owner fetches what the leader has, drops what that has purged, makes the horizon safe, and
   *    then forgets. One whose horizon is up says so to the node that compares with it, whether the leader
   *    lives or not. One that is asked too late, or never, has its tombstones still.
   *
   * Members that own no copy are not told. They may lack what the owners have, so a horizon of
   * theirs would say of that, too, that it was purged.
   */

  private static final int SLOTS_AT_ONCE = 2_048;
  private static final int ROUNDS_IN_AGE = 12;
  private static final long SHORTEST_NANOS = 500_000_000L;
  private static final long LONGEST_NANOS = 300_000_000_000L;

  private final ClusterConfig config;
  private final Member self;
  private final ClusterPorts ports;
  private final Requests requests;
  private final Led led;
  private final Shares shares;
  private final Consumer<Member> onRaised;
  private final EnumSet<Rule> off;
  private final EventCounts events;
  private long epoch;
  private long lastNanos;
  private boolean waited;
  private boolean busy;

  /**
   * Purges nothing before the first {@link #tick}.
   *
   * @param onRaised told of an owner whose horizons may be lower than those of this node now
   */
  public Purge(
      ClusterConfig config,
      Member self,
      ClusterPorts ports,
      Requests requests,
      Led led,
      Shares shares,
      Consumer<Member> onRaised,
      EnumSet<Rule> off,
      EventCounts events) {
    this.config = config;
    this.self = self;
    this.ports = ports;
    this.requests = requests;
    this.led = led;
    this.shares = shares;
    this.onRaised = onRaised;
    this.off = off;
    this.events = events;
  }

  /** Called now and then. */
  public void tick(View view) {
    epoch = view.epoch();
    long now = ports.clock().nanoTime();
    if (!waited) {
      waited = true;
      lastNanos = now;
    }
    long interval =
        Math.clamp(config.tombstoneAge().toNanos() / ROUNDS_IN_AGE, SHORTEST_NANOS, LONGEST_NANOS);
    if (!busy && now - lastNanos >= interval && !led.led().isEmpty()) {
      busy = true;
      lastNanos = now;
      find(view);
    }
  }

  private void find(View view) {
    BitSet slots = led.led();
    long before = ports.clock().wallMillis() - config.tombstoneAge().toMillis();
    ports
        .loop()
        .background(
            () -> ports.store().purgeable(slots::get, before, SLOTS_AT_ONCE),
            found -> confirm(view, new HashMap<>(found.orElse(Map.of()))));
  }

  /** Compares with each other owner, which then has what this node has had. */
  private void confirm(View view, Map<Integer, Version> found) {
    Map<Member, BitSet> owned = ownersOf(view, found);
    var unanswered = new HashSet<ProcessId>();
    owned.keySet().forEach(owner -> unanswered.add(ProcessId.of(owner)));
    if (owned.isEmpty()) {
      raise(view, found);
    }
    owned.forEach(
        (owner, slots) ->
            new SlotSync(
                    ports,
                    requests,
                    off,
                    SyncTask.exchange(owner, slots),
                    outcome -> {
                      outcome.countIn(events);
                      unanswered.remove(ProcessId.of(owner));
                      if (!outcome.covers(slots)) {
                        slots.stream().forEach(found::remove);
                      }
                      if (unanswered.isEmpty()) {
                        raise(view, found);
                      }
                    })
                .start());
  }

  /** The other members that should hold some of those slots, with these. */
  private Map<Member, BitSet> ownersOf(View view, Map<Integer, Version> found) {
    var owned = new HashMap<Member, BitSet>();
    for (Member member : view.members()) {
      var slots = new BitSet();
      found.keySet().stream().filter(shares.of(member)::get).forEach(slots::set);
      if (!slots.isEmpty() && !member.isSameProcess(self)) {
        owned.put(member, slots);
      }
    }
    return owned;
  }

  private void raise(View view, Map<Integer, Version> found) {
    // In another view there may be owners that nobody has asked.
    found.keySet().removeIf(slot -> epoch != view.epoch() || !led.leads(slot));
    if (found.isEmpty()) {
      busy = false;
      return;
    }
    ports
        .loop()
        .background(
            () -> ports.store().raise(found, _ -> true),
            forgotten -> {
              busy = false;
              events.add(ClusterEvent.PURGED, forgotten.orElse(0));
              ownersOf(view, found).keySet().forEach(onRaised);
            });
  }
}
