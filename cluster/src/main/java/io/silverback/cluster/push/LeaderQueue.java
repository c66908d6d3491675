package io.silverback.cluster.push;

import io.silverback.cluster.Clock;
import io.silverback.cluster.ClusterConfig;
import io.silverback.cluster.ClusterEvent;
import io.silverback.cluster.ClusterPorts;
import io.silverback.cluster.EpochFloor;
import io.silverback.cluster.EventCounts;
import io.silverback.cluster.GroupId;
import io.silverback.cluster.HashRing;
import io.silverback.cluster.Loop;
import io.silverback.cluster.ReplicaStore;
import io.silverback.cluster.ReplicaStore.Prepared;
import io.silverback.cluster.ReplicaStore.State;
import io.silverback.cluster.ReplicaStore.Update;
import io.silverback.cluster.Rule;
import io.silverback.cluster.View;
import io.silverback.cluster.agree.Lease;
import io.silverback.cluster.agree.Minority;
import io.silverback.cluster.slots.Led;
import io.silverback.cluster.slots.WaitingPushes;
import io.silverback.codec.model.Version;
import io.silverback.codec.model.VersionClock;
import java.util.ArrayDeque;
import java.util.BitSet;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.function.Consumer;
import java.util.function.IntConsumer;
import java.util.function.Supplier;

/**
 * Does the updates of the groups that this node leads: gives each a version, replicates what comes
 * of it, shows it, and answers, in this order. Belongs to the loop.
 *
 * <h2>Order</h2>
 *
 * <p>Each group has a queue, and only the first update of a queue is at work: what {@link
 * ReplicaStore#prepare} works out holds until the merge of the same update. Queues of different
 * groups do not wait for each other.
 *
 * <h2>What an answer means</h2>
 *
 * <p>An update is answered once enough members hold its state and this node shows it. Between the
 * steps the node may lose its lease or the slot. Before the state went out, nothing has happened,
 * and another leader may be asked ({@link Result.NotHere}). Afterwards nobody knows what will come
 * of it, so the client is told to try again, and the claims of its series are kept until no replica
 * can store the state any more.
 *
 * <h2>Copies</h2>
 *
 * <p>A client that got no answer sends its update again, and the first copy may still be on its
 * way. If it came after the second one was answered, an old value would replace a newer one. So the
 * queue remembers when the last answered update of each group began, for longer than a copy can be
 * on its way, and refuses updates that were sent before.
 *
 * <h2>Without a majority</h2>
 *
 * <p>A node that takes pushes by itself ({@link Minority}) does updates of all groups in the same
 * queues: with versions of the epoch from which on the slot has its leader, which may be another
 * node, and without copies.
 *
 * <p>Longer than other classes, as all steps of an update are here in their order.
 */
public final class LeaderQueue {
  private static final int MOST_WAITING = 20_000;
  private static final int MOST_BEGUN = 200_000;

  /** What a push is told that this node takes by itself. */
  private static final String NEWER_HERE =
      "the group has a value from a clock that is ahead, or from a later view, and this node does"
          + " not reach the others, try again";

  private final Clock clock;
  private final Loop loop;
  private final ReplicaStore store;
  private final VersionClock versions;
  private final Lease lease;
  private final Minority minority;
  private final Led led;
  private final Replicator replicator;
  private final Claims claims;
  private final EpochFloor epochs;
  private final WaitingPushes waits;
  private final Supplier<Optional<View>> view;
  private final IntConsumer onAlone;
  private final EnumSet<Rule> off;
  private final EventCounts events;
  private final Map<GroupId, Queue<Turn>> groups = new HashMap<>();
  private final Map<GroupId, Long> begun = new LinkedHashMap<>();
  private final long memoryNanos;
  private final long againNanos;
  private final int[] waitingIn = new int[HashRing.SLOTS];
  private int waiting;
  private int aloneAtWork;

  /** What became of an update. */
  sealed interface Result {
    /**
     * It is done, or refused.
     *
     * @param changes false if the group is what it was before
     */
    record Answered(byte[] answer, boolean changes) implements Result {}

    /** Nothing was done: ask the node that leads the group now. */
    record NotHere() implements Result {}

    record Unavailable(String reason) implements Result {}
  }

