package io.silverback.server.storage.files;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.silverback.codec.exposition.NameValidation;
import io.silverback.codec.exposition.ParsedExposition;
import io.silverback.codec.exposition.TextParser;
import io.silverback.codec.model.GroupingKey;
import io.silverback.codec.model.VersionClock;
import io.silverback.server.group.GroupUpdate;
import io.silverback.server.group.select.SeriesSelector;
import io.silverback.server.log.CapturedLog;
import io.silverback.server.log.LogFormat;
import io.silverback.server.log.LogLevel;
import io.silverback.server.storage.ChoreStatistics;
import io.silverback.server.storage.EndlessBudget;
import io.silverback.server.storage.HistoryQuery;
import io.silverback.server.storage.Limit;
import io.silverback.server.storage.LimitUse;
import io.silverback.server.storage.MetricStore;
import io.silverback.server.storage.MetricStore.Submission;
import io.silverback.server.storage.PersistenceConfig;
import io.silverback.server.storage.Snapshot;
import io.silverback.server.storage.StorageLimits;
import io.silverback.server.storage.StoreConfig;
import io.silverback.server.storage.StoreNotReadyException;
import io.silverback.server.storage.StoreUnusableException;
import io.silverback.server.storage.maps.Holes;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What a store in files keeps, over starts, crashes and damage.
 *
 * <p>Longer than other classes: all cases share the stores and the damage below.
 */
final class PersistedStoreTest {
  private static final long NOW = 1_700_000_000_000L;

  @TempDir Path folder;
  private long now = NOW;

  @Test
  void groupsAndHistoryOutliveAStoreThatIsLeftWithoutAClose() throws Exception {
    Path left = folder.resolve("left");
    List<String> exposed;
    List<String> history;
    try (var store = open(folder.resolve("store"))) {
      for (int round = 0; round < 100; round++) {
        for (int group = 0; group < 50; group++) {
          push(
              store,
              key(group),
              "# HELP a some\na{x=\"1\"} " + round + "\na{x=\"2\"} " + group + "\n");
        }
        now += 1000;
      }
      push(store, key(7), "b 1\n");
      store.submit(new GroupUpdate.Delete(key(8)));
      exposed = groups(store);
      history = history(store);
      SparseFiles.copyAll(folder.resolve("store"), left);
    }
    assertEquals(49, exposed.size());

    try (var store = open(left)) {
      assertEquals(exposed, groups(store));
      assertEquals(history, history(store));
      assertEquals(
          List.of(49L, 48 * 2 + 1L),
          store.statistics().limits().stream().skip(1).limit(2).map(LimitUse::used).toList());
      push(store, key(3), "a{x=\"1\"} 7\na{x=\"2\"} 8\n");
      assertEquals(49, store.groupCount());
    }
    try (var store = open(folder.resolve("store"))) {
      assertEquals(exposed, groups(store));
    }
  }

  @Test
  void aFullDiskRefusesPushesAndKeepsServing() throws Exception {
    try (var store = open(folder)) {
      push(store, key(1), "a 1\n");
    }
    try (var store = open(folder, Long.MAX_VALUE)) {
      Submission answer = store.submit(new GroupUpdate.Replace(key(1), parsed("a 2\n")));
      var refused = assertInstanceOf(Submission.OverLimit.class, answer);
      assertEquals(Limit.FREE_DISK, refused.limit());
      assertTrue(groups(store).toString().contains("value=1.0"), () -> groups(store).toString());
      store.submit(new GroupUpdate.Delete(key(1)));
      assertEquals(0, store.groupCount());
    }
  }

  @Test
  void aStartForWhichTheDiskHasNoRoomSaysSoAndHarmsNothing() throws Exception {
    try (var store = open(folder)) {
      push(store, key(1), "a 1\n");
    }
    Path before = generations().getFirst();
    var disk = new FaultyDisk(folder);
    disk.freeBytes(4096);
    try (var store = open(folder, 0, Duration.ofHours(1), disk)) {
      String reason = store.whyNotReady().orElseThrow();
      assertTrue(reason.contains("the disk has too little space for a start"), reason);
      assertThrows(StoreNotReadyException.class, store::groupCount);
    }
    assertEquals(List.of(before), generations());
    try (var store = open(folder)) {
      assertEquals(1, store.groupCount());
    }
  }

