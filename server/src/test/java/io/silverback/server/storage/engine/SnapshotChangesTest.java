package io.silverback.server.storage.engine;

import static io.silverback.server.group.Samples.delete;
import static io.silverback.server.group.Samples.gauge;
import static io.silverback.server.group.Samples.put;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.silverback.codec.model.Family;
import io.silverback.codec.model.GroupingKey;
import io.silverback.codec.model.Labels;
import io.silverback.codec.model.Metric;
import io.silverback.codec.model.MetricFamily;
import io.silverback.codec.model.VersionClock;
import io.silverback.server.group.FamilyGatherer;
import io.silverback.server.memory.MemoryPool;
import io.silverback.server.storage.GroupLostException;
import io.silverback.server.storage.ListedGroup;
import io.silverback.server.storage.Snapshot;
import io.silverback.server.storage.SnapshotRefusedException;
import io.silverback.server.storage.StorageLimits;
import io.silverback.server.storage.StoreConfig;
import io.silverback.server.storage.snapshot.SnapshotMemory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What a snapshot shows of groups that change while it is read. */
final class SnapshotChangesTest {
  private static final GroupingKey X = GroupingKey.of("x");
  private static final GroupingKey Y = GroupingKey.of("y");

  private final OffHeapMetricStore store =
      new OffHeapMetricStore(
          new StoreConfig(
              new VersionClock(System::currentTimeMillis, 1),
              System::currentTimeMillis,
              List.of(),
              true,
              Duration.ofMinutes(1),
              StorageLimits.NONE));

  @AfterEach
  void close() {
    store.close();
  }

  /** Each push gives all families of its group one value, so no page may show two. */
  @Test
  void noPageShowsHalfAPush() throws Exception {
    var ended = new AtomicBoolean();
    try (var writers = Executors.newFixedThreadPool(2)) {
      var running =
          List.of(
              writers.submit(() -> pushUntil(ended, 1)), writers.submit(() -> pushUntil(ended, 2)));
      for (int page = 0; page < 150; page++) {
        try (Snapshot snapshot = store.snapshot()) {
          Map<String, Double> values = new HashMap<>();
          var families = new FamilyGatherer(List.of(), snapshot.families());
          while (families.hasNext()) {
            Family family = families.next();
            if (family.name().startsWith("m")) {
              family.forEachMetric(metric -> assertOneValue(metric, values));
            }
          }
          snapshot
              .listedGroups()
              .forEach(
                  group ->
                      group.forEachFamily(
                          (_, family) ->
                              family.forEachMetric(metric -> assertOneValue(metric, values))));
        }
      }
      ended.set(true);
      for (var writer : running) {
        assertTrue(writer.get() > 0);
      }
    }
  }

  private static void assertOneValue(Metric metric, Map<String, Double> values) {
    double value = ((Metric.Gauge) metric).value();
    String group = metric.labels().value("job").orElseThrow();
    assertEquals(value, values.computeIfAbsent(group, _ -> value), group);
  }

  /** New values, other shapes, entries that move, and groups that come and go. */
  private int pushUntil(AtomicBoolean ended, long seed) {
    var random = new SplittableRandom(seed);
    int pushes = 0;
    while (!ended.get()) {
      GroupingKey key = GroupingKey.of("j" + random.nextInt(20));
      if (random.nextInt(10) == 0) {
        store.submit(delete(key));
      } else {
        double value = random.nextInt(1_000_000);
        int series = random.nextInt(4) == 0 ? 1 + random.nextInt(200) : 20;
        store.submit(put(key, wide("m1", value, series), gauge("m2", value), gauge("m3", value)));
      }
      pushes++;
    }
    return pushes;
  }

  private static MetricFamily wide(String name, double value, int series) {
    var metrics = new ArrayList<Metric>();
    for (int i = 0; i < series; i++) {
      metrics.add(new Metric.Gauge(Labels.of("i", Integer.toString(i)), value));
    }
    return gauge(name, value).withMetrics(metrics);
  }

  @Test
  void aGroupThatCannotBeKeptIsLeftOut() {
    store.submit(put(X, gauge("m", 1), gauge("n", 1)));
    store.submit(put(Y, gauge("m", 1)));
    // Takes all there is, so that nothing is left for what changes.
    var full = new MemoryPool(100 * 1024, Duration.ZERO);
    try (Snapshot snapshot =
        store.parts().table().snapshot(() -> new SnapshotMemory(full, 8, 90 * 1024), _ -> true)) {
      var families = new FamilyGatherer(List.of(), snapshot.families());
      assertEquals(2, count(families.next()));
      assertEquals(0, snapshot.lost());
      store.submit(put(X, gauge("m", 2), gauge("n", 2)));
      assertEquals(1, snapshot.lost());
      assertEquals(List.of(Y), keys(snapshot));
      families.forEachRemaining(
          family -> assertEquals(family.name().equals("n") ? 0 : 1, count(family), family.name()));
    }
    assertEquals(0, full.takenBytes());
    try (Snapshot snapshot = store.snapshot()) {
      assertEquals(List.of(X, Y), keys(snapshot));
    }
  }

  @Test
  void aGroupThatIsLostWhileItIsReadIsAnError() {
    store.submit(put(X, gauge("m", 1), gauge("n", 1)));
    var full = new MemoryPool(100 * 1024, Duration.ZERO);
    try (Snapshot snapshot =
        store.parts().table().snapshot(() -> new SnapshotMemory(full, 8, 90 * 1024), _ -> true)) {
      ListedGroup group = snapshot.listedGroups().iterator().next();
      store.submit(delete(X));
      assertThrows(GroupLostException.class, () -> group.forEachFamily((_, _) -> {}));
    }
  }

  @Test
  void thereIsNoSnapshotWithoutMemory() {
    store.submit(put(X, gauge("m", 1)));
    var small = new MemoryPool(1024, Duration.ZERO);
    var refused =
        assertThrows(
            SnapshotRefusedException.class,
            () -> store.parts().table().snapshotOf(small, _ -> true));
    assertTrue(String.valueOf(refused.getMessage()).contains("--limits.max-scrape-memory"));
    assertEquals(0, small.takenBytes());
  }

  private static int count(Family family) {
    int[] count = new int[1];
    family.forEachMetric(_ -> count[0]++);
    return count[0];
  }

  private static List<GroupingKey> keys(Snapshot snapshot) {
    var keys = new ArrayList<GroupingKey>();
    snapshot.listedGroups().forEach(group -> keys.add(group.key()));
    return keys;
  }
}