  /**
   * A queue without updates.
   *
   * @param onAlone told of each slot of which this node has taken an update by itself
   */
  public LeaderQueue(
      ClusterConfig config,
      ClusterPorts ports,
      Lease lease,
      Minority minority,
      Led led,
      Replicator replicator,
      Claims claims,
      EpochFloor epochs,
      WaitingPushes waits,
      Supplier<Optional<View>> view,
      IntConsumer onAlone,
      EnumSet<Rule> off,
      EventCounts events) {
    // A forwarded update is dropped when it is older than a lease.
    this.memoryNanos = 2 * config.lease().toNanos();
    this.clock = ports.clock();
    this.loop = ports.loop();
    this.store = ports.store();
    this.versions = ports.versions();
    this.lease = lease;
    this.minority = minority;
    this.led = led;
    this.replicator = replicator;
    this.claims = claims;
    this.epochs = epochs;
    this.waits = waits;
    this.againNanos = config.renewal().toNanos() / 2;
    this.view = view;
    this.onAlone = onAlone;
    this.off = off;
    this.events = events;
  }

  /**
   * Takes an update; all times are of the monotonic clock of this node.
   *
   * @param deadline when its time ends
   * @param sentBy a moment at which it was on its way already: if a later one was answered since
   *     then, this may be a copy of something that the client has given up and done again
   */
  void submit(
      int slot, byte[] key, Update update, long deadline, long sentBy, Consumer<Result> done) {
    submit(slot, key, update, deadline, sentBy, Optional.empty(), done);
  }

  /** The same of a node that takes updates by itself, whichever node leads the slot. */
  void submitAlone(
      int slot,
      byte[] key,
      Update update,
      long deadline,
      Minority.Fresh alone,
      Consumer<Result> done) {
    submit(slot, key, update, deadline, clock.nanoTime(), Optional.of(alone), done);
  }

  /** True if some update that was taken without a majority may still change something here. */
  public boolean isAloneAtWork() {
    return aloneAtWork > 0;
  }

  private void submit(
      int slot,
      byte[] key,
      Update update,
      long deadline,
      long sentBy,
      Optional<Minority.Fresh> alone,
      Consumer<Result> done) {
    if (waiting >= MOST_WAITING) {
      done.accept(new Result.Unavailable("too many pushes wait, push less or add nodes"));
      return;
    }
    waiting++;
    waitingIn[slot]++;
    Queue<Turn> queue = groups.computeIfAbsent(new GroupId(key), _ -> new ArrayDeque<>());
    var turn = new Turn(queue, slot, key, update, deadline, sentBy, alone, done);
    queue.add(turn);
    if (queue.size() == 1) {
      turn.begin();
    }
  }

  /**
   * The oldest time that an update has which is at work, or that moment if it is earlier: what is
   * older is visible, or will never be.
   */
  public long oldestMillis(long nowMillis) {
    return groups.values().stream()
        .flatMap(Queue::stream)
        .mapToLong(turn -> turn.stampMillis)
        .reduce(nowMillis, Math::min);
  }

  int waiting() {
    return waiting;
  }

  /** Those of the slots in which some update is at work, or waits. */
  public BitSet busy(BitSet slots) {
    var busy = new BitSet(HashRing.SLOTS);
    slots.stream().filter(slot -> waitingIn[slot] > 0).forEach(busy::set);
    return busy;
  }

  /** When the update of that group began that was answered last. */
  private Optional<Long> lastBegun(GroupId group) {
    long now = clock.nanoTime();
    var oldest = begun.values().iterator();
    while (oldest.hasNext() && (begun.size() > MOST_BEGUN || now - oldest.next() > memoryNanos)) {
      oldest.remove();
      oldest = begun.values().iterator();
    }
    return Optional.ofNullable(begun.get(group));
  }

  /**
   * The turn of one update, which is the first of its queue. It is prepared, then its new series
   * are claimed, then its state is replicated, then shown, then it ends; from any step it may end
   * early. Where the home of the job does not answer, it begins again.
   */
  private final class Turn {
    private final Queue<Turn> queue;
    private final int slot;
    private final byte[] key;
    private final GroupId group;
    private final Update update;
    private final long deadline;
    private final long sentBy;
    private final Optional<Minority.Fresh> alone;
    private final Consumer<Result> done;

    /** The number of the lease with which it came. */
    private final long admitted = lease.number();

