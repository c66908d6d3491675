package io.silverback.server.storage.files;

import static io.silverback.server.group.Samples.gauge;
import static io.silverback.server.group.Samples.put;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.silverback.codec.model.GroupingKey;
import io.silverback.codec.model.Metric;
import io.silverback.codec.model.MetricFamily;
import io.silverback.codec.model.VersionClock;
import io.silverback.server.group.GroupState;
import io.silverback.server.log.CapturedLog;
import io.silverback.server.log.LogFormat;
import io.silverback.server.log.LogLevel;
import io.silverback.server.storage.MetricStore;
import io.silverback.server.storage.MetricStore.Submission;
import io.silverback.server.storage.PersistenceConfig;
import io.silverback.server.storage.Snapshot;
import io.silverback.server.storage.StorageLimits;
import io.silverback.server.storage.StoreConfig;
import io.silverback.server.storage.maps.OffHeapMaps;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What is left of a store when the power fails, at whatever moment. */
@Timeout(300)
final class PowerCutTest {
  private static final int CUTS = 6;
  private static final int OLD_GROUPS = 40;
  private static final Duration LONG = Duration.ofHours(1);

  @TempDir Path folder;
  private long now = 1_700_000_000_000L;

  @Test
  void aGenerationIsOnTheDiskBeforeItCountsAndCountsBeforeTheOneBeforeGoes() throws Exception {
    Path root = folder.resolve("store");
    fill(root, LONG);
    var disk = new RecordingDisk(root);
    open(root, LONG, disk).close();
    assertEquals(
        List.of(
            "force v3-00000002.in_progress/groups",
            "force v3-00000002.in_progress/shapes",
            "force v3-00000002.in_progress/symbols",
            "force v3-00000002.in_progress/open_pages",
            "force v3-00000002.in_progress/pages",
            "force v3-00000002.in_progress/writes",
            "write v3-00000002.in_progress/flushed.in_progress",
            "force v3-00000002.in_progress/flushed.in_progress",
            "rename v3-00000002.in_progress/flushed.in_progress to"
                + " v3-00000002.in_progress/flushed",
            "force names in v3-00000002.in_progress",
            "rename v3-00000002.in_progress to v3-00000002",
            "force names in ",
            "delete v3-00000001"),
        disk.steps().subList(0, 13));
  }

  @Test
  void aNewerGenerationOfHolesGivesWayToTheWholeOneBefore() throws Exception {
    Path root = folder.resolve("store");
    fill(root, LONG);
    Path whole = generation(root);
    Path holes = root.resolve(whole.getFileName().toString().replace("-00000001-", "-00000002-"));
    Files.createDirectories(holes);
    for (String name : OffHeapMaps.fileNames()) {
      SparseFiles.createHole(holes.resolve(name), Files.size(whole.resolve(name)));
    }
    try (var log = new CapturedLog(LogLevel.INFO, LogFormat.LOGFMT);
        var store = open(root, LONG, new SystemDisk())) {
      assertEquals(OLD_GROUPS, store.groupCount());
      assertTrue(said(log, "those from before are taken"), () -> log.lines().toString());
      assertTrue(said(log, " damaged=0 ", " passed_over=1 "), () -> log.lines().toString());
    }
    assertTrue(generation(root).getFileName().toString().startsWith("v3-00000003-"));
    assertEquals(1, setAside(root).size());
  }

  @Test
  void aSingleGenerationThatWasNeverFlushedGivesWhatItHasAndIsKept() throws Exception {
    Path root = folder.resolve("store");
    fill(root, LONG);
    Files.delete(generation(root).resolve(FlushMark.NAME));
    try (var log = new CapturedLog(LogLevel.INFO, LogFormat.LOGFMT);
        var store = open(root, LONG, new SystemDisk())) {
      assertEquals(OLD_GROUPS, store.groupCount());
      assertTrue(said(log, "were never flushed"), () -> log.lines().toString());
      assertTrue(said(log, " unflushed=1 "), () -> log.lines().toString());
    }
    assertEquals(1, setAside(root).size());
  }

  @Test
  void whatWasFlushedIsThereAfterACutAtAnyStep() throws Exception {
    long seed = System.nanoTime();
    System.out.println("seed=" + seed);
    var random = new SplittableRandom(seed);
    Path base = folder.resolve("base");
    fill(base, LONG);
    for (int cut = 0; cut < CUTS; cut++) {
      // Every second one into a start, which takes some fifteen steps; a flush takes ten.
      int steps = cut % 2 == 0 ? 1 + cut / 2 * 5 + random.nextInt(5) : 16 + random.nextInt(60);
      cutAt(steps, base, Files.createDirectory(folder.resolve("cut" + cut)), random.split());
    }
  }

