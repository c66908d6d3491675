package io.silverback.cluster;

import io.silverback.cluster.PeerMessage.Replicated;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Brings a new state of a group to as many other members as are to hold it, the slot's owners
 * first; one that is silent is replaced by the next. Belongs to the loop.
 */
final class Replicator {
  private final ClusterConfig config;
  private final Member self;
  private final ClusterPorts ports;
  private final Requests requests;
  private final Counters counters;
  private final Consumer<Member> onMissed;

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
  Replicator(
      ClusterConfig config,
      Member self,
      ClusterPorts ports,
      Requests requests,
      Counters counters,
      Consumer<Member> onMissed) {
    this.config = config;
    this.self = self;
    this.ports = ports;
    this.requests = requests;
    this.counters = counters;
    this.onMissed = onMissed;
  }

  /** Tells once, within the time that the push has, whether enough members hold the state. */
  void replicate(
      View view,
      int slot,
      long epoch,
      byte[] key,
      byte[] state,
      long nanos,
      Consumer<Outcome> done) {
    List<Member> owners = view.owners(slot);
    List<Member> targets = new ArrayList<>(owners);
    targets.removeIf(self::isSameProcess);
    // A leader that is no owner, as the slot has yet to move, keeps all owners up to date.
    int first = targets.size();
    if (owners.size() > config.replicationFactor()) {
      List<Member> meant = owners.subList(0, config.replicationFactor());
      first = (int) meant.stream().filter(owner -> !owner.isSameProcess(self)).count();
    }
    int needed = Math.min(config.replicationFactor() - 1, targets.size());
    if (needed == 0) {
      counters.alone += targets.isEmpty() ? 1 : 0;
      ports.loop().execute(() -> done.accept(new Outcome.Safe()));
      return;
    }
    new Round(slot, epoch, key, state, targets, needed, nanos, done).start(Math.max(first, needed));
  }

  /** One state on its way. */
  private final class Round {
    private final int slot;
    private final long epoch;
    private final byte[] key;
    private final byte[] state;
    private final List<Member> targets;
    private final long nanos;
    private final Consumer<Outcome> done;
    private int needed;
    private int next;
    private int open;
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
      this.nanos = nanos;
      this.done = done;
    }

    void start(int first) {
      for (int i = 0; i < first; i++) {
        sendNext();
      }
      ports.loop().schedule(nanos, () -> end(new Outcome.Unsafe("the replicas are too slow")));
    }

    private void sendNext() {
      if (ended) {
        return;
      }
      if (next == targets.size()) {
        if (open == 0) {
          end(new Outcome.Unsafe("too few members answer to hold a copy"));
        }
        return;
      }
      Member target = targets.get(next++);
      open++;
      send(target, state, true);
      ports
          .loop()
          .schedule(
              config.replicaTimeout().toNanos(),
              () -> {
                if (!ended && silent(target)) {
                  counters.standIns++;
                  onMissed.accept(target);
                  sendNext();
                }
              });
    }

    private final List<Member> settled = new ArrayList<>();

    private boolean silent(Member target) {
      return !settled.contains(target);
    }

    private void send(Member target, byte[] bytes, boolean mayLackShape) {
      requests.ask(
          target,
          nanos,
          id -> new PeerMessage.Replicate(id, slot, epoch, bytes),
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

    /** The replica lacks what this state builds on: first the group as it is here, then again. */
    private void sendWhole(Member target, boolean mayLackShape) {
      Optional<byte[]> whole = mayLackShape ? ports.store().wholeState(key) : Optional.empty();
      if (whole.isEmpty()) {
        failed(target);
        return;
      }
      requests.ask(
          target,
          nanos,
          id -> new PeerMessage.Replicate(id, slot, epoch, whole.get()),
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
      settled.add(target);
      counters.replicated++;
      open--;
      needed--;
      if (needed == 0) {
        end(new Outcome.Safe());
      }
    }

    private void failed(Member target) {
      boolean isFirstWord = silent(target);
      settled.add(target);
      open--;
      onMissed.accept(target);
      if (isFirstWord) {
        sendNext();
      }
    }

    private void end(Outcome outcome) {
      if (!ended) {
        ended = true;
        done.accept(outcome);
      }
    }
  }
}