    /** Since when it is prepared; empty before. */
    private Optional<Long> startedNanos = Optional.empty();

    /** From which on this node led the slot, and the number of its lease, when it was prepared. */
    private long epoch;

    private long term;

    /** What its state has for a time; later than any before it is prepared. */
    private long stampMillis = Long.MAX_VALUE;

    private boolean changes;

    /** Of the view by which its copies were sent. */
    private long sentEpoch;

    private record Work(Prepared outcome, boolean changes) {}

    Turn(
        Queue<Turn> queue,
        int slot,
        byte[] key,
        Update update,
        long deadline,
        long sentBy,
        Optional<Minority.Fresh> alone,
        Consumer<Result> done) {
      this.queue = queue;
      this.slot = slot;
      this.key = key;
      this.group = new GroupId(key);
      this.update = update;
      this.deadline = deadline;
      this.sentBy = sentBy;
      this.alone = alone;
      this.done = done;
    }

    void begin() {
      if (clock.nanoTime() - deadline >= 0) {
        end(new Result.Unavailable("the push waited too long"));
      } else if (!mayLead() || isOvertaken()) {
        end(new Result.NotHere());
      } else {
        prepare();
      }
    }

    /**
     * Without a lease others lead, and this node does not know what they have answered since then:
     * an update from before that waits here may be one that the client has done again.
     */
    private boolean mayLead() {
      if (alone.isPresent()) {
        return minority.holds(alone.get());
      }
      boolean anyLease = off.contains(Rule.LEASE_AT_ADMISSION);
      return led.takesUpdates(slot)
          && (off.contains(Rule.LEASE_BEFORE_REPLICATION)
              || (anyLease ? lease.holds() : lease.holdsSince(admitted)));
    }

    private boolean isOvertaken() {
      return lastBegun(group).filter(last -> sentBy - last < 0).isPresent();
    }

    private void prepare() {
      aloneAtWork += alone.isPresent() && startedNanos.isEmpty() ? 1 : 0;
      startedNanos = Optional.of(clock.nanoTime());
      epoch = alone.isPresent() ? tenureEpoch() : led.epoch(slot);
      term = lease.number();
      Version version = alone.map(Minority.Fresh::versions).orElse(versions).next(epoch);
      long wallMillis = clock.wallMillis();
      stampMillis = wallMillis;
      ask(
          () -> prepared(version, wallMillis),
          prepared -> {
            changes = prepared.changes();
            switch (prepared.outcome()) {
              case Prepared.Settled(var answer) -> end(new Result.Answered(answer, false));
              case Prepared.Overtaken(long stored) -> {
                epochs.met(slot, stored);
                end(new Result.Unavailable(alone.isPresent() ? NEWER_HERE : EpochFloor.REASON));
              }
              case Prepared.Effect effect -> claim(effect);
            }
          });
    }

    private Work prepared(Version version, long wallMillis) {
      Prepared prepared = store.prepare(update, version, wallMillis);
      return new Work(held(prepared), !(prepared instanceof Prepared.Settled));
    }

    private Prepared held(Prepared prepared) {
      return switch (prepared) {
        // Nothing changes; but what is here may have come from a leader that could not answer for
        // it, so others have to hold it before anybody builds on it.
        case Prepared.Settled(var answer) ->
            store
                .wholeState(key)
                .<Prepared>map(
                    state -> new Prepared.Effect(State.of(state), Optional.empty(), answer))
                .orElse(prepared);
        case Prepared.Effect _, Prepared.Overtaken _ -> prepared;
      };
    }

    private void claim(Prepared.Effect effect) {
      if (effect.claim().isEmpty() || !isStillLeader()) {
        replicate(effect);
        return;
      }
      View now = view.get().orElseThrow();
      ReplicaStore.Claim claim = effect.claim().get();
      JobHome.Judged judged =
          (verdict, reason) -> {
            switch (verdict) {
              case GRANTED, GRANTED_ALL -> replicate(effect);
              case COLLIDES ->
                  ask(
                      () -> store.refusal(update, reason),
                      refusal -> end(new Result.Answered(refusal, false)));
              // Within its time; what was prepared is forgotten.
              case RETRY -> awaitHome(claim);
            }
          };
      if (alone.isPresent()) {
        claims.claimAlone(now, key, claim, judged);
      } else {
        claims.claim(now, key, claim, judged);
      }
    }

