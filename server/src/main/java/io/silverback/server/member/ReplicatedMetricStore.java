package io.silverback.server.member;

import io.silverback.cluster.Exposure;
import io.silverback.cluster.HashRing;
import io.silverback.cluster.PushOutcome;
import io.silverback.cluster.WipeOutcome;
import io.silverback.cluster.node.ClusterNode;
import io.silverback.codec.model.GroupingKey;
import io.silverback.server.group.GroupState;
import io.silverback.server.group.GroupUpdate;
import io.silverback.server.group.HeldFamily;
import io.silverback.server.memory.MemoryPool;
import io.silverback.server.storage.FamilyListing;
import io.silverback.server.storage.GroupListing;
import io.silverback.server.storage.HistoryQuery;
import io.silverback.server.storage.HistorySink;
import io.silverback.server.storage.ListedGroup;
import io.silverback.server.storage.MetricStore;
import io.silverback.server.storage.QueryBudget;
import io.silverback.server.storage.Snapshot;
import io.silverback.server.storage.StorageStatistics;
import io.silverback.server.storage.StoreNotReadyException;
import io.silverback.server.storage.engine.LocalStore;
import io.silverback.server.storage.maps.GroupKeys;
import io.silverback.server.storage.replica.LocalUpdate;
import io.silverback.server.storage.replica.SubmissionCodec;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.IntPredicate;
import java.util.function.Supplier;

/**
 * The groups of a cluster: an update goes to the leader of its group, and this server shows the
 * groups that it leads. Handlers cannot tell it from the store of a single node.
 *
 * <p>Without a majority it may take pushes by itself; then its current values are those of such
 * pushes, and of no others.
 *
 * <p>Thread-safe; calls wait for other servers, so they belong into threads that cost little. What
 * is told of sizes and memory is that of this server alone.
 */
final class ReplicatedMetricStore implements MetricStore {
  private final LocalStore local;
  private final ClusterNode node;
  private final ClusterGroups everywhere;
  private final ClusterHistory history;
  private final Supplier<Optional<String>> whyAstray;
  private final Supplier<Optional<String>> whyNotReady;
  private final MemoryPool scrapeMemory;
  private final Duration patience;

  /**
   * A store in front of this server's own one, which it does not close.
   *
   * @param whyAstray why this server must show nothing, if it is a cluster of its own by mistake
   * @param whyNotReady why this node should get no requests
   * @param scrapeMemory what a page of the whole cluster takes from
   * @param patience how long to wait for the cluster, a little longer than it takes to give up
   */
  ReplicatedMetricStore(
      LocalStore local,
      ClusterNode node,
      Supplier<Optional<String>> whyAstray,
      Supplier<Optional<String>> whyNotReady,
      MemoryPool scrapeMemory,
      Duration patience) {
    this.local = local;
    this.node = node;
    this.whyAstray = whyAstray;
    this.whyNotReady = whyNotReady;
    this.everywhere = new ClusterGroups(node, patience);
    this.history = new ClusterHistory(node, scrapeMemory);
    this.scrapeMemory = scrapeMemory;
    this.patience = patience;
  }

