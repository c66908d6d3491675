package io.silverback.cluster.simulation;

import io.silverback.cluster.ClusterConfig;
import io.silverback.cluster.ClusterPorts;
import io.silverback.cluster.ClusterStatus;
import io.silverback.cluster.Exposure;
import io.silverback.cluster.FreshExposure;
import io.silverback.cluster.Member;
import io.silverback.cluster.PushOutcome;
import io.silverback.cluster.ReplicaStore;
import io.silverback.cluster.Rule;
import io.silverback.cluster.WipeOutcome;
import io.silverback.cluster.Wish;
import io.silverback.cluster.node.ClusterNode;
import io.silverback.cluster.node.Tenures;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/** What the world needs of a node, so that it can be tried with a foolish one, too. */
interface SimNode {
  void start();

  void submit(byte[] key, ReplicaStore.Update update, Consumer<PushOutcome> done);

  /** Has every group forgotten. */
  default void wipe(Consumer<WipeOutcome> done) {
    done.accept(new WipeOutcome(0, 1, List.of(), "it cannot"));
  }

  Exposure exposure();

  /** What it tells about itself; empty if it tells nothing. */
  default Optional<ClusterStatus> status() {
    return Optional.empty();
  }

  /** What it leads, and up to when its updates are visible or never will be. */
  default Optional<Tenures> tenures() {
    return Optional.empty();
  }

  /** What it shows that takes pushes by itself. */
  default Optional<FreshExposure> fresh() {
    return Optional.empty();
  }

  boolean admits(long acceptedNanos);

  boolean ready();

  void wish(Wish wish);

  /** How many slots wait for history of before the node held them. */
  default int awaitingHistory() {
    return 0;
  }

  void scraped();

  /** An operator gives a member up that is lost with a majority. */
  default void giveUp(String nodeId) {}

  void close();

  /** Builds the nodes of a simulation. */
  @FunctionalInterface
  interface Factory {
    SimNode create(ClusterConfig config, Member self, ClusterPorts ports, Runnable onLapse);
  }

  /** The real thing, without some of its rules. */
  static Factory without(EnumSet<Rule> off) {
    return (config, self, ports, onLapse) -> {
      var node = new ClusterNode(config, self, ports, onLapse, off);
      return new SimNode() {
        @Override
        public void start() {
          node.start();
        }

        @Override
        public void submit(byte[] key, ReplicaStore.Update update, Consumer<PushOutcome> done) {
          node.submit(key, update, done);
        }

        @Override
        public void wipe(Consumer<WipeOutcome> done) {
          node.wipe(done);
        }

        @Override
        public Exposure exposure() {
          return node.exposure();
        }

        @Override
        public Optional<ClusterStatus> status() {
          return Optional.of(node.status());
        }

        @Override
        public Optional<Tenures> tenures() {
          return Optional.of(node.tenures());
        }

        @Override
        public Optional<FreshExposure> fresh() {
          return node.fresh();
        }

        @Override
        public boolean admits(long acceptedNanos) {
          return node.admits(acceptedNanos);
        }

        @Override
        public boolean ready() {
          return node.whyNotReady().isEmpty();
        }

        @Override
        public void wish(Wish wish) {
          node.wish(wish);
        }

        @Override
        public int awaitingHistory() {
          return node.status().awaitingHistory();
        }

        @Override
        public void giveUp(String nodeId) {
          node.giveUp(nodeId, _ -> {});
        }

        @Override
        public void scraped() {
          node.scraped();
        }

        @Override
        public void close() {
          node.close();
        }

        @Override
        public String toString() {
          return node.status().toString();
        }
      };
    };
  }

  /** The real thing, over stores that do not say that they have something of a later epoch. */
  static Factory overStoresOfAnyEpoch() {
    return (config, self, ports, onLapse) -> {
      if (ports.store() instanceof SimStore store) {
        store.takeAnyEpoch();
      }
      return real().create(config, self, ports, onLapse);
    };
  }

  /** The real thing, over stores that drop what is wiped and do not remember that it was. */
  static Factory overStoresThatForgetWipes() {
    return (config, self, ports, onLapse) -> {
      if (ports.store() instanceof SimStore store) {
        store.forgetWipes();
      }
      return real().create(config, self, ports, onLapse);
    };
  }

  /** The real thing, over stores that keep the horizon of a slot of which they forget all else. */
  static Factory overStoresThatKeepHorizons() {
    return (config, self, ports, onLapse) -> {
      if (ports.store() instanceof SimStore store) {
        store.keepHorizons();
      }
      return real().create(config, self, ports, onLapse);
    };
  }

  /** The real thing. */
  static Factory real() {
    return without(EnumSet.noneOf(Rule.class));
  }
}
