package io.silverback.server.storage.engine;

import static io.silverback.server.group.Samples.delete;
import static io.silverback.server.group.Samples.gauge;
import static io.silverback.server.group.Samples.put;
import static io.silverback.server.group.Samples.restore;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.silverback.codec.model.GroupingKey;
import io.silverback.codec.model.MetricFamily;
import io.silverback.codec.model.VersionClock;
import io.silverback.server.group.select.SeriesSelector;
import io.silverback.server.memory.RequestMemory;
import io.silverback.server.storage.EndlessBudget;
import io.silverback.server.storage.HistoryQuery;
import io.silverback.server.storage.MetricStore;
import io.silverback.server.storage.MetricStore.Submission;
import io.silverback.server.storage.PersistenceConfig;
import io.silverback.server.storage.StorageLimits;
import io.silverback.server.storage.StorageStatistics;
import io.silverback.server.storage.StoreConfig;
import io.silverback.server.storage.files.PersistedMetricStore;
import io.silverback.server.storage.maps.OffHeapMaps;
import io.silverback.server.storage.pages.RowTime;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What steps of the wall clock, and times from elsewhere, do to history. */
@Timeout(60)
final class ClockStepTest {
  private static final long START = 1_800_000_000_000L;
  private static final Duration RETENTION = Duration.ofHours(1);
  private static final Duration STEP = Duration.ofDays(1);
  private static final GroupingKey X = GroupingKey.of("x");
  private static final GroupingKey Y = GroupingKey.of("y");
  private static final long LIMIT = 2 << 20;

  @TempDir Path folder;
  private final SplittableRandom random = new SplittableRandom(1);
  private long nowMillis = START;
  private long nanos;
  private final OffHeapMetricStore store =
      new OffHeapMetricStore(settings(LIMIT), new OffHeapMaps(), _ -> 0);

  @AfterEach
  void close() {
    store.close();
  }

  @Test
  void rowsFromTheFutureDoNotKeepWhatIsPushedAfterThem() throws IOException {
    push(X, 0);
    stepClock(STEP);
    push(X, 1);
    stepClock(STEP.negated());
    for (int minute = 0; minute < 300; minute++) {
      pass(Duration.ofMinutes(1));
      push(X, minute);
      store.sweep();
    }
    // A quarter of the retention more than that may be there, as pages go whole.
    assertTrue(pages() <= 6, () -> "pages=" + pages());
    assertEquals(61, times(X).size());
  }

  @Test
  void rowsFromTheFutureGoOnceTheyWereSealedForSoLongAsHistoryIsKept() throws IOException {
    stepClock(STEP);
    push(X, 1);
    stepClock(STEP.negated());
    store.sweep();
    assertEquals(1, pages());
    pass(RETENTION.minusMinutes(1));
    store.sweep();
    assertEquals(1, pages());
    pass(Duration.ofMinutes(2));
    store.sweep();
    assertEquals(0, pages());
  }

  @Test
  void theAgeOfAPageOutlastsTheProcess() throws Exception {
    try (var first = open()) {
      stepClock(STEP);
      accepted(first.submit(put(X, gauge("m", 1))));
      stepClock(STEP.negated());
      accepted(first.submit(put(X, gauge("m", 2))));
      pass(RETENTION.multipliedBy(2).dividedBy(3));
      // Another page, so that the clock of pages goes on from here.
      accepted(first.submit(put(X, gauge("n", 3))));
      assertEquals(2, pages(first));
    }
    try (var second = open()) {
      assertEquals(2, pages(second));
      pass(RETENTION.dividedBy(2));
      accepted(second.submit(put(X, gauge("o", 4))));
      accepted(second.submit(put(X, gauge("p", 5))));
      fillAPage(second);
      // That of the future is older than the retention; the others are not.
      assertEquals(3, pages(second));
    }
  }

  @Test
  void memoryThatWasShortWhileTheClockWasWrongDoesNotHideWhatIsPushedLater() throws IOException {
    stepClock(STEP);
    pushUntilShort();
    stepClock(STEP.negated());
    pass(Duration.ofMinutes(1));
    accepted(store.submit(put(Y, gauge("m", 7))));
    assertEquals(List.of(nowMillis), times(Y));
    assertEquals(RETENTION.toMillis(), store.statistics().historyMillis());
  }