  @Override
  public Submission submit(GroupUpdate update) {
    var outcome = new CompletableFuture<PushOutcome>();
    try {
      byte[] key = GroupKeys.encode(update.key());
      var carried = new LocalUpdate(update);
      if (!node.exposure().slots().test(HashRing.slotOf(key))) {
        // It goes to another server, most likely, and this thread has time to encode it.
        carried.encoded();
      }
      node.submit(key, carried, outcome::complete);
      return switch (outcome.get(patience.toNanos(), TimeUnit.NANOSECONDS)) {
        case PushOutcome.Answered(var answer) -> SubmissionCodec.decode(answer);
        case PushOutcome.Unavailable(var reason) ->
            new Submission.Unavailable(update.key(), reason);
      };
    } catch (RejectedExecutionException _) {
      return new Submission.Unavailable(
          update.key(), "this server has too much to do, try again later");
    } catch (TimeoutException _) {
      return new Submission.Unavailable(
          update.key(), "the cluster did not answer in time, try again later");
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
      return new Submission.Unavailable(update.key(), "shutting down, try again later");
    } catch (ExecutionException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Of a server that takes pushes by itself, as it would judge this one. */
  @Override
  public Rehearsal rehearse(GroupUpdate update) {
    return node.fresh().isPresent() && whyAstray.get().isEmpty()
        ? local.rehearse(update)
        : everywhere.rehearse(update);
  }

  @Override
  public Snapshot snapshot() {
    Optional<Snapshot> alone = alone();
    if (alone.isPresent()) {
      return alone.get();
    }
    while (true) {
      Exposure exposure = node.exposure();
      IntPredicate slots = whyAstray.get().isEmpty() ? exposure.slots() : _ -> false;
      Snapshot snapshot = local.snapshot(slots);
      if (exposure.isWhole().getAsBoolean()) {
        return new Shown(snapshot, exposure.holds());
      }
      // Some slot was handed over meanwhile, and its new leader may have changed what is in it.
      snapshot.close();
    }
  }

  /** What was pushed to this server since it takes pushes by itself, if it does. */
  private Optional<Snapshot> alone() {
    return whyAstray.get().isPresent()
        ? Optional.empty()
        : node.fresh()
            .map(fresh -> new Shown(local.snapshotOfVersions(fresh.versions()), fresh.holds()));
  }

  @Override
  public FamilyListing everywhere(Duration patience) {
    Optional<Snapshot> alone = alone();
    return alone.isPresent() ? alone.get() : ClusterScrape.open(node, scrapeMemory, patience);
  }

  /** Of this server's own groups, whichever server leads them. */
  @Override
  public Snapshot snapshot(IntPredicate slots) {
    return local.snapshot(slots);
  }

  @Override
  public GroupListing listing() {
    Optional<Snapshot> alone = alone();
    return alone.isPresent() ? alone.get() : everywhere.listing();
  }

  @Override
  public GroupListing listingAfter(GroupingKey key) {
    Optional<Snapshot> alone = alone();
    return alone.isPresent() ? alone.get().after(key) : everywhere.listingAfter(key);
  }

  @Override
  public Optional<GroupState> group(GroupingKey key) {
    return everywhere.group(key);
  }

  @Override
  public void names(Consumer<GroupingKey> consumer) {
    Optional<Snapshot> alone = alone();
    if (alone.isEmpty()) {
      everywhere.names(consumer);
      return;
    }
    try (Snapshot snapshot = alone.get()) {
      snapshot.listedGroups().forEach(group -> consumer.accept(group.key()));
    }
  }

  @Override
  public int groupCount() {
    Optional<Snapshot> alone = alone();
    if (alone.isEmpty()) {
      return everywhere.count();
    }
    try (Snapshot snapshot = alone.get()) {
      return snapshot.size();
    }
  }

  /** Each slot is wiped by its leader, with the history of its groups on all servers. */
  @Override
  public int wipe() {
    var outcome = new CompletableFuture<WipeOutcome>();
    try {
      node.wipe(outcome::complete);
      return wiped(outcome.get(patience.toNanos(), TimeUnit.NANOSECONDS));
    } catch (RejectedExecutionException _) {
      throw new StoreNotReadyException("this server has too much to do, try again later");
    } catch (TimeoutException _) {
      throw new StoreNotReadyException("the cluster did not answer in time, try again");
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
      throw new StoreNotReadyException("shutting down, try again later");
    } catch (ExecutionException e) {
      throw new IllegalStateException(e);
    }
  }

  private static int wiped(WipeOutcome outcome) {
    if (outcome.slots() > 0) {
      String reason = outcome.reason().isEmpty() ? "" : " reason=\"" + outcome.reason() + '"';
      throw new StoreNotReadyException(
          "some slots are left, as their leaders did not confirm in time, try again: slots="
              + outcome.slots()
              + " nodes="
              + outcome.nodes()
              + reason);
    }
    return outcome.groups();
  }

  @Override
  public void history(HistoryQuery query, QueryBudget budget, HistorySink sink) throws IOException {
    history.read(query, budget, sink);
  }

  @Override
  public void sizes(SizeSink sink) {
    local.sizes(sink);
  }

  @Override
  public void shapes(ShapeSink sink) {
    local.shapes(sink);
  }

  /** Of the groups that this server leads, so that only one gives a group up. */
  @Override
  public void quietGroups(Duration atLeast, QuietSink sink) {
    Exposure exposure = node.exposure();
    local.quietGroups(
        atLeast,
        group -> {
          if (exposure.slots().test(HashRing.slotOf(GroupKeys.encode(group.key())))) {
            sink.group(group);
          }
        });
  }

  @Override
  public StorageStatistics statistics() {
    return local.statistics();
  }

  @Override
  public Optional<String> whyNotReady() {
    return local
        .whyNotReady()
        .or(whyAstray)
        .or(whyNotReady)
        .or(
            () ->
                node.admits(System.nanoTime())
                    ? Optional.empty()
                    : Optional.of("got its lease a moment ago, ready when it has run once"));
  }

  @Override
  public Optional<String> saveCopy() throws IOException {
    return local.saveCopy();
  }

  /** Does nothing: the local store is closed by the code that opened it. */
  @Override
  public void close() {}

  private record Shown(Snapshot snapshot, BooleanSupplier holds) implements Snapshot {
    @Override
    public int size() {
      return snapshot.size();
    }

    @Override
    public Iterable<GroupState> groups() {
      return snapshot.groups();
    }

    @Override
    public Iterable<ListedGroup> listedGroups() {
      return snapshot.listedGroups();
    }

    @Override
    public Iterable<ListedGroup> listedGroupsAfter(GroupingKey key) {
      return snapshot.listedGroupsAfter(key);
    }

    @Override
    public Iterable<HeldFamily> families() {
      return snapshot.families();
    }

    @Override
    public int lost() {
      return snapshot.lost();
    }

    /** An empty page is true without a lease, too. */
    @Override
    public boolean isCurrent() {
      return snapshot.size() == 0 || holds.getAsBoolean();
    }

    @Override
    public void close() {
      snapshot.close();
    }
  }
}
