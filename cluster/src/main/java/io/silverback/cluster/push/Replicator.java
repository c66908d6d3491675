package io.silverback.cluster.push;

import io.silverback.cluster.ClusterConfig;
import io.silverback.cluster.ClusterEvent;
import io.silverback.cluster.ClusterPorts;
import io.silverback.cluster.EventCounts;
import io.silverback.cluster.Member;
import io.silverback.cluster.ReplicaStore.State;
import io.silverback.cluster.View;
import io.silverback.cluster.agree.Peers;
import io.silverback.cluster.message.PeerMessage;
import io.silverback.cluster.message.PeerMessage.ProcessId;
import io.silverback.cluster.message.PeerMessage.Replicated;
import io.silverback.cluster.message.Requests;
import io.silverback.cluster.slots.Shares;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/**
 * Brings a new state of a group to as many other members as are to hold it, the slot's owners
 * first; one that is silent is replaced by the next. Belongs to the loop.
 */
public final class Replicator {
  private final ClusterConfig config;
  private final Member self;
  private final ClusterPorts ports;
  private final Requests requests;
  private final Peers peers;
  private final Shares shares;
  private final EventCounts events;
  private final Consumer<Member> onMissed;
  private final Set<Round> rounds = new LinkedHashSet<>();
  private Optional<View> view = Optional.empty();

  /** Why a state is not safe. */
  sealed interface Outcome {
    record Safe() implements Outcome {}

    record Unsafe(String reason) implements Outcome {}
  }

  /**
   * A replicator of the slots that this node leads.
   *
   * @param onMissed told of an owner that may lack a state from now on
   */
  public Replicator(
      ClusterConfig config,
      Member self,
      ClusterPorts ports,
      Requests requests,
      Peers peers,
      Shares shares,
      EventCounts events,
      Consumer<Member> onMissed) {
    this.config = config;
    this.self = self;
    this.ports = ports;
    this.requests = requests;
    this.peers = peers;
    this.shares = shares;
    this.events = events;
    this.onMissed = onMissed;
  }

  /** Tells once, within the time that the push has, whether enough members hold the state. */
  void replicate(
      int slot, long epoch, byte[] key, State state, long nanos, Consumer<Outcome> done) {
    List<Member> owners = shares.owners(slot);
    List<Member> targets = new ArrayList<>(owners);
    targets.removeIf(self::isSameProcess);
    // A leader that is no owner, as the slot has yet to move, keeps all owners up to date.
    int first = targets.size();
    if (owners.size() > config.replicationFactor()) {
      List<Member> meant = owners.subList(0, config.replicationFactor());
      first = (int) meant.stream().filter(owner -> !owner.isSameProcess(self)).count();
    }
    Optional<Member> successor = shares.successor(slot);
    if (successor.isPresent()) {
      // It gets each update from now on, so that little is left to bring it when it is to lead.
      int place = targets.indexOf(successor.get());
      targets.remove(successor.get());
      targets.addFirst(successor.get());
      first += place < first && place >= 0 ? 0 : 1;
    }
    int needed = Math.min(config.replicationFactor() - 1, targets.size());
    if (needed == 0) {
      if (targets.isEmpty()) {
        events.count(ClusterEvent.PUSHES_WITHOUT_COPY);
      }
      ports.loop().execute(() -> done.accept(new Outcome.Safe()));
      return;
    }
    new Round(slot, epoch, key, state.encoded(), targets, needed, nanos, done)
        .start(Math.max(first, needed));
  }

  /**
   * A state is stored here only now, and its copies went to the owners by an earlier view. Those by
   * the view of now may have been compared in between.
   */
  void storedAfterAView(int slot) {
    shares.owners(slot).stream()
        .limit(config.replicationFactor())
        .filter(owner -> !owner.isSameProcess(self))
        .forEach(onMissed);
  }

  /**
   * Ends what waits for a process that is no member any more, if nobody is left to take its place:
   * a new try asks the members of this view.
   */
  public void enter(View next) {
    view = Optional.of(next);
    List.copyOf(rounds).forEach(Round::endIfOneHasLeft);
  }

  /** One state on its way. */
  private final class Round {
    private final int slot;
    private final long epoch;
    private final byte[] key;
    private final byte[] state;
    private final List<Member> targets;
    private final long deadline;
    private final Consumer<Outcome> done;
    private final Set<ProcessId> answered = new HashSet<>();
    private int needed;
    private int next;
    private final Set<Member> open = new HashSet<>();
    private boolean ended;

    Round(
        int slot,
        long epoch,
        byte[] key,
        byte[] state,
        List<Member> targets,
        int needed,
        long nanos,
        Consumer<Outcome> done) {
      this.slot = slot;
      this.epoch = epoch;
      this.key = key;
      this.state = state;
      this.targets = targets;
      this.needed = needed;
      this.deadline = ports.clock().nanoTime() + nanos;
      this.done = done;
    }

