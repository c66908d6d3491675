package io.silverback.cluster.push;

import io.silverback.cluster.Clock;
import io.silverback.cluster.ClusterConfig;
import io.silverback.cluster.ClusterPorts;
import io.silverback.cluster.EpochFloor;
import io.silverback.cluster.GroupId;
import io.silverback.cluster.Loop;
import io.silverback.cluster.ReplicaStore;
import io.silverback.cluster.ReplicaStore.Prepared;
import io.silverback.cluster.Rule;
import io.silverback.cluster.View;
import io.silverback.cluster.agree.Lease;
import io.silverback.cluster.slots.Led;
import io.silverback.cluster.slots.WaitingPushes;
import io.silverback.codec.model.Version;
import io.silverback.codec.model.VersionClock;
import java.util.ArrayDeque;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * Does the updates of the groups that this node leads, those of one group one after the other:
 * gives each a version, replicates what comes of it, shows it, and answers, in this order. Belongs
 * to the loop.
 */
public final class LeaderQueue {
  private static final int MOST_WAITING = 20_000;
  private static final int MOST_BEGUN = 200_000;

  private final Clock clock;
  private final Loop loop;
  private final ReplicaStore store;
  private final VersionClock versions;
  private final Lease lease;
  private final Led led;
  private final Replicator replicator;
  private final Claims claims;
  private final EpochFloor epochs;
  private final WaitingPushes waits;
  private final Supplier<Optional<View>> view;
  private final EnumSet<Rule> off;
  private final Map<GroupId, Queue<Update>> groups = new HashMap<>();
  private final Map<GroupId, Long> startedNanos = new HashMap<>();
  private final Map<GroupId, Long> begun = new LinkedHashMap<>();
  private final long memoryNanos;
  private final long againNanos;
  private int waiting;

  /** What became of an update. */
  sealed interface Result {
    record Answered(byte[] answer) implements Result {}

    /** Nothing was done: ask whoever leads the group now. */
    record NotHere() implements Result {}

    record Unavailable(String reason) implements Result {}
  }

  private record Update(
      int slot, byte[] key, byte[] update, long deadline, long sentBy, Consumer<Result> done) {}

  public LeaderQueue(
      ClusterConfig config,
      ClusterPorts ports,
      VersionClock versions,
      Lease lease,
      Led led,
      Replicator replicator,
      Claims claims,
      EpochFloor epochs,
      WaitingPushes waits,
      Supplier<Optional<View>> view,
      EnumSet<Rule> off) {
    // A forwarded update is dropped when it is older than a lease.
    this.memoryNanos = 2 * config.lease().toNanos();
    this.clock = ports.clock();
    this.loop = ports.loop();
    this.store = ports.store();
    this.versions = versions;
    this.lease = lease;
    this.led = led;
    this.replicator = replicator;
    this.claims = claims;
    this.epochs = epochs;
    this.waits = waits;
    this.againNanos = config.renewal().toNanos() / 2;
    this.view = view;
    this.off = off;
  }

  /**
   * Takes an update; all times are of the monotonic clock of this node.
   *
   * @param deadline when its time ends
   * @param sentBy a moment at which it was on its way already: if a later one was answered since
   *     then, this may be a copy of something that the client has given up and done again
   */
  void submit(
      int slot, byte[] key, byte[] update, long deadline, long sentBy, Consumer<Result> done) {
    if (waiting >= MOST_WAITING) {
      done.accept(new Result.Unavailable("too many pushes wait, push less or add nodes"));
      return;
    }
    waiting++;
    Queue<Update> queue = groups.computeIfAbsent(new GroupId(key), _ -> new ArrayDeque<>());
    queue.add(new Update(slot, key, update, deadline, sentBy, done));
    if (queue.size() == 1) {
      begin(queue);
    }
  }

  private void begin(Queue<Update> queue) {
    Update next = queue.element();
    if (clock.nanoTime() - next.deadline() >= 0) {
      end(queue, new Result.Unavailable("the push waited too long"));
    } else if (!mayLead(next) || isOvertaken(next)) {
      end(queue, new Result.NotHere());
    } else {
      prepare(queue, next);
    }
  }

  private boolean isOvertaken(Update update) {
    long now = clock.nanoTime();
    var oldest = begun.values().iterator();
    while (oldest.hasNext() && (begun.size() > MOST_BEGUN || now - oldest.next() > memoryNanos)) {
      oldest.remove();
      oldest = begun.values().iterator();
    }
    Long last = begun.get(new GroupId(update.key()));
    return last != null && update.sentBy() - last < 0;
  }

  private boolean mayLead(Update update) {
    return led.leads(update.slot())
        && (off.contains(Rule.LEASE_BEFORE_REPLICATION) || lease.holds());
  }

  private void prepare(Queue<Update> queue, Update next) {
    startedNanos.put(new GroupId(next.key()), clock.nanoTime());
    long epoch = led.epoch(next.slot());
    long term = lease.number();
    Version version = versions.next(epoch);
    long wallMillis = clock.wallMillis();
    ask(
        queue,
        () -> prepared(next, version, wallMillis),
        prepared -> {
          switch (prepared) {
            case Prepared.Settled(var answer) -> end(queue, new Result.Answered(answer));
            case Prepared.Overtaken(long stored) -> {
              epochs.met(next.slot(), stored);
              end(queue, new Result.Unavailable(EpochFloor.REASON));
            }
            case Prepared.Effect effect -> claim(queue, next, effect, epoch, term);
          }
        });
  }