  @Test
  void pagesFromTheFutureAreNotTheYoungestWhenMemoryIsShort() throws IOException {
    stepClock(STEP);
    for (int i = 0; i < 200; i++) {
      pass(Duration.ofSeconds(1));
      wide(X);
    }
    stepClock(STEP.negated());
    long before = pages();
    pass(Duration.ofMinutes(5));
    wide(Y);
    for (int i = 0; i < 33; i++) {
      pass(Duration.ofSeconds(1));
      wide(Y);
    }
    long ofY = nowMillis;
    pushUntilShort();
    assertTrue(before > 5, () -> "pages=" + before);
    assertTrue(times(Y).contains(ofY), "a page of Y went before those that were sealed earlier");
  }

  @Test
  void aRowThatAnotherServerStampedFarAheadIsOneOfNow() throws IOException {
    accepted(store.submit(restore(X, nowMillis + STEP.toMillis(), Map.of(), gauge("m", 1))));
    assertEquals(List.of(nowMillis), times(X));
    assertEquals(START + 59_999, RowTime.of(START + 59_999, START));
    assertEquals(START - 5, RowTime.of(START - 5, START));
    assertEquals(START, RowTime.of(START + 60_001, START));
  }

  @Test
  void aRestoreOfLongAgoAfterADeleteIsInItsPlace() throws IOException {
    pass(Duration.ofMinutes(30));
    push(X, 1);
    accepted(store.submit(delete(X)));
    long earlier = nowMillis - 600_000;
    accepted(store.submit(restore(X, earlier, Map.of(), gauge("m", 2))));
    assertEquals(List.of(earlier, nowMillis), times(X));
  }

  private void push(GroupingKey key, double value) {
    accepted(store.submit(put(key, gauge("m", value))));
  }

  /** Values that no code makes short. */
  private void wide(GroupingKey key) {
    accepted(
        store.submit(
            put(
                key,
                IntStream.range(0, 150)
                    .mapToObj(i -> gauge("m%03d".formatted(i), random.nextDouble()))
                    .toArray(MetricFamily[]::new))));
  }

  /** Until some history had to go. */
  private void pushUntilShort() {
    for (int i = 0; store.statistics().historyMillis() == RETENTION.toMillis(); i++) {
      assertTrue(i < 20_000, "memory is never short");
      pass(Duration.ofMillis(100));
      wide(GroupingKey.of("z", "n", "" + i % 3));
      store.relieveMemory();
    }
  }

  private void pass(Duration time) {
    stepClock(time);
    nanos += time.toNanos();
  }

  private void stepClock(Duration step) {
    nowMillis += step.toMillis();
  }

  private StoreConfig settings(long memoryBytes) {
    return new StoreConfig(
        new VersionClock(() -> nowMillis, 7),
        () -> nowMillis,
        () -> nanos,
        List.of(),
        true,
        RETENTION,
        new StorageLimits(memoryBytes, 0, 0, 0, 0),
        RequestMemory.unlimited());
  }

  private PersistedMetricStore open() throws InterruptedException {
    var persistence = new PersistenceConfig(folder, Duration.ofHours(1), 0);
    var opened = new PersistedMetricStore(settings(0), persistence);
    opened.awaitReady(Duration.ofSeconds(30));
    return opened;
  }

  /** A group drops its old pages by itself when it begins another one. */
  private static void fillAPage(MetricStore store) {
    for (int i = 0; i < 250; i++) {
      accepted(store.submit(put(X, gauge("p", 5))));
    }
  }

  private static void accepted(Submission submission) {
    assertInstanceOf(Submission.Accepted.class, submission, submission::toString);
  }

  private List<Long> times(GroupingKey key) throws IOException {
    var times = new ArrayList<Long>();
    var selector = SeriesSelector.parse("{__name__=~\"m|m000\",job=\"" + key.job() + "\"}");
    store.history(
        new HistoryQuery(List.of(selector), 0, Long.MAX_VALUE),
        new EndlessBudget(),
        (_, _, samples) -> {
          for (int i = 0; i < samples.size(); i++) {
            times.add(samples.timeMillis(i));
          }
        });
    return times;
  }

  private long pages() {
    return pages(store);
  }

  private static long pages(MetricStore store) {
    return store.statistics().maps().stream()
        .filter(map -> map.name().equals("pages"))
        .mapToLong(StorageStatistics.MapStatistics::entries)
        .sum();
  }
}
