package io.silverback.server.storage.engine;

import static io.silverback.server.group.Samples.delete;
import static io.silverback.server.group.Samples.gauge;
import static io.silverback.server.group.Samples.post;
import static io.silverback.server.group.Samples.put;
import static io.silverback.server.group.Samples.timestamped;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.silverback.codec.model.Family;
import io.silverback.codec.model.GroupingKey;
import io.silverback.codec.model.Metric;
import io.silverback.codec.model.Version;
import io.silverback.codec.model.VersionClock;
import io.silverback.server.group.FamilyGatherer;
import io.silverback.server.group.GroupState;
import io.silverback.server.storage.ListedGroup;
import io.silverback.server.storage.Snapshot;
import io.silverback.server.storage.StorageLimits;
import io.silverback.server.storage.StoreConfig;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Snapshots that show what was pushed from some moment on, and nothing older beside it. */
final class SnapshotOfVersionsTest {
  private final VersionClock clock = new VersionClock(System::currentTimeMillis, 1);
  private final OffHeapMetricStore store =
      new OffHeapMetricStore(
          new StoreConfig(
              clock,
              System::currentTimeMillis,
              List.of(),
              true,
              Duration.ofMinutes(1),
              StorageLimits.NONE));

  @AfterEach
  void close() {
    store.close();
  }

  private Predicate<Version> sinceNow() {
    Version floor = clock.next(0);
    return version -> version.isAfter(floor);
  }

  /** What a page shows: family and job to value, push times without their values. */
  private static Map<String, Double> page(Snapshot snapshot) {
    var page = new TreeMap<String, Double>();
    var families = new FamilyGatherer(List.of(), snapshot.families());
    while (families.hasNext()) {
      Family family = families.next();
      family.forEachMetric(metric -> page.put(nameOf(family, metric), valueOf(family, metric)));
    }
    return page;
  }

  private static String nameOf(Family family, Metric metric) {
    return family.name() + " " + metric.labels().value("job").orElseThrow();
  }

  private static double valueOf(Family family, Metric metric) {
    return family.name().startsWith("push_") ? 0 : ((Metric.Gauge) metric).value();
  }

  @Test
  void aPostShowsNoOldFamilyOfItsGroup() {
    GroupingKey mixed = GroupingKey.of("mixed");
    store.submit(put(mixed, gauge("f1", 1), gauge("f2", 1)));
    store.submit(put(GroupingKey.of("old"), gauge("f1", 1), gauge("f2", 1)));
    Predicate<Version> fresh = sinceNow();
    store.submit(post(mixed, gauge("f2", 2)));
    store.submit(put(GroupingKey.of("new"), gauge("f1", 3), gauge("f2", 3)));

    try (Snapshot snapshot = store.snapshotOfVersions(fresh)) {
      assertEquals(
          Map.of(
              "f1 new", 3.0,
              "f2 mixed", 2.0,
              "f2 new", 3.0,
              "push_time_seconds mixed", 0.0,
              "push_time_seconds new", 0.0),
          page(snapshot));
      assertEquals(2, snapshot.size());
      for (ListedGroup group : snapshot.listedGroups()) {
        boolean isNew = group.key().job().equals("new");
        assertEquals(isNew, group.hasFamily("f1"));
        assertTrue(group.hasFamily("f2"));
        var names = new TreeSet<String>();
        group.forEachFamily((_, family) -> names.add(family.name()));
        assertEquals(isNew ? List.of("f1", "f2") : List.of("f2"), List.copyOf(names));
        assertTrue(group.bounds().pushMillis() > 0);
      }
    }
    try (Snapshot all = store.snapshot()) {
      assertEquals(3, all.size());
      assertTrue(page(all).containsKey("f1 mixed"));
    }
  }

  @Test
  void aFailedPushShowsItsTimeAndNoOldPushTime() {
    GroupingKey key = GroupingKey.of("a");
    store.submit(put(key, gauge("f1", 1)));
    Predicate<Version> fresh = sinceNow();
    store.submit(timestamped(key, gauge("f1", 2)));
    try (Snapshot snapshot = store.snapshotOfVersions(fresh)) {
      assertFalse(page(snapshot).containsKey("push_time_seconds a"));
      assertFalse(page(snapshot).containsKey("f1 a"));
      assertTrue(page(snapshot).containsKey("push_failure_time_seconds a"));
    }
  }

  @Test
  void aDeletedGroupIsGone() {
    GroupingKey key = GroupingKey.of("a");
    Predicate<Version> fresh = sinceNow();
    store.submit(put(key, gauge("f1", 1)));
    store.submit(delete(key));
    try (Snapshot snapshot = store.snapshotOfVersions(fresh)) {
      assertEquals(Map.of(), page(snapshot));
    }
  }

  /** Many groups of a few shapes, of which each shows other families: as the states say. */
  @Test
  void allWaysToLookShowTheSameFamilies() {
    var random = new SplittableRandom(5);
    Predicate<Version> fresh = _ -> true;
    for (int round = 0; round < 2; round++) {
      for (int i = 0; i < 200; i++) {
        GroupingKey key = GroupingKey.of("j" + random.nextInt(40));
        int first = random.nextInt(4);
        int second = (first + 1 + random.nextInt(3)) % 4;
        double value = random.nextInt(1_000);
        var families = List.of(gauge("f" + first, value), gauge("f" + second, value));
        store.submit(
            random.nextInt(4) == 0
                ? put(key, families.getFirst(), families.getLast())
                : post(key, families.getFirst(), families.getLast()));
      }
      fresh = round == 0 ? sinceNow() : fresh;
    }
    for (int i = 0; i < 3; i++) {
      var wanted = new TreeMap<String, Double>();
      try (Snapshot all = store.snapshot()) {
        for (GroupState group : all.groups()) {
          for (var family : group.families().values()) {
            if (fresh.test(family.written().version())) {
              family
                  .family()
                  .forEachMetric(
                      metric ->
                          wanted.put(
                              nameOf(family.family(), metric), valueOf(family.family(), metric)));
            }
          }
        }
      }
      try (Snapshot snapshot = store.snapshotOfVersions(fresh)) {
        // Changes after the snapshot was taken do not show.
        store.submit(post(GroupingKey.of("j1"), gauge("f1", 5_000)));
        var shown = page(snapshot);
        shown.keySet().removeIf(name -> name.startsWith("push_"));
        assertEquals(wanted, shown);
        var listed = new TreeMap<String, Double>();
        snapshot
            .listedGroups()
            .forEach(
                group ->
                    group.forEachFamily(
                        (_, family) ->
                            family.forEachMetric(
                                metric ->
                                    listed.put(nameOf(family, metric), valueOf(family, metric)))));
        assertEquals(wanted, listed);
      }
    }
  }
}
