package io.silverback.server.storage.files;

import static io.silverback.server.group.Samples.delete;
import static io.silverback.server.group.Samples.gauge;
import static io.silverback.server.group.Samples.put;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.silverback.codec.model.GroupingKey;
import io.silverback.codec.model.MetricFamily;
import io.silverback.codec.model.VersionClock;
import io.silverback.server.log.CapturedLog;
import io.silverback.server.log.LogFormat;
import io.silverback.server.log.LogLevel;
import io.silverback.server.storage.DiskStatistics;
import io.silverback.server.storage.Limit;
import io.silverback.server.storage.MetricStore.Submission;
import io.silverback.server.storage.PersistenceConfig;
import io.silverback.server.storage.StorageLimits;
import io.silverback.server.storage.StoreConfig;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What a store does on a disk that is full. */
@Timeout(600)
final class FullDiskTest {
  private static final int METRICS = 600;
  private static final long MIN_FREE_BYTES = 16 << 20;
  private static final int FILL_BYTES = 1 << 16;

  @TempDir Path folder;
  private long now = 1_700_000_000_000L;
  private boolean isMounted;

  @AfterEach
  void unmount() throws Exception {
    if (isMounted) {
      assertEquals(0, run("umount", folder.resolve("small").toString()));
    }
  }

  @Test
  void theFirstPushOnAFullDiskIsRefused() throws Exception {
    var disk = new FaultyDisk(folder);
    try (var store = open(folder.resolve("store"), disk)) {
      accepted(store.submit(put(key(1), wide(1))));
      disk.freeBytes(MIN_FREE_BYTES - 1);
      refused(store.submit(put(key(2), wide(2))));
      disk.freeBytes(MIN_FREE_BYTES);
      accepted(store.submit(put(key(2), wide(2))));
    }
  }

  @Test
  void whatCannotBeRefusedGetsTheReserveWhichComesBackWithTheRoom() throws Exception {
    Path reserve = folder.resolve("store").resolve("reserve");
    var disk = new FaultyDisk(folder);
    try (var store = open(folder.resolve("store"), disk)) {
      accepted(store.submit(put(key(1), wide(1))));
      await(() -> Files.exists(reserve) && Files.size(reserve) == MIN_FREE_BYTES / 8);
      disk.freeBytes(0);
      accepted(store.submit(delete(key(1))));
      assertTrue(Files.notExists(reserve));
      disk.freeBytes(Long.MAX_VALUE);
      await(() -> Files.exists(reserve));
    }
    disk.freeBytes(0);
    try (var _ = open(folder.resolve("store"), disk)) {
      assertTrue(Files.notExists(reserve), "a start needs the room itself");
    }
  }

  @Test
  void aDiskWithoutRoomForTheNextStartIsAnnounced() throws Exception {
    var disk = new FaultyDisk(folder);
    try (var log = new CapturedLog(LogLevel.INFO, LogFormat.LOGFMT);
        var store = open(folder.resolve("store"), disk)) {
      await(() -> store.statistics().disk().orElseThrow().freeBytes() > DiskRoom.START_BYTES);
      assertEquals(0, said(log, "too little space for the next start"));
      disk.freeBytes(DiskRoom.START_BYTES - 1);
      await(() -> said(log, "too little space for the next start") == 1);
      accepted(store.submit(put(key(1), wide(1))));
      assertEquals(
          new DiskStatistics(DiskRoom.START_BYTES - 1, DiskRoom.START_BYTES, true),
          store.statistics().disk().orElseThrow());
      assertEquals(1, said(log, "too little space for the next start"), "once");
    }
  }

  /** A file system in memory of 176 MiB, which is filled to the last byte. */
  @Test
  void deletesGoOnWithoutAByteFreeAndTheNextStartNeedsLittle() throws Exception {
    Path small = mount("176m");
    Path roomOfAStart = small.resolve("room");
    new SystemDisk().fill(roomOfAStart, DiskRoom.START_BYTES);
    Path root = small.resolve("store");
    int groups = 0;
    try (var store = open(root, new SystemDisk())) {
      await(() -> Files.exists(root.resolve("reserve")));
      while (store.submit(put(key(groups), wide(groups))) instanceof Submission.Accepted) {
        groups++;
        now += 1000;
      }
      fill(small.resolve("others"));
      assertEquals(0, new SystemDisk().freeBytes(small), "the reserve is not free yet");
      refused(store.submit(put(key(0), wide(7))));
      for (int i = 0; i < groups; i += 2) {
        accepted(store.submit(delete(key(i))));
      }
      assertEquals(groups / 2, store.groupCount());
    }
    try (var store = open(root, new SystemDisk())) {
      String reason = store.whyNotReady().orElseThrow();
      assertTrue(reason.contains("the disk has too little space for a start"), reason);
    }
    Files.delete(roomOfAStart);
    try (var store = open(root, new SystemDisk())) {
      assertEquals(groups / 2, store.groupCount(), () -> "" + store.whyNotReady());
    }
  }

  private Path mount(String size) throws Exception {
    Path small = Files.createDirectory(folder.resolve("small"));
    isMounted = run("mount", "-t", "tmpfs", "-o", "size=" + size, "tmpfs", small.toString()) == 0;
    assumeTrue(isMounted, "only root may mount a file system");
    return small;
  }

  private static int run(String... command) throws Exception {
    try {
      Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
      assertTrue(process.waitFor(30, TimeUnit.SECONDS));
      return process.exitValue();
    } catch (IOException _) {
      return -1; // There is no such program.
    }
  }

  /** Takes all that is free. */
  private static void fill(Path file) throws IOException {
    int chunk = FILL_BYTES;
    try (OutputStream out = Files.newOutputStream(file)) {
      while (chunk > 0) {
        try {
          out.write(new byte[chunk]);
        } catch (IOException _) {
          chunk /= 2; // Full, but for less than that.
        }
      }
    }
  }

  private static MetricFamily[] wide(int number) {
    return IntStream.range(0, METRICS)
        .mapToObj(m -> gauge("g_" + number % 50 + "_" + m, number * 1e-7 + m))
        .toArray(MetricFamily[]::new);
  }

  private static GroupingKey key(int number) {
    return GroupingKey.of("j", "n", Integer.toString(number));
  }

  private PersistedMetricStore open(Path root, Disk disk) throws InterruptedException {
    return open(root, disk, MIN_FREE_BYTES);
  }

  private PersistedMetricStore open(Path root, Disk disk, long minFreeBytes)
      throws InterruptedException {
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
            settings, new PersistenceConfig(root, Duration.ofHours(1), minFreeBytes), disk);
    store.awaitReady(Duration.ofMinutes(1));
    return store;
  }

  private interface Condition {
    boolean holds() throws IOException;
  }

  private static void await(Condition condition) throws Exception {
    for (int i = 0; !condition.holds(); i++) {
      assertTrue(i < 3_000, "it does not come true");
      Thread.sleep(10);
    }
  }

  private static long said(CapturedLog log, String part) {
    return log.lines().stream().filter(line -> line.contains(part)).count();
  }

  private static void accepted(Submission answer) {
    assertInstanceOf(Submission.Accepted.class, answer, answer::toString);
  }

  private static void refused(Submission answer) {
    var over = assertInstanceOf(Submission.OverLimit.class, answer, answer::toString);
    assertEquals(Limit.FREE_DISK, over.limit());
  }
}
