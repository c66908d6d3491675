package io.silverback.server.storage.engine;

import static io.silverback.server.group.Samples.delete;
import static io.silverback.server.group.Samples.family;
import static io.silverback.server.group.Samples.gauge;
import static io.silverback.server.group.Samples.post;
import static io.silverback.server.group.Samples.put;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.silverback.codec.model.GroupingKey;
import io.silverback.codec.model.Labels;
import io.silverback.codec.model.Metric;
import io.silverback.codec.model.MetricFamily;
import io.silverback.codec.model.MetricType;
import io.silverback.codec.model.VersionClock;
import io.silverback.server.group.GroupState;
import io.silverback.server.group.GroupUpdate;
import io.silverback.server.group.select.SeriesSelector;
import io.silverback.server.memory.RequestMemory;
import io.silverback.server.storage.EndlessBudget;
import io.silverback.server.storage.HistoryQuery;
import io.silverback.server.storage.Limit;
import io.silverback.server.storage.MetricStore.Submission;
import io.silverback.server.storage.Snapshot;
import io.silverback.server.storage.StorageLimits;
import io.silverback.server.storage.StorageStatistics;
import io.silverback.server.storage.StoreConfig;
import io.silverback.server.storage.maps.GroupKeys;
import io.silverback.server.storage.maps.OffHeapMaps;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What gives way, and what does not, when memory becomes short. */
@Timeout(60)
final class StoreMemoryTest {
  private static final long START = 1_800_000_000_000L;
  private static final long MIB = 1 << 20;
  private static final long LIMIT = 4 * MIB;
  private static final int SERIES = 200;

  private final AtomicLong now = new AtomicLong(START);
  private volatile long besideBytes = MIB;
  private final SplittableRandom random = new SplittableRandom(1);
  private final OffHeapMetricStore store =
      new OffHeapMetricStore(config(LIMIT), new OffHeapMaps(), _ -> besideBytes);

  @AfterEach
  void close() {
    store.close();
  }

  private StoreConfig config(long limit) {
    return new StoreConfig(
        new VersionClock(now::get, 1),
        now::get,
        List.of(),
        true,
        Duration.ofHours(1),
        new StorageLimits(limit, 0, 0, 0, 0));
  }

  /** Nothing has to go for what was pushed before a node held the group. */
  @Test
  void historyOfBeforeIsTakenOnlyWhileMuchIsFree() {
    GroupingKey group = GroupingKey.of("x");
    byte[] key = GroupKeys.encode(group);
    try (var source = new OffHeapMetricStore(config(0), new OffHeapMaps(), _ -> 0);
        var full = new OffHeapMetricStore(config(LIMIT), new OffHeapMaps(), _ -> LIMIT * 5 / 6)) {
      for (int i = 0; i < 500; i++) {
        now.addAndGet(1_000);
        source.submit(put(group, gauge("a", i)));
      }
      full.submit(put(group, gauge("a", 500)));
      store.submit(put(group, gauge("a", 500)));
      HistoryTransfer to = store.parts().transfer();
      var pages = source.parts().transfer().pages(to.lack(key).orElseThrow(), 1 << 20);

      assertTrue(to.adopt(to.lack(key).orElseThrow(), pages).bytes() > 0);
      HistoryTransfer toFull = full.parts().transfer();
      var refused = toFull.adopt(toFull.lack(key).orElseThrow(), pages);
      assertTrue(refused.isFull());
      assertEquals(0, refused.bytes());
    }
  }

