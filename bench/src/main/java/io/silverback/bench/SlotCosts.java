package io.silverback.bench;

import io.silverback.codec.exposition.ParsedExposition;
import io.silverback.codec.model.GroupingKey;
import io.silverback.codec.model.Labels;
import io.silverback.codec.model.Metric;
import io.silverback.codec.model.MetricFamily;
import io.silverback.codec.model.MetricType;
import io.silverback.codec.model.VersionClock;
import io.silverback.server.group.GroupUpdate;
import io.silverback.server.storage.StorageLimits;
import io.silverback.server.storage.StorageStatistics.MapStatistics;
import io.silverback.server.storage.StoreConfig;
import io.silverback.server.storage.engine.OffHeapMetricStore;
import io.silverback.server.storage.replica.OffHeapReplicaStore;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Prints what the questions of other members cost a store with many groups, and how much dearer a
 * push is in the store of a member: by two stores in turns, of which one has joined.
 */
public final class SlotCosts {
  private static final int PUSHES = 200_000;
  private static final int TURNS = 10;
  private static final int REPETITIONS = 5;
  private static final int SLOTS_AT_ONCE = 512;
  private static final int DELETED = 1_000;

  private final int groups;
  private final int series;
  private long clock;

  private SlotCosts(int groups, int series) {
    this.groups = groups;
    this.series = series;
  }

  /**
   * Measures.
   *
   * @param arguments how many groups, and how many series each has
   */
  public static void main(String[] arguments) {
    var costs = new SlotCosts(Integer.parseInt(arguments[0]), Integer.parseInt(arguments[1]));
    costs.questions();
    costs.pushes();
  }

  private void questions() {
    try (OffHeapMetricStore store = store()) {
      OffHeapReplicaStore replica = OffHeapReplicaStore.of(store);
      time("fill", 1, () -> submit(store, groups));
      System.out.println("groups=" + store.groupCount());
      for (MapStatistics map : store.statistics().maps()) {
        System.out.println(map);
      }
      time("digests", REPETITIONS, () -> replica.digests());
      time("entries of 512 slots", REPETITIONS, () -> replica.entries(s -> s < SLOTS_AT_ONCE));
      time(
          "entries of a third of the slots",
          REPETITIONS,
          () -> replica.entries(slot -> slot % 3 == 0));
      time("labelNamesOf", REPETITIONS, () -> replica.labelNamesOf("job"));
      time("purgeable without tombstones", REPETITIONS, () -> purgeable(replica));
      for (int i = 0; i < DELETED; i++) {
        store.submit(new GroupUpdate.Delete(key(i)));
      }
      System.out.println("tombstones=" + replica.tombstones());
      time("purgeable, once after they came", 1, () -> purgeable(replica));
      time("purgeable with young tombstones", REPETITIONS, () -> purgeable(replica));
    }
    try (OffHeapMetricStore store = store()) {
      time("fill without a cluster", 1, () -> submit(store, groups));
      time("join", 1, () -> OffHeapReplicaStore.of(store));
    }
  }

  /** None is old enough, as of most rounds. */
  private static void purgeable(OffHeapReplicaStore replica) {
    replica.purgeable(_ -> true, 0, Integer.MAX_VALUE);
  }

  private void pushes() {
    int some = Math.min(groups, 50_000);
    try (OffHeapMetricStore single = store();
        OffHeapMetricStore member = store()) {
      OffHeapReplicaStore.of(member);
      submit(single, some);
      submit(member, some);
      for (int turn = 0; turn < TURNS; turn++) {
        long alone = push(single, some);
        long joined = push(member, some);
        System.out.printf(
            Locale.ROOT,
            "a push: single node %d ns, member %d ns, ratio %.3f%n",
            alone / PUSHES,
            joined / PUSHES,
            (double) joined / alone);
      }
    }
  }

  private void submit(OffHeapMetricStore store, int count) {
    for (int i = 0; i < count; i++) {
      store.submit(push(i));
    }
  }

  private long push(OffHeapMetricStore store, int some) {
    long nanos = 0;
    for (int i = 0; i < PUSHES; i++) {
      GroupUpdate update = push(i % some);
      long start = System.nanoTime();
      store.submit(update);
      nanos += System.nanoTime() - start;
    }
    return nanos;
  }

  private GroupUpdate push(int group) {
    var metrics = new ArrayList<Metric>();
    for (int i = 0; i < series; i++) {
      metrics.add(new Metric.Gauge(Labels.of("n", Integer.toString(i)), ++clock));
    }
    var family = new MetricFamily("m", "", MetricType.GAUGE, metrics);
    return new GroupUpdate.Replace(key(group), new ParsedExposition(List.of(family), false));
  }

  private static GroupingKey key(int group) {
    return GroupingKey.of("job", "instance", "host-" + group);
  }

  private static void time(String what, int repetitions, Runnable work) {
    long best = Long.MAX_VALUE;
    long worst = 0;
    for (int i = 0; i < repetitions; i++) {
      long start = System.nanoTime();
      work.run();
      long nanos = System.nanoTime() - start;
      best = Math.min(best, nanos);
      worst = Math.max(worst, nanos);
    }
    System.out.printf(
        Locale.ROOT, "%s: best %.3f ms, worst %.3f ms%n", what, best / 1e6, worst / 1e6);
  }

  private OffHeapMetricStore store() {
    return new OffHeapMetricStore(
        new StoreConfig(
            new VersionClock(() -> 1_800_000_000_000L, 1),
            () -> 1_800_000_000_000L + clock / 1_000,
            List.of(),
            true,
            Duration.ofHours(1),
            StorageLimits.NONE));
  }
}
