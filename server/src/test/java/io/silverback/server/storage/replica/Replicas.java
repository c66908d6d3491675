package io.silverback.server.storage.replica;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import io.silverback.cluster.ReplicaStore.Entry;
import io.silverback.cluster.ReplicaStore.Merged;
import io.silverback.cluster.ReplicaStore.Prepared;
import io.silverback.cluster.ReplicaStore.State;
import io.silverback.codec.model.Version;
import io.silverback.codec.model.VersionClock;
import io.silverback.server.group.GroupState;
import io.silverback.server.group.GroupUpdate;
import io.silverback.server.group.select.SeriesSelector;
import io.silverback.server.memory.RequestMemory;
import io.silverback.server.storage.EndlessBudget;
import io.silverback.server.storage.HistoryQuery;
import io.silverback.server.storage.MetricStore;
import io.silverback.server.storage.MetricStore.Submission;
import io.silverback.server.storage.PersistenceConfig;
import io.silverback.server.storage.Snapshot;
import io.silverback.server.storage.StorageLimits;
import io.silverback.server.storage.StoreConfig;
import io.silverback.server.storage.engine.OffHeapMetricStore;
import io.silverback.server.storage.files.PersistedMetricStore;
import io.silverback.server.storage.maps.GroupKeys;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/** A store and its replica side, with short ways to do what nodes do. */
final class Replicas {
  private Replicas() {}

  /** One node. */
  record Node(OffHeapMetricStore store, OffHeapReplicaStore replica) implements AutoCloseable {
    @Override
    public void close() {
      store.close();
    }
  }

  static OffHeapMetricStore store(LongSupplier now, boolean checked, StorageLimits limits) {
    return new OffHeapMetricStore(
        new StoreConfig(
            new VersionClock(now, 1), now, List.of(), checked, Duration.ofHours(1), limits));
  }

  /** A store of one node in a folder, which opens meanwhile. */
  static PersistedMetricStore persisted(LongSupplier now, Path folder) {
    return new PersistedMetricStore(
        new StoreConfig(
            new VersionClock(now, 1),
            now,
            List.of(),
            true,
            Duration.ofHours(1),
            StorageLimits.NONE),
        new PersistenceConfig(folder, Duration.ofMinutes(1), 0));
  }

  static Node node(LongSupplier now, boolean checked, StorageLimits limits) {
    OffHeapMetricStore store = store(now, checked, limits);
    return new Node(store, OffHeapReplicaStore.of(store));
  }

  static Node node(LongSupplier now) {
    return node(now, true, StorageLimits.NONE);
  }

  /** One whose own time, that nobody can set, goes with the other one. */
  static Node agingNode(LongSupplier now) {
    var store =
        new OffHeapMetricStore(
            new StoreConfig(
                new VersionClock(now, 1),
                now,
                () -> TimeUnit.MILLISECONDS.toNanos(now.getAsLong()),
                List.of(),
                true,
                Duration.ofHours(1),
                StorageLimits.NONE,
                RequestMemory.unlimited()));
    return new Node(store, OffHeapReplicaStore.of(store));
  }

  static Prepared prepare(Node leader, GroupUpdate update, Version version, long now) {
    return leader.replica().prepare(new LocalUpdate(update), version, now);
  }

  static Prepared.Effect effect(Node leader, GroupUpdate update, long clock, long now) {
    return assertInstanceOf(
        Prepared.Effect.class, prepare(leader, update, new Version(1, clock, 7), now));
  }

  static Submission answer(Prepared prepared) {
    return SubmissionCodec.decode(
        switch (prepared) {
          case Prepared.Overtaken(long epoch) ->
              throw new AssertionError("the store has a later epoch: epoch=" + epoch);
          case Prepared.Settled(var answer) -> answer;
          case Prepared.Effect(_, _, var answer) -> answer;
        });
  }

  /** What the node itself has made. */
  static void merge(Node node, State state) {
    assertInstanceOf(Merged.Done.class, node.replica().merge(state));
  }

  /** The same as it comes from another node. */
  static void merge(Node node, byte[] state) {
    merge(node, State.of(state));
  }

  static byte[] whole(Node node, GroupUpdate update) {
    return node.replica().wholeState(GroupKeys.encode(update.key())).orElseThrow();
  }

  /** The content hashes of all groups by their keys in hex. */
  static SortedMap<String, Long> hashes(Node node) {
    var hashes = new TreeMap<String, Long>();
    for (Entry entry : node.replica().entries(_ -> true)) {
      hashes.put(HexFormat.of().formatHex(entry.key()), entry.hash());
    }
    return hashes;
  }

  /** Whole states of all groups in hex, by key. */
  static SortedMap<String, String> states(Node node) {
    var states = new TreeMap<String, String>();
    for (Entry entry : node.replica().entries(_ -> true)) {
      states.put(
          HexFormat.of().formatHex(entry.key()),
          HexFormat.of().formatHex(node.replica().wholeState(entry.key()).orElseThrow()));
    }
    return states;
  }

  static void assertSame(Node expected, Node actual) {
    assertEquals(states(expected), states(actual));
    assertEquals(hashes(expected), hashes(actual));
    long[] left = expected.replica().digests();
    long[] right = actual.replica().digests();
    for (int slot = 0; slot < left.length; slot++) {
      assertEquals(left[slot], right[slot], "slot=" + slot);
    }
  }

  static List<GroupState> groups(MetricStore store) {
    try (Snapshot snapshot = store.snapshot()) {
      var groups = new ArrayList<GroupState>();
      snapshot.groups().forEach(groups::add);
      return groups;
    }
  }

  /** All samples, by series. */
  static SortedMap<String, String> history(MetricStore store) {
    var series = new TreeMap<String, String>();
    var all = new HistoryQuery(SeriesSelector.parse(List.of("{job=~\".+\"}")), 0, Long.MAX_VALUE);
    try {
      store.history(
          all,
          new EndlessBudget(),
          (name, labels, samples) -> {
            var line = new StringBuilder();
            for (int i = 0; i < samples.size(); i++) {
              line.append(samples.timeMillis(i)).append('=').append(samples.value(i)).append(' ');
            }
            series.put(name + labels, line.toString());
          });
      return series;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
