package io.silverback.cluster.repair;

import static java.util.Map.entry;

import io.silverback.cluster.ClusterConfig;
import io.silverback.cluster.ClusterPorts;
import io.silverback.cluster.EpochFloor;
import io.silverback.cluster.HashRing;
import io.silverback.cluster.Member;
import io.silverback.cluster.ReplicaStore.Entry;
import io.silverback.cluster.Rule;
import io.silverback.cluster.View;
import io.silverback.cluster.message.PeerMessage;
import io.silverback.cluster.message.PeerMessage.ProcessId;
import io.silverback.cluster.message.Requests;
import io.silverback.cluster.slots.Led;
import io.silverback.cluster.slots.WaitingPushes;
import io.silverback.codec.model.Version;
import java.util.BitSet;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;

/**
 * Wipes slots that this node leads. Belongs to the loop.
 *
 * <h2>The way of a wipe</h2>
 *
 * <ol>
 *   <li>The slots are held: no update begins any more, and those at work end. One in which they do
 *       not end in time is not wiped now, nor is one that is being handed over.
 *   <li>Each slot gets a version, which is newer than all that was done in it.
 *   <li>All other members are told, and wipe what they have: they forget whatever is at or below
 *       the version, and raise the horizon of the slot to it. As many have to confirm it as hold a
 *       push before it is answered.
 *   <li>This node does the same, and only then shows the slot without its groups.
 *   <li>Updates go on. Theirs are newer than the version.
 * </ol>
 *
 * <h2>Why nothing comes back</h2>
 *
 * <p>A horizon says that whatever state at or below it is not here was purged on purpose. That is
 * true of a wipe wherever it was done, so unlike after a purge also members that own no copy may
 * say it. A leader that comes after this one asks all members before it shows anything, and meets
 * one that has wiped the slot. A member that was away follows in its next comparison ({@link
 * SlotSync}).
 *
 * <h2>What can go wrong</h2>
 *
 * <p>If too few members confirm it, or the lease or the slot is lost, nobody knows what will come
 * of it: a member that did wipe the slot brings the wipe to the others sooner or later. It never
 * takes what was pushed after its version.
 */
public final class Wipe {
  private static final System.Logger logger = System.getLogger(Wipe.class.getName());

  /** How long updates at work may take to end. */
  private static final long MOST_NANOS_BUSY = 1_000_000_000L;

  private static final long LOOK_NANOS = 5_000_000L;

  private final ClusterConfig config;
  private final Member self;
  private final ClusterPorts ports;
  private final Requests requests;
  private final Led led;
  private final WaitingPushes waiting;
  private final EpochFloor epochs;
  private final Supplier<BooleanSupplier> lease;
  private final UnaryOperator<BitSet> busy;
  private final Consumer<Member> onMissed;
  private final EnumSet<Rule> off;
  private final BitSet atWork = new BitSet(HashRing.SLOTS);

  /**
   * What was done.
   *
   * @param slots that are wiped for good
   * @param groups how many of their groups were here
   */
  public record Outcome(BitSet slots, int groups) {}

  /**
   * Wipes nothing before it is told to.
   *
   * @param lease makes what says whether the lease was held ever since
   * @param busy those of some slots in which an update is at work
   * @param onMissed told of a member that may not have wiped what others have
   */
  public Wipe(
      ClusterConfig config,
      Member self,
      ClusterPorts ports,
      Requests requests,
      Led led,
      WaitingPushes waiting,
      EpochFloor epochs,
      Supplier<BooleanSupplier> lease,
      UnaryOperator<BitSet> busy,
      Consumer<Member> onMissed,
      EnumSet<Rule> off) {
    this.config = config;
    this.self = self;
    this.ports = ports;
    this.requests = requests;
    this.led = led;
    this.waiting = waiting;
    this.epochs = epochs;
    this.lease = lease;
    this.busy = busy;
    this.onMissed = onMissed;
    this.off = off;
  }

  /** Those of the slots that are being wiped, which must not be handed over now. */
  public BitSet atWork(BitSet slots) {
    var both = (BitSet) slots.clone();
    both.and(atWork);
    return both;
  }

  /**
   * Wipes those of the slots that this node leads from these epochs on.
   *
   * @param deadline by the clock of this node, when it gives up what is not confirmed
   * @param done told once
   */
  public void begin(
      View view, BitSet slots, List<Long> epochs, long deadline, Consumer<Outcome> done) {
    var mine = new BitSet(HashRing.SLOTS);
    int i = 0;
    for (int slot = slots.nextSetBit(0);
        slot >= 0 && i < epochs.size();
        slot = slots.nextSetBit(slot + 1)) {
      long epoch = epochs.get(i++);
      mine.set(slot, led.takesUpdates(slot) && led.epoch(slot) == epoch);
    }
    // What waits for it has a budget, too, of which some has to be left afterwards.
    long now = ports.clock().nanoTime();
    long most = Math.min(deadline - now, config.pushBudget().toNanos() / 2);
    if (mine.isEmpty() || most <= 0) {
      done.accept(new Outcome(new BitSet(), 0));
      return;
    }
    new Work(view, mine, now + most, done).hold();
  }

  /** The wipe of some slots. */
  private final class Work {
    private final BitSet slots;
    private final long deadline;
    private final Consumer<Outcome> done;
    private final BooleanSupplier isLeasedSince = lease.get();
    private final List<Member> others;
    private final int needed;
    private final Map<Integer, Version> versions = new HashMap<>();
    private final int[] copies = new int[HashRing.SLOTS];
    private final Set<ProcessId> open = new HashSet<>();
    private boolean isOver;

