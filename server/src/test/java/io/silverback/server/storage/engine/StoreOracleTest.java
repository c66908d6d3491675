package io.silverback.server.storage.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.silverback.codec.exposition.ParsedExposition;
import io.silverback.codec.model.GroupingKey;
import io.silverback.codec.model.Labels;
import io.silverback.codec.model.Metric;
import io.silverback.codec.model.MetricFamily;
import io.silverback.codec.model.MetricType;
import io.silverback.codec.model.VersionClock;
import io.silverback.server.group.GroupState;
import io.silverback.server.group.GroupUpdate;
import io.silverback.server.group.HeldFamily;
import io.silverback.server.group.Samples;
import io.silverback.server.storage.HeapMetricStore;
import io.silverback.server.storage.MetricStore;
import io.silverback.server.storage.Snapshot;
import io.silverback.server.storage.StorageLimits;
import io.silverback.server.storage.StoreConfig;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** The same updates to the real store and to one that keeps objects in a map. */
final class StoreOracleTest {
  private static final List<MetricType> TYPES = List.of(MetricType.values());

  private long now = 1_800_000_000_000L;

  @Test
  void holdsWhatAMapOfObjectsWould() {
    for (boolean checked : new boolean[] {true, false}) {
      long seed = System.nanoTime();
      System.out.println("seed=" + seed + " checked=" + checked);
      var random = new SplittableRandom(seed);
      try (var expected =
              new HeapMetricStore(new VersionClock(() -> now, 1), () -> now, List.of(), checked);
          var actual =
              new OffHeapMetricStore(
                  new StoreConfig(
                      new VersionClock(() -> now, 1),
                      () -> now,
                      List.of(),
                      checked,
                      Duration.ofSeconds(1),
                      StorageLimits.NONE))) {
        for (int step = 0; step < 3_000; step++) {
          now += random.nextInt(50);
          step(expected, actual, random);
          if (step % 50 == 0) {
            actual.sweep();
            assertSame(expected, actual);
          }
        }
        assertSame(expected, actual);
        assertEquals(expected.wipe(), actual.wipe());
        assertSame(expected, actual);
        actual.sweep();
        actual
            .statistics()
            .maps()
            .forEach(map -> assertEquals(0, map.entries(), () -> "left in " + map.name()));
      }
    }
  }

  private void step(MetricStore expected, MetricStore actual, SplittableRandom random) {
    if (random.nextInt(400) == 0) {
      assertEquals(expected.wipe(), actual.wipe());
      return;
    }
    GroupUpdate update = random.nextInt(8) == 0 ? judged(expected, random) : update(random);
    assertEquals(expected.submit(update), actual.submit(update));
  }

  /** What a staleness rule asks for of a random group, mostly with what is true of it. */
  private static GroupUpdate judged(MetricStore store, SplittableRandom random) {
    try (Snapshot snapshot = store.snapshot()) {
      GroupState group = GroupState.absent(GroupingKey.of("a"));
      int skipped = random.nextInt(1 + snapshot.size());
      for (GroupState next : snapshot.groups()) {
        group = next;
        if (skipped-- == 0) {
          break;
        }
      }
      return random.nextInt(3) == 0
          ? new GroupUpdate.Purge(group.key(), group.bounds().expiry().version())
          : new GroupUpdate.Expire(
              group.key(), group.bounds().lastPush().version(), random.nextBoolean());
    }
  }

  private GroupUpdate update(SplittableRandom random) {
    GroupingKey key =
        switch (random.nextInt(6)) {
          case 0 -> GroupingKey.of("a");
          case 1 -> GroupingKey.of("a", "instance", "");
          case 2 -> GroupingKey.of("a", "instance", "1");
          case 3 -> GroupingKey.of("b", "z", "\u00e9");
          case 4 -> GroupingKey.of("b", "z", "1", "y", "2");
          default -> GroupingKey.of("c", "n", Integer.toString(random.nextInt(20)));
        };
    if (random.nextInt(8) == 0) {
      return Samples.delete(key);
    }
    var families = new ArrayList<MetricFamily>();
    int count = random.nextInt(4);
    for (int i = 0; i < count; i++) {
      families.add(family("m" + (i * 3 + random.nextInt(3)), random));
    }
    var body = new ParsedExposition(families, random.nextInt(30) == 0);
    if (random.nextInt(6) == 0) {
      long push = random.nextInt(4) == 0 ? 0 : now - 60 + random.nextInt(100);
      return new GroupUpdate.Restore(
          key, body, push, push == 0 ? now : random.nextInt(2) * now, Map.of("m1", now - 1000));
    }
    return random.nextBoolean()
        ? new GroupUpdate.Replace(key, body)
        : new GroupUpdate.Merge(key, body);
  }

  private static MetricFamily family(String name, SplittableRandom random) {
    MetricType type =
        random.nextInt(10) == 0 ? TYPES.get(random.nextInt(TYPES.size())) : MetricType.GAUGE;
    var metrics = new ArrayList<Metric>();
    int count = random.nextInt(10) == 0 ? 0 : 1 + random.nextInt(3);
    for (int i = 0; i < count; i++) {
      int label = random.nextInt(12) == 0 ? random.nextInt(4) : i;
      metrics.add(Samples.metric(type, Labels.of("l", Integer.toString(label)), random.nextInt(5)));
    }
    return new MetricFamily(name, random.nextInt(9) == 0 ? "help" : "", type, metrics);
  }

  private static void assertSame(MetricStore expected, MetricStore actual) {
    assertEquals(expected.groupCount(), actual.groupCount());
    assertEquals(expected.statistics().staleGroups(), actual.statistics().staleGroups());
    try (Snapshot left = expected.snapshot();
        Snapshot right = actual.snapshot()) {
      assertEquals(groups(left), groups(right));
      assertEquals(families(left), families(right));
    }
  }

  /** What can be seen of a group; bounds that hide nothing may differ. */
  private static List<String> groups(Snapshot snapshot) {
    var groups = new ArrayList<String>();
    for (GroupState group : snapshot.groups()) {
      groups.add(
          group.key()
              + " "
              + group.bounds().pushMillis()
              + " "
              + group.bounds().failureMillis()
              + group.bounds().isStale());
      group.families().values().forEach(family -> groups.add(family.toString()));
    }
    return groups;
  }

  private static List<String> families(Snapshot snapshot) {
    var families = new ArrayList<String>();
    for (HeldFamily family : snapshot.families()) {
      families.add(family.name() + " " + family.type() + " " + family.help() + family.unit());
      for (MetricType type : TYPES) {
        family.forEachMetric(type, metric -> families.add(metric.toString()));
      }
    }
    return families;
  }
}