  private void cutAt(int steps, Path base, Path place, SplittableRandom random) throws Exception {
    Path root = place.resolve("store");
    SparseFiles.copyAll(base, root);
    var disk = new FlakyDisk(root, Files.createDirectory(place.resolve("safe")), random, steps);
    var safeAfter = new HashMap<GroupingKey, Integer>();
    int flushed;
    try (var _ = new CapturedLog(LogLevel.INFO, LogFormat.LOGFMT);
        var store = open(root, Duration.ofMillis(10), disk)) {
      int round = 0;
      while (!disk.isOff() && store.whyNotReady().isEmpty()) {
        round++;
        GroupingKey once = GroupingKey.of("once", "n", "" + round);
        push(store, once, gauge("value", round));
        safeAfter.put(once, disk.flushesBegun());
        // One that grows, moves and is written over all the time; the others are not.
        push(store, GroupingKey.of("often"), wide(round));
      }
      flushed = disk.flushed();
    }
    Path after = place.resolve("after");
    disk.restore(after);
    try (var log = new CapturedLog(LogLevel.INFO, LogFormat.LOGFMT);
        var store = open(after, LONG, new SystemDisk())) {
      Map<GroupingKey, Double> there = values(store);
      String what = "steps=" + steps + " flushed=" + flushed + " log=" + log.lines();
      for (int i = 0; i < OLD_GROUPS; i++) {
        assertEquals(i, there.get(old(i)), what);
      }
      for (var push : safeAfter.entrySet()) {
        if (push.getValue() < flushed) {
          assertTrue(there.containsKey(push.getKey()), () -> push.getKey() + " " + what);
        }
      }
      boolean isWhole = there.keySet().containsAll(safeAfter.keySet());
      assertTrue(isWhole || said(log, " unflushed=1 "), what);
    }
  }

  private static MetricFamily[] wide(int round) {
    return Stream.iterate(0, i -> i + 1)
        .limit(50 + round % 70 * 10)
        .map(i -> gauge("g%04d".formatted(i), round))
        .toArray(MetricFamily[]::new);
  }

  @Test
  void thePageSaysWhatIsWritten() throws IOException {
    List<String> fields =
        Files.readAllLines(Path.of("..", "docs", "formats", "store.md")).stream()
            .dropWhile(line -> !line.equals("```flushed"))
            .skip(1)
            .takeWhile(line -> !line.equals("```"))
            .map(line -> line.split("\\|", -1)[1].replace(" ", ""))
            .toList();
    String whole = String.join("", fields.subList(0, fields.size() - 1));
    assertEquals(whole, fields.getLast());
    byte[] documented = HexFormat.of().parseHex(whole);
    UUID boot = UUID.fromString("3f2504e0-4f89-41d3-9a0c-0305e82c3301");
    var mark = new FlushMark(1_800_000_000_000L, 1200, boot);
    assertEquals(Optional.of(mark), FlushMark.decode(documented, 0x8877665544332211L));
    assertArrayEquals(documented, mark.encode(0x8877665544332211L).array());
    assertEquals(Optional.empty(), FlushMark.decode(documented, 7));
  }

  @Test
  void aMarkThatIsCutOffOrDamagedIsNone() {
    byte[] bytes = new FlushMark(1, 2, UUID.randomUUID()).encode(7).array();
    for (int i = 0; i < bytes.length; i++) {
      assertEquals(Optional.empty(), FlushMark.decode(Arrays.copyOf(bytes, i), 7));
      byte[] damaged = bytes.clone();
      damaged[i] ^= 1;
      assertEquals(Optional.empty(), FlushMark.decode(damaged, 7));
    }
  }

  private void fill(Path root, Duration flushInterval) throws InterruptedException {
    try (var store = open(root, flushInterval, new SystemDisk())) {
      for (int i = 0; i < OLD_GROUPS; i++) {
        push(store, old(i), gauge("value", i));
      }
    }
  }

  private static GroupingKey old(int i) {
    return GroupingKey.of("old", "n", Integer.toString(i));
  }

  private void push(MetricStore store, GroupingKey key, MetricFamily... families) {
    now += 1000;
    Submission answer = store.submit(put(key, families));
    assertInstanceOf(Submission.Accepted.class, answer, answer::toString);
  }

  private static Map<GroupingKey, Double> values(MetricStore store) {
    var values = new HashMap<GroupingKey, Double>();
    try (Snapshot snapshot = store.snapshot()) {
      for (GroupState group : snapshot.groups()) {
        Metric metric = group.families().firstEntry().getValue().family().metrics().getFirst();
        values.put(group.key(), ((Metric.Gauge) metric).value());
      }
    }
    return values;
  }

  private PersistedMetricStore open(Path root, Duration flushInterval, Disk disk)
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
        new PersistedMetricStore(settings, new PersistenceConfig(root, flushInterval, 0), disk);
    store.awaitReady(Duration.ofSeconds(30));
    return store;
  }

  private static boolean said(CapturedLog log, String... parts) {
    return log.lines().stream().anyMatch(line -> Arrays.stream(parts).allMatch(line::contains));
  }

  private static Path generation(Path root) throws IOException {
    try (Stream<Path> files = Files.list(root)) {
      return files
          .filter(file -> Generation.of(file).isPresent())
          .max(Path::compareTo)
          .orElseThrow();
    }
  }

  private static List<Path> setAside(Path root) throws IOException {
    try (Stream<Path> files = Files.list(root)) {
      return files.filter(file -> file.getFileName().toString().startsWith("set-aside")).toList();
    }
  }
}