  /** As it is when other programs take the room that was there when the start looked. */
  @Test
  void aDiskThatFailsInTheMiddleOfAStartHarmsNothing() throws Exception {
    try (var store = open(folder)) {
      push(store, key(1), "a 1\n");
    }
    Path before = generations().getFirst();
    var disk = new FaultyDisk(folder);
    disk.fail("force");
    try (var store = open(folder, 0, Duration.ofHours(1), disk)) {
      assertTrue(store.whyNotReady().orElseThrow().contains("cannot be recovered"));
    }
    assertEquals(List.of(before), generations());
    try (var store = open(folder)) {
      assertEquals(1, store.groupCount());
    }
  }

  @Test
  void aStrayFolderInAnOldGenerationGoesWithIt() throws Exception {
    try (var store = open(folder)) {
      push(store, key(1), "a 1\n");
    }
    Files.createDirectories(generations().getFirst().resolve("lost+found").resolve("more"));
    try (var store = open(folder)) {
      assertEquals(1, store.groupCount());
    }
    assertEquals(1, generations().size());
  }

  @Test
  void aCleanUpThatFailsIsTriedAgainAndHoldsNothingUp() throws Exception {
    try (var store = open(folder)) {
      push(store, key(1), "a 1\n");
    }
    var disk = new FaultyDisk(folder);
    disk.fail("delete");
    try (var store = open(folder, 0, Duration.ofMillis(1), disk)) {
      push(store, key(1), "a 2\n");
      awaitChore(store, "cleanup", chore -> chore.failures() >= 3);
      long failures = chore(store, "cleanup").failures();
      long flushed = chore(store, "flush").lastSuccessMillis();
      awaitChore(store, "flush", chore -> chore.lastSuccessMillis() > flushed);
      assertEquals(Optional.empty(), chore(store, "cleanup").trouble());
      assertEquals(2, generations().size(), () -> "failures=" + failures);
      disk.fail("nothing");
      awaitChore(store, "cleanup", _ -> generationsAre(1));
    }
  }

  @Test
  void aFlushThatFailsIsTroubleAndIsTriedAgain() throws Exception {
    var disk = new FaultyDisk(folder);
    try (var store = open(folder, 0, Duration.ofMillis(1), disk)) {
      disk.fail("force");
      awaitChore(
          store,
          "flush",
          chore -> chore.trouble().filter(it -> it.contains("chore=flush")).isPresent());
      disk.fail("nothing");
      awaitChore(store, "flush", chore -> chore.trouble().isEmpty());
    }
  }

  @Test
  void aDiskThatCannotBeAskedIsTrouble() throws Exception {
    var disk = new FaultyDisk(folder);
    try (var store = open(folder, 0, Duration.ofHours(1), disk)) {
      disk.fail("freeBytes");
      awaitChore(store, "disk", chore -> chore.trouble().isPresent());
      Submission answer = store.submit(new GroupUpdate.Replace(key(1), parsed("a 2\n")));
      assertInstanceOf(Submission.Accepted.class, answer);
    }
  }

  /** Another process must not begin with files in which this one still works. */
  @Test
  void theFolderIsLockedUntilARecoveryThatWasAskedToEndHasEnded() throws Exception {
    try (var store = open(folder)) {
      for (int i = 0; i < 200; i++) {
        push(store, key(i), "a 1\n");
      }
    }
    Path first = generations().getFirst();
    var mayGoOn = new CountDownLatch(1);
    var isAsked = new CountDownLatch(1);
    var disk = new FaultyDisk(folder);
    disk.hold(isAsked, mayGoOn);
    var store = begin(folder, 0, Duration.ofHours(1), disk);
    isAsked.await();
    Thread closer = Thread.ofPlatform().start(store::close);
    try {
      closer.join(Duration.ofMillis(300));
      assertTrue(closer.isAlive());
      assertThrows(StoreUnusableException.class, () -> open(folder));
    } finally {
      mayGoOn.countDown();
    }
    closer.join();
    assertEquals(List.of(first), generations());
    try (var again = open(folder)) {
      assertEquals(200, again.groupCount());
    }
  }