    void start(int first) {
      rounds.add(this);
      for (int i = 0; i < first; i++) {
        sendNext();
      }
    }

    /** Each request ends with the round at the latest, so the last one to end ends the round. */
    private long nanosLeft() {
      return deadline - ports.clock().nanoTime();
    }

    private void sendNext() {
      if (ended) {
        return;
      }
      if (next == targets.size() || nanosLeft() <= 0) {
        if (open.isEmpty()) {
          end(new Outcome.Unsafe("too few members answer to hold a copy"));
        }
        endIfOneHasLeft();
        return;
      }
      Member target = targets.get(next++);
      open.add(target);
      if (peers.of(target).isEmpty()) {
        // What its clock says is not known, so it could not be told when to drop it.
        ports.loop().execute(() -> failed(target));
        return;
      }
      send(target, state, true);
      ports.loop().schedule(config.replicaTimeout().toNanos(), () -> replaceIfSilent(target));
    }

    private void replaceIfSilent(Member target) {
      if (!ended && answered.add(ProcessId.of(target))) {
        events.count(ClusterEvent.REPLACED_REPLICAS);
        onMissed.accept(target);
        sendNext();
      }
    }

    private void send(Member target, byte[] bytes, boolean mayLackShape) {
      requests.ask(
          target,
          Math.max(1, nanosLeft()),
          id -> message(id, target, bytes),
          answer -> {
            Optional<Replicated> replicated =
                answer.filter(Replicated.class::isInstance).map(Replicated.class::cast);
            if (ended) {
              // Enough others have it; one that does not gets it later.
              boolean isStored =
                  replicated.filter(said -> said.result() == Replicated.Receipt.DONE).isPresent();
              if (!isStored) {
                onMissed.accept(target);
              }
              return;
            }
            if (replicated.isEmpty()) {
              failed(target);
              return;
            }
            switch (replicated.get().result()) {
              case DONE -> stored(target);
              case SHAPE_MISSING -> sendWhole(target, mayLackShape);
              case FENCED -> end(new Outcome.Unsafe("another node leads the group now"));
              case REFUSED ->
                  end(
                      new Outcome.Unsafe(
                          "a replica refused it: member="
                              + target.nodeId()
                              + " reason="
                              + replicated.get().reason()));
            }
          });
    }

    private PeerMessage.Replicate message(long id, Member target, byte[] bytes) {
      long now = ports.clock().nanoTime();
      // Their clock now is this or later, so they never take it for younger than it is.
      long theirs = peers.of(target).map(heard -> heard.theirClock(now)).orElse(now);
      return new PeerMessage.Replicate(id, slot, epoch, theirs + deadline - now, bytes);
    }

    /** The replica lacks what this state builds on: first the group as it is here, then again. */
    private void sendWhole(Member target, boolean mayLackShape) {
      if (!mayLackShape) {
        failed(target);
        return;
      }
      ports
          .loop()
          .parallel(
              () -> ports.store().wholeState(key),
              whole ->
                  whole
                      .flatMap(found -> found)
                      .ifPresentOrElse(state -> sendWhole(target, state), () -> failed(target)));
    }

    private void sendWhole(Member target, byte[] whole) {
      requests.ask(
          target,
          Math.max(1, nanosLeft()),
          id -> message(id, target, whole),
          answer -> {
            boolean isDone =
                answer
                    .filter(Replicated.class::isInstance)
                    .map(Replicated.class::cast)
                    .filter(replicated -> replicated.result() == Replicated.Receipt.DONE)
                    .isPresent();
            if (!ended && isDone) {
              send(target, state, false);
            } else if (!ended) {
              failed(target);
            }
          });
    }

    private void stored(Member target) {
      answered.add(ProcessId.of(target));
      events.count(ClusterEvent.REPLICATED);
      open.remove(target);
      needed--;
      if (needed == 0) {
        end(new Outcome.Safe());
      } else if (open.isEmpty()) {
        sendNext();
      }
    }

    private void failed(Member target) {
      open.remove(target);
      onMissed.accept(target);
      if (answered.add(ProcessId.of(target)) || open.isEmpty()) {
        sendNext();
      }
    }

    void endIfOneHasLeft() {
      boolean hasLeft =
          !open.stream().allMatch(member -> view.map(v -> v.has(member)).orElse(true));
      if (next == targets.size() && hasLeft) {
        end(new Outcome.Unsafe("a member that was to hold a copy has left"));
      }
    }

    private void end(Outcome outcome) {
      if (!ended) {
        ended = true;
        rounds.remove(this);
        done.accept(outcome);
      }
    }
  }
}