    Work(View view, BitSet slots, long deadline, Consumer<Outcome> done) {
      this.slots = slots;
      this.deadline = deadline;
      this.done = done;
      others =
          view.members().stream()
              .filter(member -> !member.isSameProcess(self) && !member.voterOnly())
              .toList();
      needed =
          off.contains(Rule.REPLICATE_WIPES)
              ? 0
              : Math.min(config.replicationFactor() - 1, others.size());
    }

    void hold() {
      atWork.or(slots);
      if (off.contains(Rule.HOLD_WIPED_SLOTS)) {
        tellOthers();
        return;
      }
      led.hold(slots);
      awaitUpdates(ports.clock().nanoTime() + MOST_NANOS_BUSY);
    }

    private void awaitUpdates(long untilNanos) {
      BitSet left = busy.apply(slots);
      long now = ports.clock().nanoTime();
      if (!left.isEmpty() && now - untilNanos < 0 && now - deadline < 0) {
        ports.loop().schedule(LOOK_NANOS, () -> awaitUpdates(untilNanos));
        return;
      }
      resume(left);
      tellOthers();
    }

    private void tellOthers() {
      keepLed();
      Version version = ports.versions().next(0);
      slots.stream()
          .forEach(
              slot ->
                  versions.put(
                      slot, new Version(led.epoch(slot), version.clock(), version.incarnation())));
      if (slots.isEmpty() || needed == 0) {
        wipeHere();
        return;
      }
      long nanos = Math.max(1, deadline - ports.clock().nanoTime());
      var told = (BitSet) slots.clone();
      List<Version> inOrder = told.stream().mapToObj(versions::get).toList();
      others.forEach(member -> open.add(ProcessId.of(member)));
      for (Member member : others) {
        requests.ask(
            member,
            nanos,
            id -> new PeerMessage.WipeSlots(id, told, inOrder),
            answer ->
                answered(
                    member,
                    answer
                        .filter(PeerMessage.Wiped.class::isInstance)
                        .map(PeerMessage.Wiped.class::cast)
                        .map(PeerMessage.Wiped::slots)
                        .orElse(new BitSet())));
      }
    }

    private void answered(Member member, BitSet wiped) {
      wiped.stream().forEach(slot -> copies[slot]++);
      var missed = (BitSet) slots.clone();
      missed.andNot(wiped);
      if (!missed.isEmpty()) {
        onMissed.accept(member);
      }
      open.remove(ProcessId.of(member));
      boolean areSafe = slots.stream().allMatch(slot -> copies[slot] >= needed);
      if (!isOver && (areSafe || open.isEmpty())) {
        isOver = true;
        wipeHere();
      }
    }

    private void wipeHere() {
      var unsafe = new BitSet(HashRing.SLOTS);
      slots.stream().filter(slot -> copies[slot] < needed).forEach(unsafe::set);
      resume(unsafe);
      keepLed();
      if (slots.isEmpty()) {
        end(0);
        return;
      }
      var floors = new HashMap<>(versions);
      floors.keySet().removeIf(slot -> !slots.get(slot));
      ports
          .loop()
          .parallel(
              () -> wiped(floors),
              outcome -> outcome.ifPresentOrElse(this::wiped, () -> failed("see the log")));
    }

    private record Local(OptionalInt groups, Map<Integer, Long> above) {}

    private Local wiped(Map<Integer, Version> floors) {
      OptionalInt groups = ports.store().wipe(floors);
      var above = new HashMap<Integer, Long>();
      // A store of an earlier cluster may have what counts as newer.
      for (Entry left : ports.store().entries(floors::containsKey)) {
        int slot = HashRing.slotOf(left.key());
        Version floor = floors.getOrDefault(slot, Version.NEVER);
        long epoch = left.newest().epochAbove(floor);
        if (epoch > 0) {
          above.merge(slot, epoch, Math::max);
        }
      }
      return new Local(groups, above);
    }

    private void wiped(Local local) {
      local.above().forEach(epochs::met);
      var above = new BitSet(HashRing.SLOTS);
      local.above().keySet().forEach(above::set);
      resume(above);
      local
          .groups()
          .ifPresentOrElse(this::end, () -> failed("what was wiped could not be made safe"));
    }

    private void failed(String reason) {
      logger.log(System.Logger.Level.WARNING, "slots cannot be wiped", entry("reason", reason));
      resume((BitSet) slots.clone());
      end(0);
    }

    /** Another node may lead what is left out, so it is for that one to wipe it. */
    private void keepLed() {
      var lost = new BitSet(HashRing.SLOTS);
      slots.stream().filter(slot -> !isLed(slot)).forEach(lost::set);
      resume(lost);
    }

    private boolean isLed(int slot) {
      Version version = versions.get(slot);
      return isLeasedSince.getAsBoolean()
          && led.leads(slot)
          && (version == null || version.epoch() == led.epoch(slot));
    }

    /** Slots that are not wiped, or not any more. */
    private void resume(BitSet some) {
      slots.andNot(some);
      atWork.andNot(some);
      led.resume(some);
      waiting.takenOver(some);
    }

    private void end(int groups) {
      var wiped = (BitSet) slots.clone();
      resume((BitSet) slots.clone());
      done.accept(new Outcome(wiped, groups));
    }
  }
}
