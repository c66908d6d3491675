package io.silverback.server.storage.files;

import static io.silverback.server.group.Samples.gauge;
import static io.silverback.server.group.Samples.put;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.silverback.codec.model.GroupingKey;
import io.silverback.codec.model.MetricFamily;
import io.silverback.codec.model.VersionClock;
import io.silverback.server.log.CapturedLog;
import io.silverback.server.log.LogFormat;
import io.silverback.server.log.LogLevel;
import io.silverback.server.storage.MetricStore;
import io.silverback.server.storage.MetricStore.Submission;
import io.silverback.server.storage.PersistenceConfig;
import io.silverback.server.storage.Snapshot;
import io.silverback.server.storage.StorageLimits;
import io.silverback.server.storage.StoreConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Starts on a disk that has no room for the old and the new files. */
@Timeout(600)
final class StepwiseMoveTest {
  private static final int GROUPS = 160;
  private static final int METRICS = 2_000;
  private static final int CUTS = 3;

  /** Enough for the new files and a step, but not for a copy; what the disk says it has. */
  private static final long LITTLE_ROOM = 33L << 20;

  private static final long NO_ROOM = 4L << 20;

  @TempDir Path folder;
  private long now = 1_700_000_000_000L;

  @Test
  void aStartNeedsNoRoomForASecondCopy() throws Exception {
    Path root = folder.resolve("store");
    List<String> stored = fill(root);
    var disk = new FaultyDisk(root);
    disk.freeBytes(LITTLE_ROOM);
    try (var log = new CapturedLog(LogLevel.INFO, LogFormat.LOGFMT);
        var store = open(root, disk)) {
      assertEquals(stored, groups(store));
      assertTrue(log.lines().toString().contains("too little space for a second copy"));
      assertTrue(log.lines().toString().contains(" damaged=0 lost_groups=0 lost_pages=0 "));
      assertTrue(disk.steps().contains("give back of v3-00000001/groups"), disk.steps()::toString);
    }
    assertEquals(List.of("lock", "v3-00000002"), names(root));
    try (var store = open(root, new SystemDisk())) {
      assertEquals(stored, groups(store));
    }
  }

  @Test
  void aStartWithoutRoomForAStepSaysSoAndHarmsNothing() throws Exception {
    Path root = folder.resolve("store");
    List<String> stored = fill(root);
    var disk = new FaultyDisk(root);
    disk.freeBytes(NO_ROOM);
    try (var store = open(root, disk)) {
      String reason = store.whyNotReady().orElseThrow();
      assertTrue(reason.contains("the disk has too little space for a start, free some"), reason);
    }
    try (var store = open(root, new SystemDisk())) {
      assertEquals(stored, groups(store));
    }
  }

  @Test
  void nothingIsLostIfThePowerFailsAtAnyStepOfOneSuchStartAndOfTheNext() throws Exception {
    long seed = System.nanoTime();
    System.out.println("seed=" + seed);
    var random = new SplittableRandom(seed);
    Path base = folder.resolve("base");
    List<String> stored = fill(base);
    for (int cut = 0; cut < CUTS; cut++) {
      Path first = cutAt(5 + random.nextInt(60), base, "first" + cut, random.split());
      Path second = cutAt(5 + random.nextInt(60), first, "second" + cut, random.split());
      try (var log = new CapturedLog(LogLevel.INFO, LogFormat.LOGFMT);
          var store = open(second, new SystemDisk())) {
        assertEquals(stored, groups(store), () -> "seed=" + seed + " log=" + log.lines());
      }
    }
  }

  private Path cutAt(int steps, Path base, String name, SplittableRandom random) throws Exception {
    Path place = Files.createDirectory(folder.resolve(name));
    Path root = place.resolve("store");
    SparseFiles.copyAll(base, root);
    var disk = new FlakyDisk(root, Files.createDirectory(place.resolve("safe")), random, steps);
    disk.freeBytes(LITTLE_ROOM);
    try (var _ = new CapturedLog(LogLevel.INFO, LogFormat.LOGFMT);
        var store = open(root, disk)) {
      while (!disk.isOff() && store.whyNotReady().isEmpty()) {
        Thread.sleep(1);
      }
    }
    disk.restore(place.resolve("after"));
    return place.resolve("after");
  }

  private List<String> fill(Path root) throws InterruptedException {
    var random = new SplittableRandom(1);
    try (var store = open(root, new SystemDisk())) {
      for (int i = 0; i < GROUPS; i++) {
        int group = i;
        Submission answer =
            store.submit(
                put(
                    GroupingKey.of("wide", "n", Integer.toString(i)),
                    IntStream.range(0, METRICS)
                        .mapToObj(m -> gauge("g_" + group + "_" + m, random.nextDouble()))
                        .toArray(MetricFamily[]::new)));
        assertInstanceOf(Submission.Accepted.class, answer, answer::toString);
        now += 1000;
      }
      return groups(store);
    }
  }

  private PersistedMetricStore open(Path root, Disk disk) throws InterruptedException {
    var settings =
        new StoreConfig(
            new VersionClock(() -> now, 1),
            () -> now,
            List.of(),
            true,
            Duration.ofHours(1),
            StorageLimits.NONE);
    var store =
        new PersistedMetricStore(
            settings, new PersistenceConfig(root, Duration.ofMillis(50), 0), disk);
    store.awaitReady(Duration.ofMinutes(2));
    return store;
  }

  private static List<String> groups(MetricStore store) {
    var groups = new ArrayList<String>();
    try (Snapshot snapshot = store.snapshot()) {
      snapshot.groups().forEach(group -> groups.add(group.toString()));
    }
    return groups;
  }

  private static List<String> names(Path root) throws IOException {
    try (Stream<Path> files = Files.list(root)) {
      return files
          .map(file -> file.getFileName().toString().replaceAll("-[0-9a-f]{16}", ""))
          .sorted()
          .toList();
    }
  }
}