  @Test
  void theOldestHistoryOfAllGroupsGivesWayFirst() throws IOException {
    int rounds = 0;
    while (historyIsWhole()) {
      assertTrue(rounds < 2_000, "history is not cut");
      pushRound(rounds++);
      store.relieveMemory();
    }
    int more = 3 * rounds;
    for (int i = 0; i < more; i++) {
      pushRound(rounds++);
      store.relieveMemory();
      assertTrue(historyBytes() <= LIMIT / 2, () -> "historyBytes=" + historyBytes());
    }
    long cut = now.get() - store.statistics().historyMillis();
    for (int group = 0; group < 4; group++) {
      var times = times(group);
      // Pages go whole, so not all goes at once that is older than what the store speaks of.
      assertTrue(times.getFirst() >= cut, () -> "first=" + times.getFirst());
      assertEquals(now.get(), times.getLast());
      assertTrue(times.size() > 30 && times.size() < more, () -> "size=" + times.size());
    }
    assertCurrent(4, rounds - 1);
  }

  @Test
  void historyIsWholeAgainOnceTimeHasPassed() {
    for (int round = 0; historyIsWhole(); round++) {
      assertTrue(round < 2_000, "history is not cut");
      pushRound(round);
      store.relieveMemory();
    }
    now.addAndGet(Duration.ofHours(2).toMillis());
    store.sweep();
    store.relieveMemory();
    assertTrue(historyIsWhole());
  }

  @Test
  void whenMemoryIsFullOnlyWhatIsKnownIsTaken() throws IOException {
    pushRound(0);
    pushRound(1);
    besideBytes = LIMIT;
    for (int look = 0; look < 100; look++) {
      store.relieveMemory();
    }
    assertEquals(0, store.statistics().historyMillis());
    assertEquals(0, historyBytes());

    var refused =
        assertInstanceOf(
            Submission.OverLimit.class, store.submit(put(key(9), families(3).getFirst())));
    assertEquals(Limit.MEMORY, refused.limit());
    assertTrue(
        refused
            .reason()
            .startsWith(
                "memory is full and only series that are there already are taken, delete some"
                    + " groups or raise --storage.max-memory: used="),
        refused.reason());
    assertInstanceOf(Submission.OverLimit.class, store.submit(post(key(0), gauge("new", 1))));
    assertInstanceOf(Submission.OverLimit.class, store.submit(wide(0, SERIES + 1)));
    assertEquals(4, store.groupCount());

    pushRound(2);
    assertCurrent(4, 2);
    assertEquals(0, historyBytes());
    accepted(store.submit(put(key(0), families(3).getFirst())));
    accepted(store.submit(delete(key(1))));
    assertEquals(3, store.groupCount());
  }

  @Test
  void historyBeginsAnewWhenThereIsRoomAgain() throws IOException {
    pushRound(0);
    besideBytes = LIMIT;
    for (int look = 0; look < 100; look++) {
      store.relieveMemory();
    }
    pushRound(1);
    besideBytes = MIB;
    for (int look = 0; look < 100; look++) {
      store.relieveMemory();
    }
    pushRound(2);
    pushRound(3);
    assertEquals(List.of(now.get() - 1_000, now.get()), times(0));
    accepted(store.submit(put(key(9), gauge("m", 1))));
  }

  @Test
  void roomThatGroupsLeaveIsThereForOthers() {
    int groups = 0;
    while (store.submit(wide(groups, 500)) instanceof Submission.Accepted) {
      groups++;
      assertTrue(groups < 10_000, "memory is never full");
    }
    assertInstanceOf(Submission.OverLimit.class, store.submit(wide(groups, 500)));
    for (int group = 0; group < groups; group += 2) {
      accepted(store.submit(delete(key(group))));
    }
    now.addAndGet(Duration.ofHours(2).toMillis());
    store.sweep();
    for (int group = 0; group < groups / 2; group += 2) {
      accepted(store.submit(wide(group, 500)));
    }
  }