    /**
     * A view or a take-over says that there is a new home. What an old one waits for only it knows.
     */
    private void awaitHome(ReplicaStore.Claim claim) {
      long again = clock.nanoTime() + againNanos;
      waits.await(Claims.slotOf(claim.job()), again - deadline > 0 ? deadline : again, this::begin);
    }

    private void replicate(Prepared.Effect effect) {
      if (!isStillLeader()) {
        end(new Result.NotHere());
        return;
      }
      if (alone.isPresent()) {
        events.count(ClusterEvent.PUSHES_WITHOUT_COPY);
        onAlone.accept(slot);
        sentEpoch = viewEpoch();
        expose(effect);
        return;
      }
      if (off.contains(Rule.REPLICATE_BEFORE_EXPOSING)) {
        store.merge(effect.state());
      }
      if (off.contains(Rule.REPLICATE_BEFORE_ANSWERING)) {
        expose(effect);
        return;
      }
      sentEpoch = viewEpoch();
      replicator.replicate(
          slot,
          epoch,
          key,
          effect.state(),
          Math.max(1, deadline - clock.nanoTime()),
          outcome -> {
            switch (outcome) {
              case Replicator.Outcome.Safe() when isStillLeader() -> expose(effect);
              case Replicator.Outcome.Safe() -> endUnknown("the leader of the group has changed");
              case Replicator.Outcome.Unsafe(var reason) -> endUnknown(reason);
            }
          });
    }

    private long viewEpoch() {
      return view.get().map(View::epoch).orElse(0L);
    }

    private long tenureEpoch() {
      return view.get().map(now -> now.slots().tenure(slot).epoch()).orElse(0L);
    }

    private boolean isStillLeader() {
      if (alone.isPresent()) {
        return minority.holds(alone.get()) && tenureEpoch() == epoch;
      }
      return led.leads(slot)
          && led.epoch(slot) == epoch
          && (off.contains(Rule.LEASE_BEFORE_REPLICATION) || lease.holdsSince(term));
    }

    private void expose(Prepared.Effect effect) {
      ask(
          () -> store.merge(effect.state()),
          merged -> {
            switch (merged) {
              // Only of a tombstone that was here before the update, which left it alone.
              case ReplicaStore.Merged.Done(), ReplicaStore.Merged.Purged()
                  when alone.isPresent() && !isStillLeader() ->
                  endUnknown("other nodes are reached again");
              case ReplicaStore.Merged.Done(), ReplicaStore.Merged.Purged() -> {
                if (viewEpoch() != sentEpoch) {
                  replicator.storedAfterAView(slot);
                }
                end(new Result.Answered(effect.answer(), changes));
              }
              case ReplicaStore.Merged.Overtaken(long stored) -> {
                epochs.met(slot, stored);
                endUnknown(EpochFloor.REASON);
              }
              case ReplicaStore.Merged.ShapeMissing() ->
                  endUnknown("the group has changed meanwhile");
              case ReplicaStore.Merged.Refused(var reason) -> endUnknown(reason);
            }
          });
    }

    /** Where the store fails, the update ends, or those after it would wait for ever. */
    private <T> void ask(Supplier<T> work, Consumer<T> then) {
      loop.parallel(
          work,
          outcome ->
              outcome.ifPresentOrElse(then, () -> endUnknown("the store failed, see the log")));
    }

    /** Replicas have the state, or may still store it, so nobody else may have its series now. */
    private void endUnknown(String reason) {
      claims.keep(key, deadline);
      end(new Result.Unavailable(reason));
    }

    private void end(Result result) {
      queue.remove();
      waiting--;
      waitingIn[slot]--;
      aloneAtWork -= alone.isPresent() && startedNanos.isPresent() ? 1 : 0;
      if (result instanceof Result.Answered && startedNanos.isPresent()) {
        begun.remove(group);
        begun.put(group, startedNanos.get());
      }
      claims.settle(view.get(), key);
      if (queue.isEmpty()) {
        groups.remove(group);
      } else {
        // Not in this call, or a long queue would be a deep stack.
        loop.execute(queue.element()::begin);
      }
      // Last, as the client that is told may hand over the next update at once.
      done.accept(result);
    }
  }
}