  private Prepared prepared(Update next, Version version, long wallMillis) {
    Prepared prepared = store.prepare(next.update(), version, wallMillis);
    return switch (prepared) {
      // Nothing changes; but what is here may have come from a leader that could not answer for it,
      // so others have to hold it before anybody builds on it.
      case Prepared.Settled(var answer) ->
          store
              .wholeState(next.key())
              .<Prepared>map(state -> new Prepared.Effect(state, Optional.empty(), answer))
              .orElse(prepared);
      case Prepared.Effect _, Prepared.Overtaken _ -> prepared;
    };
  }

  private void claim(
      Queue<Update> queue, Update next, Prepared.Effect effect, long epoch, long term) {
    if (effect.claim().isEmpty() || !isStillLeader(next, epoch, term)) {
      replicate(queue, next, effect, epoch, term);
      return;
    }
    claims.claim(
        view.get().orElseThrow(),
        next.key(),
        effect.claim().get(),
        (verdict, reason) -> {
          switch (verdict) {
            case GRANTED, GRANTED_ALL -> replicate(queue, next, effect, epoch, term);
            case COLLIDES ->
                ask(
                    queue,
                    () -> store.refusal(next.update(), reason),
                    refusal -> end(queue, new Result.Answered(refusal)));
            // Within its time; what was prepared is forgotten.
            case RETRY -> awaitHome(queue, next, effect.claim().get());
          }
        });
  }

  /**
   * A view or a take-over says that there is a new home. What an old one waits for only it knows.
   */
  private void awaitHome(Queue<Update> queue, Update next, ReplicaStore.Claim claim) {
    long again = clock.nanoTime() + againNanos;
    waits.await(
        Claims.slotOf(claim.job()),
        again - next.deadline() > 0 ? next.deadline() : again,
        () -> begin(queue));
  }

  private void replicate(
      Queue<Update> queue, Update next, Prepared.Effect effect, long epoch, long term) {
    if (!isStillLeader(next, epoch, term)) {
      end(queue, new Result.NotHere());
      return;
    }
    if (off.contains(Rule.REPLICATE_BEFORE_EXPOSING)) {
      store.merge(effect.state());
    }
    if (off.contains(Rule.REPLICATE_BEFORE_ANSWERING)) {
      expose(queue, next, effect);
      return;
    }
    replicator.replicate(
        next.slot(),
        epoch,
        next.key(),
        effect.state(),
        Math.max(1, next.deadline() - clock.nanoTime()),
        outcome -> {
          switch (outcome) {
            case Replicator.Outcome.Safe() when isStillLeader(next, epoch, term) ->
                expose(queue, next, effect);
            case Replicator.Outcome.Safe() ->
                endUnknown(queue, next, "the leader of the group has changed");
            case Replicator.Outcome.Unsafe(var reason) -> endUnknown(queue, next, reason);
          }
        });
  }

  private boolean isStillLeader(Update update, long epoch, long term) {
    return led.leads(update.slot())
        && led.epoch(update.slot()) == epoch
        && (off.contains(Rule.LEASE_BEFORE_REPLICATION) || lease.holdsSince(term));
  }

  private void expose(Queue<Update> queue, Update next, Prepared.Effect effect) {
    ask(
        queue,
        () -> store.merge(effect.state()),
        merged -> {
          switch (merged) {
            // Only of a tombstone that was here before the update, which left it alone.
            case ReplicaStore.Merged.Done(), ReplicaStore.Merged.Purged() ->
                end(queue, new Result.Answered(effect.answer()));
            case ReplicaStore.Merged.Overtaken(long stored) -> {
              epochs.met(next.slot(), stored);
              endUnknown(queue, next, EpochFloor.REASON);
            }
            case ReplicaStore.Merged.ShapeMissing() ->
                endUnknown(queue, next, "the group has changed meanwhile");
            case ReplicaStore.Merged.Refused(var reason) -> endUnknown(queue, next, reason);
          }
        });
  }

  /** Where the store fails, the update ends, or those behind it would wait for ever. */
  private <T> void ask(Queue<Update> queue, Supplier<T> work, Consumer<T> then) {
    loop.parallel(
        work,
        outcome ->
            outcome.ifPresentOrElse(
                then, () -> endUnknown(queue, queue.element(), "the store failed, see the log")));
  }

  /** Replicas have the state, or may still store it, so nobody else may have its series now. */
  private void endUnknown(Queue<Update> queue, Update next, String reason) {
    claims.keep(next.key(), next.deadline());
    end(queue, new Result.Unavailable(reason));
  }

  private void end(Queue<Update> queue, Result result) {
    Update ended = queue.remove();
    waiting--;
    var group = new GroupId(ended.key());
    Long started = startedNanos.remove(group);
    if (result instanceof Result.Answered && started != null) {
      begun.remove(group);
      begun.put(group, started);
    }
    claims.settle(view.get(), ended.key());
    if (queue.isEmpty()) {
      groups.remove(group);
    } else {
      // Not in this call, or a long queue would be a deep stack.
      loop.execute(() -> begin(queue));
    }
    // Last, as whoever is told may hand over the next update at once.
    ended.done().accept(result);
  }

  int waiting() {
    return waiting;
  }
}