  @Test
  void theStoreLeavesFreeWhatIsSetAsideForRequests() {
    var requests = new RequestMemory(LIMIT, LIMIT, LIMIT, LIMIT, Duration.ZERO);
    long setAside = LIMIT / 8;
    var settings =
        new StoreConfig(
            new VersionClock(now::get, 1),
            now::get,
            System::nanoTime,
            List.of(),
            true,
            Duration.ZERO,
            new StorageLimits(LIMIT, 0, 0, 0, 0),
            requests);
    try (var bounded = new OffHeapMetricStore(settings, new OffHeapMaps(), _ -> besideBytes)) {
      besideBytes = LIMIT - setAside - MIB / 4;
      for (int look = 0; look < 100; look++) {
        bounded.relieveMemory();
      }
      int groups = 0;
      while (bounded.submit(wide(groups, 500)) instanceof Submission.Accepted) {
        groups++;
        assertTrue(groups < 1_000, "memory is never full");
      }
      assertTrue(groups > 2, "a quarter of a MiB is free, groups=" + groups);

      try (var scrape = requests.scrapes().lease();
          var body = requests.bodies().lease()) {
        assertTrue(scrape.take(LIMIT / 8));
        assertFalse(scrape.take(MIB / 4));
        assertTrue(body.take(LIMIT / 32));
        assertInstanceOf(Submission.OverLimit.class, bounded.submit(wide(groups, 500)));
        accepted(bounded.submit(wide(0, 500)));
        besideBytes = MIB;
        for (int look = 0; look < 100; look++) {
          bounded.relieveMemory();
        }
        assertTrue(scrape.take(MIB / 4), "the process has room again");
      }
      accepted(bounded.submit(wide(groups, 500)));
    }
  }

  private GroupUpdate wide(int group, int series) {
    var metrics = new ArrayList<Metric>();
    for (int i = 0; i < series; i++) {
      metrics.add(new Metric.Gauge(Labels.of("i", group + "_" + i), i));
    }
    return put(key(group), family(MetricType.GAUGE, "w", metrics.toArray(Metric[]::new)));
  }

  private void pushRound(int round) {
    now.addAndGet(1_000);
    for (int group = 0; group < 4; group++) {
      accepted(store.submit(put(key(group), families(round).toArray(MetricFamily[]::new))));
    }
  }

  /** Values that no code makes short, but for the first. */
  private List<MetricFamily> families(int round) {
    var metrics = new ArrayList<Metric>();
    for (int i = 0; i < SERIES; i++) {
      metrics.add(new Metric.Gauge(Labels.of("i", Integer.toString(i)), random.nextDouble()));
    }
    return List.of(
        gauge("round", round), family(MetricType.GAUGE, "w", metrics.toArray(Metric[]::new)));
  }

  private void assertCurrent(int groups, int round) {
    try (Snapshot snapshot = store.snapshot()) {
      assertEquals(groups, snapshot.size());
      for (GroupState group : snapshot.groups()) {
        var metric = group.families().firstEntry().getValue().family().metrics().getFirst();
        assertEquals(round, ((Metric.Gauge) metric).value());
        assertEquals(2, group.families().size());
      }
    }
  }

  /** When samples of a group were pushed, as far as they are still known. */
  private List<Long> times(int group) throws IOException {
    var times = new TreeSet<Long>();
    var selector = SeriesSelector.parse("round{g=\"g" + group + "\"}");
    store.history(
        new HistoryQuery(List.of(selector), 0, Long.MAX_VALUE),
        new EndlessBudget(),
        (_, _, samples) -> {
          for (int i = 0; i < samples.size(); i++) {
            times.add(samples.timeMillis(i));
          }
        });
    return List.copyOf(times);
  }

  private boolean historyIsWhole() {
    return store.statistics().historyMillis() == Duration.ofHours(1).toMillis();
  }

  private long historyBytes() {
    return store.statistics().maps().stream()
        .filter(map -> map.name().endsWith("pages"))
        .mapToLong(StorageStatistics.MapStatistics::allocatedBytes)
        .sum();
  }

  private static GroupingKey key(int group) {
    return GroupingKey.of("j", "g", "g" + group);
  }

  private static void accepted(Submission submission) {
    assertInstanceOf(Submission.Accepted.class, submission, submission::toString);
  }
}