  @Test
  void aDeleteOnAFullDiskCostsTheRowsOfThePageThatIsOpen() throws Exception {
    var disk = new FaultyDisk(folder);
    try (var store = open(folder, 1 << 20, Duration.ofHours(1), disk)) {
      push(store, key(1), "a 1\n");
      push(store, key(2), "a 2\n");
      List<String> whole = history(store);
      store.submit(new GroupUpdate.Delete(key(1)));
      assertEquals(whole, history(store), "with room it costs none");
      disk.freeBytes(0);
      store.submit(new GroupUpdate.Delete(key(2)));
      assertEquals(0, store.groupCount());
      assertEquals(whole.size() / 2, history(store).size(), "only that of the first one is left");
    }
    try (var log = new CapturedLog(LogLevel.INFO, LogFormat.LOGFMT);
        var store = open(folder)) {
      assertFalse(history(store).isEmpty());
      assertTrue(log.lines().toString().contains(" damaged=0 lost_groups=0 lost_pages=0 "));
    }
  }

  @Test
  void aFileThatIsDeletedIsNoticedWithinSeconds() throws Exception {
    try (var store = open(folder)) {
      push(store, key(1), "a 1\n");
      Files.delete(generations().getFirst().resolve("pages"));
      awaitChore(
          store,
          "files",
          chore -> chore.trouble().filter(it -> it.contains("was deleted")).isPresent());
      assertEquals(1, store.groupCount(), "what is in memory is served");
    }
  }

  @Test
  void aFileThatIsReplacedIsNoticedWithinSeconds() throws Exception {
    try (var store = open(folder)) {
      push(store, key(1), "a 1\n");
      Path file = generations().getFirst().resolve("groups");
      SparseFiles.copy(file, folder.resolve("copy"));
      Files.move(folder.resolve("copy"), file, StandardCopyOption.REPLACE_EXISTING);
      awaitChore(
          store,
          "files",
          chore -> chore.trouble().filter(it -> it.contains("was replaced")).isPresent());
    }
  }

  @Test
  void aFileOfZerosIsReportedAndKeptAside() throws Exception {
    try (var store = open(folder)) {
      for (int i = 0; i < 30; i++) {
        push(store, key(i), "a 1\n");
      }
    }
    clear(generations().getFirst().resolve("groups"), 0);
    try (var log = new CapturedLog(LogLevel.INFO, LogFormat.LOGFMT);
        var store = open(folder)) {
      assertEquals(0, store.groupCount());
      String lines = log.lines().toString();
      assertTrue(lines.contains("a file of the store begins with zeros"), lines);
      assertTrue(lines.contains(" damaged=1 lost_groups=30 "), lines);
    }
    assertEquals(1, setAside());
  }

  @Test
  void groupsWhoseBytesAreZerosAreReportedAndKeptAside() throws Exception {
    try (var store = open(folder)) {
      for (int i = 0; i < 30; i++) {
        push(store, key(i), "a 1\n");
      }
    }
    clear(generations().getFirst().resolve("groups"), 1 << 16);
    try (var log = new CapturedLog(LogLevel.INFO, LogFormat.LOGFMT);
        var store = open(folder)) {
      int left = store.groupCount();
      assertTrue(left < 30, "left=" + left);
      String lines = log.lines().toString();
      assertTrue(lines.contains("groups are missing that were there"), lines);
      assertTrue(lines.contains(" lost_groups=" + (30 - left) + " "), lines);
    }
    assertEquals(1, setAside());
  }

