package io.silverback.server.storage.engine;

import static io.silverback.server.group.Samples.delete;
import static io.silverback.server.group.Samples.gauge;
import static io.silverback.server.group.Samples.put;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.silverback.codec.model.GroupingKey;
import io.silverback.codec.model.MetricFamily;
import io.silverback.codec.model.VersionClock;
import io.silverback.server.storage.MetricStore;
import io.silverback.server.storage.MetricStore.Submission;
import io.silverback.server.storage.Snapshot;
import io.silverback.server.storage.StorageLimits;
import io.silverback.server.storage.StoreConfig;
import io.silverback.server.storage.files.Generation;
import io.silverback.server.storage.files.StoreFiles;
import io.silverback.server.storage.files.StoreRecovery;
import io.silverback.server.storage.maps.OffHeapMaps;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** What groups that were deleted took of the disk is given back. */
@Timeout(300)
@EnabledOnOs(OS.LINUX)
final class GivenBackRoomTest {
  private static final long MAGIC = 0x8877665544332211L;
  private static final int GROUPS = 400;
  private static final int METRICS = 1_000;

  /** What the index of a store takes once it is there, with some room. */
  private static final long EMPTY_BYTES = 14L << 20;

  @TempDir Path folder;
  private long now = 1_700_000_000_000L;

  @Test
  void aStoreShrinksToNothingWhenAllGroupsAreDeletedAndTheirHistoryIsOver() throws Exception {
    try (var store = store()) {
      fill(store, 0, GROUPS);
      long full = StoreFiles.usedBytes(folder);
      assertTrue(full > EMPTY_BYTES + (40L << 20), () -> "used=" + full);
      for (int i = 0; i < GROUPS; i++) {
        accepted(store.submit(delete(key(i))));
      }
      forgetHistory(store);
      long left = StoreFiles.usedBytes(folder);
      assertTrue(left < EMPTY_BYTES, () -> "used=" + left + " before=" + full);
      fill(store, 0, GROUPS);
      assertEquals(GROUPS, store.groupCount());
    }
  }

  @Test
  void groupsThatAreLeftStayAsTheyAreAndRoomIsUsedAgain() throws Exception {
    long seed = System.nanoTime();
    System.out.println("seed=" + seed);
    var random = new SplittableRandom(seed);
    List<String> stored;
    try (var store = store()) {
      for (int round = 0; round < 4; round++) {
        fill(store, round * GROUPS, GROUPS);
        for (int i = 0; i < (round + 1) * GROUPS; i++) {
          if (random.nextInt(20) > 0) {
            accepted(store.submit(delete(key(i))));
          }
        }
        List<String> before = groups(store);
        long full = StoreFiles.usedBytes(folder);
        forgetHistory(store);
        long left = StoreFiles.usedBytes(folder);
        assertTrue(left < full - (8L << 20), () -> "used=" + left + " before=" + full);
        assertEquals(before, groups(store), () -> "seed=" + seed);
      }
      stored = groups(store);
    }
    Path next = folder.resolve("next");
    Files.createDirectory(next);
    var maps = new OffHeapMaps(next, MAGIC);
    var recovery = new StoreRecovery(MAGIC, maps, Optional.empty(), () -> false);
    recovery.run(new Generation(Generation.FORMAT, 1, MAGIC, folder), next);
    assertEquals(0, recovery.result().damaged());
    try (var store = new OffHeapMetricStore(settings(), maps)) {
      assertEquals(stored, groups(store), () -> "seed=" + seed);
    }
  }

  private void fill(MetricStore store, int from, int count) {
    for (int i = from; i < from + count; i++) {
      int group = i;
      accepted(
          store.submit(
              put(
                  key(i),
                  IntStream.range(0, METRICS)
                      .mapToObj(m -> gauge("g_" + group + "_" + m, group + m * 1e-7))
                      .toArray(MetricFamily[]::new))));
      now += 10;
    }
  }

  /** Twice, as a shape goes one sweep after its last page. */
  private void forgetHistory(OffHeapMetricStore store) {
    now += Duration.ofHours(2).toMillis();
    store.sweep();
    store.sweep();
  }

  private OffHeapMetricStore store() throws IOException {
    return new OffHeapMetricStore(settings(), new OffHeapMaps(folder, MAGIC));
  }

  private StoreConfig settings() {
    return new StoreConfig(
        new VersionClock(() -> now, 7),
        () -> now,
        List.of(),
        true,
        Duration.ofHours(1),
        StorageLimits.NONE);
  }

  private static GroupingKey key(int number) {
    return GroupingKey.of("j", "n", Integer.toString(number));
  }

  private static List<String> groups(MetricStore store) {
    var groups = new ArrayList<String>();
    try (Snapshot snapshot = store.snapshot()) {
      snapshot.groups().forEach(group -> groups.add(group.toString()));
    }
    return groups;
  }

  private static void accepted(Submission answer) {
    assertInstanceOf(Submission.Accepted.class, answer, answer::toString);
  }
}