  @Test
  void aStartSaysWhetherTheLastEndWasClean() throws Exception {
    Path left = folder.resolve("left");
    try (var store = open(folder.resolve("store"))) {
      assertTrue(store.statistics().disk().orElseThrow().lastEndWasClean(), "a new one");
      push(store, key(1), "a 1\n");
      SparseFiles.copyAll(folder.resolve("store"), left);
    }
    try (var log = new CapturedLog(LogLevel.INFO, LogFormat.LOGFMT);
        var store = open(folder.resolve("store"))) {
      assertTrue(store.statistics().disk().orElseThrow().lastEndWasClean());
      assertTrue(log.lines().toString().contains(" clean=1 "), log.lines()::toString);
    }
    try (var log = new CapturedLog(LogLevel.INFO, LogFormat.LOGFMT);
        var store = open(left)) {
      assertFalse(store.statistics().disk().orElseThrow().lastEndWasClean());
      assertTrue(log.lines().toString().contains("the last end was not clean"));
      assertTrue(log.lines().toString().contains(" clean=0 "), log.lines()::toString);
    }
    try (var store = open(left)) {
      assertTrue(store.statistics().disk().orElseThrow().lastEndWasClean(), "said once");
    }
  }

  private static void clear(Path file, long from) throws IOException {
    Holes.punch(file, from, Files.size(file));
  }

  private long setAside() throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.filter(it -> it.getFileName().toString().startsWith("set-aside")).count();
    }
  }

  private List<Path> generations() throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.filter(file -> Generation.of(file).isPresent()).toList();
    }
  }

  private boolean generationsAre(int count) {
    try {
      return generations().size() == count;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static ChoreStatistics chore(MetricStore store, String name) {
    return store.statistics().chores().stream()
        .filter(chore -> chore.name().equals(name))
        .findAny()
        .orElseThrow();
  }

  private static void awaitChore(
      MetricStore store, String name, Predicate<ChoreStatistics> condition)
      throws InterruptedException {
    for (int i = 0; !condition.test(chore(store, name)); i++) {
      assertTrue(i < 3_000, () -> chore(store, name).toString());
      Thread.sleep(10);
    }
  }

  private PersistedMetricStore open(Path path) throws InterruptedException {
    return open(path, 0);
  }

  private PersistedMetricStore open(Path path, long minFreeBytes) throws InterruptedException {
    return open(path, minFreeBytes, Duration.ofMinutes(5), new SystemDisk());
  }

  private PersistedMetricStore open(Path path, long minFreeBytes, Duration flushInterval, Disk disk)
      throws InterruptedException {
    PersistedMetricStore store = begin(path, minFreeBytes, flushInterval, disk);
    store.awaitReady(Duration.ofSeconds(30));
    return store;
  }

  private PersistedMetricStore begin(
      Path path, long minFreeBytes, Duration flushInterval, Disk disk) {
    var settings =
        new StoreConfig(
            new VersionClock(() -> now, 1),
            () -> now,
            List.of(),
            true,
            Duration.ofHours(1),
            StorageLimits.NONE);
    return new PersistedMetricStore(
        settings, new PersistenceConfig(path, flushInterval, minFreeBytes), disk);
  }

  private static GroupingKey key(int i) {
    return GroupingKey.of("many", "instance", "i" + i);
  }

  private static void push(MetricStore store, GroupingKey key, String text) {
    Submission answer = store.submit(new GroupUpdate.Replace(key, parsed(text)));
    assertInstanceOf(Submission.Accepted.class, answer, answer::toString);
  }

  private static ParsedExposition parsed(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    return new TextParser(NameValidation.LEGACY).parse(bytes, bytes.length);
  }

  private static List<String> groups(MetricStore store) {
    var groups = new ArrayList<String>();
    try (Snapshot snapshot = store.snapshot()) {
      snapshot.groups().forEach(group -> groups.add(group.toString()));
    }
    return groups;
  }

  private static List<String> history(MetricStore store) throws IOException {
    var series = new ArrayList<String>();
    var all = new HistoryQuery(SeriesSelector.parse(List.of("{job=\"many\"}")), 0, Long.MAX_VALUE);
    store.history(
        all,
        new EndlessBudget(),
        (name, labels, samples) -> {
          var line = new StringBuilder(name).append(labels);
          for (int i = 0; i < samples.size(); i++) {
            line.append(' ').append(samples.timeMillis(i)).append('=').append(samples.value(i));
          }
          series.add(line.toString());
        });
    return series.stream().sorted().toList();
  }
}
