package io.silverback.server.storage.engine;

import static io.silverback.server.group.Samples.delete;
import static io.silverback.server.group.Samples.family;
import static io.silverback.server.group.Samples.gauge;
import static io.silverback.server.group.Samples.post;
import static io.silverback.server.group.Samples.put;
import static io.silverback.server.group.Samples.restore;
import static io.silverback.server.group.Samples.timestamped;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.silverback.codec.model.Deadline;
import io.silverback.codec.model.Fingerprint;
import io.silverback.codec.model.GroupingKey;
import io.silverback.codec.model.Labels;
import io.silverback.codec.model.Metric;
import io.silverback.codec.model.MetricFamily;
import io.silverback.codec.model.MetricType;
import io.silverback.codec.model.OpaqueFields;
import io.silverback.codec.model.VersionClock;
import io.silverback.codec.row.GroupShape;
import io.silverback.server.group.GroupUpdate;
import io.silverback.server.group.select.SeriesSelector;
import io.silverback.server.storage.EndlessBudget;
import io.silverback.server.storage.HistoryQuery;
import io.silverback.server.storage.MetricStore;
import io.silverback.server.storage.QuietGroup;
import io.silverback.server.storage.Snapshot;
import io.silverback.server.storage.StorageLimits;
import io.silverback.server.storage.StorageStatistics;
import io.silverback.server.storage.StoreConfig;
import io.silverback.server.storage.maps.Keys;
import io.silverback.server.storage.maps.OffHeapMaps;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * What a store keeps of the history, and what it finds of it.
 *
 * <p>Longer than other classes, as its tests share the store and what they push to it.
 */
@Timeout(60)
final class StoreHistoryTest {
  private static final GroupingKey X = GroupingKey.of("x");
  private static final GroupingKey Y = GroupingKey.of("y");
  private static final long START = 1_800_000_000_000L;
  private static final Duration RETENTION = Duration.ofHours(1);

  private long now = START;
  private final OffHeapMaps maps = new OffHeapMaps();
  private final OffHeapMetricStore store = store(RETENTION, maps);

  @AfterEach
  void close() {
    store.close();
  }

  @Test
  void everyPushIsASample() throws IOException {
    for (int i = 0; i < 1_000; i++) {
      pushAfter(1_000 + i % 7, put(X, gauge("m", i), gauge("n", 1.5)));
    }
    String m = sampleOf("m", "m{instance=\"\",job=\"x\"}");
    assertEquals(1_000, m.split(" ", -1).length);
    assertTrue(m.startsWith("1000:0.0 2001:1.0 3003:2.0 "), m);
    assertEquals(2, samples("{job=\"x\",__name__=~\"m|n\"}").size());
    assertEquals(Map.of(), samples("m{job=\"y\"}"));
  }

  @Test
  void aMergeAddsSamplesOnlyToWhatItPushed() throws IOException {
    pushAfter(1, put(X, gauge("a", 1), gauge("b", 1)));
    pushAfter(1, post(X, gauge("b", 2)));
    pushAfter(1, post(X, gauge("b", 2), gauge("a", 1)));
    assertEquals(
        Map.of(
            "a{instance=\"\",job=\"x\"}", "1:1.0 3:1.0",
            "b{instance=\"\",job=\"x\"}", "1:1.0 2:2.0 3:2.0",
            "push_time_seconds{instance=\"\",job=\"x\"}",
                "1:1.800000000001E9 2:1.800000000002E9 3:1.800000000003E9"),
        samples("{job=\"x\"}"));
  }

  @Test
  void seriesThatComeAndGoKeepTheirSamples() throws IOException {
    pushAfter(1, put(X, gauge("a", 1)));
    pushAfter(1, put(X, gauge("b", 2)));
    pushAfter(1, put(X, gauge("a", 3), gauge("b", 3)));
    assertEquals("1:1.0 3:3.0", sampleOf("a", "a{instance=\"\",job=\"x\"}"));
    assertEquals("2:2.0 3:3.0", sampleOf("b", "b{instance=\"\",job=\"x\"}"));
  }

  @Test
  void refusedPushesAreNoSamples() throws IOException {
    pushAfter(1, put(X, gauge("a", 1)));
    pushAfter(1, timestamped(X, gauge("a", 2)));
    pushAfter(1, put(X, family(MetricType.COUNTER, "a", Labels.of("__x", "1"))));
    assertEquals("1:1.0", sampleOf("a", "a{instance=\"\",job=\"x\"}"));
  }

  @Test
  void aRestoreIsASampleOfItsLastPushAndLaterOnesGoOnFromThere() throws IOException {
    pushAfter(1, put(X, gauge("a", 1), gauge("b", 1)));
    pushAfter(1, restore(X, now + 1, Map.of("b", START - 1_000), gauge("a", 5), gauge("b", 7)));
    pushAfter(1, put(X, gauge("a", 6), gauge("b", 7)));
    assertEquals("1:1.0 2:5.0 3:6.0", sampleOf("a", "a{instance=\"\",job=\"x\"}"));
    assertEquals("1:1.0 2:7.0 3:7.0", sampleOf("b", "b{instance=\"\",job=\"x\"}"));
  }

  @Test
  void partsOfSummariesAreSeriesOfTheirOwn() throws IOException {
    var summary =
        new Metric.Summary(
            Labels.of("p", "q"), 7, 3.5, List.of(new Metric.Quantile(0.5, 2)), OpaqueFields.NONE);
    pushAfter(1, put(X, family(MetricType.SUMMARY, "s", summary)));
    assertEquals(
        Map.of(
            "s{instance=\"\",job=\"x\",p=\"q\",quantile=\"0.5\"}", "1:2.0",
            "s_sum{instance=\"\",job=\"x\",p=\"q\"}", "1:3.5",
            "s_count{instance=\"\",job=\"x\",p=\"q\"}", "1:7.0"),
        samples("{__name__=~\"s.*\"}"));
  }

  @Test
  void theEndOfASeriesIsMarkedIfThatIsAskedFor() throws IOException {
    String a = "a{instance=\"\",job=\"x\"}";
    String c = "c{instance=\"\",job=\"x\"}";
    String times = "push_time_seconds{instance=\"\",job=\"x\"}";
    pushAfter(1, put(X, gauge("a", 1), gauge("b", 1)));
    assertEquals("1:1.0", ends().get(a));
    pushAfter(1, put(X, gauge("b", 2)));
    pushAfter(1, post(X, gauge("c", 1)));
    assertEquals("1:1.0 2:stale", ends().get(a));
    assertEquals("3:1.0", ends().get(c));
    assertEquals("1:1.0", sampleOf("a", a));
    // Also if no row of the time that is asked for has the series of now.
    assertEquals("1:1.0", ends(START, START + 1).get(a));

    pushAfter(1, put(X, gauge("a", 4)));
    assertEquals("1:1.0 4:4.0", ends().get(a));
    assertEquals("3:1.0 4:stale", ends().get(c));

    pushAfter(5, delete(X));
    assertEquals("1:1.0 4:4.0 9:stale", ends().get(a));
    assertTrue(ends().getOrDefault(times, "").endsWith(" 9:stale"), "push times");
    assertEquals("1:1.0 4:4.0", ends(START, START + 8).get(a));
    pushAfter(1, put(X, gauge("a", 5)));
    assertEquals("1:1.0 4:4.0 10:5.0", ends().get(a));
  }

  @Test
  void anExpiryEndsAllSeriesButPerhapsThatOfThePushTimes() throws IOException {
    for (boolean keepsPushTime : new boolean[] {true, false}) {
      GroupingKey key = GroupingKey.of("x", "keeps", String.valueOf(keepsPushTime));
      pushAfter(1, put(key, gauge("a", 1)));
      long pushed = now - START;
      now += 7;
      var quiet = new ArrayList<QuietGroup>();
      store.quietGroups(Duration.ZERO, quiet::add);
      quiet.stream()
          .filter(group -> group.key().equals(key))
          .forEach(group -> store.submit(new GroupUpdate.Expire(key, group.last(), keepsPushTime)));
      String labels = "{instance=\"\",job=\"x\",keeps=\"" + keepsPushTime + "\"}";

      assertEquals(pushed + ":1.0 " + (pushed + 7) + ":stale", ends().get("a" + labels));
      assertEquals(
          !keepsPushTime,
          ends().getOrDefault("push_time_seconds" + labels, "").endsWith(":stale"),
          labels);
    }
  }

  private Map<String, String> ends() throws IOException {
    return ends(0, Long.MAX_VALUE);
  }

  /** All samples of the group, and where series end. */
  private Map<String, String> ends(long startMillis, long endMillis) throws IOException {
    List<SeriesSelector> all = SeriesSelector.parse(List.of("{job=\"x\"}"));
    return samples(store, new HistoryQuery(all, startMillis, endMillis, true));
  }

  @Test
  void whatWasDeletedIsRememberedAndWhatWasWipedIsNot() throws IOException {
    pushAfter(1, put(X, gauge("a", 1)));
    pushAfter(1, put(Y, gauge("a", 2)));
    store.submit(delete(X));
    assertEquals(1, store.groupCount());
    assertEquals(2, samples("a").size());
    pushAfter(1, put(X, gauge("a", 3)));
    assertEquals("1:1.0 3:3.0", samples("a{job=\"x\"}").get("a{instance=\"\",job=\"x\"}"));
    store.wipe();
    assertEquals(Map.of(), samples("a"));
    store.sweep();
    assertEquals(0, entries());
  }

  @Test
  void noGroupIsLookedAtForANameOrAJobThatNoneHas() throws IOException {
    for (int i = 0; i < 1_000; i++) {
      pushAfter(1, put(GroupingKey.of("j" + i % 7, "i", Integer.toString(i)), gauge("m", i)));
    }
    assertEquals(0, looks("n{job=~\"j.\"}"));
    assertEquals(0, looks("m{job=\"j7\"}"));
    assertEquals(0, looks("{job=\"j7\",i=\"7\"}"));
    assertTrue(looks("m{job=\"j6\"}") > 900, "looks at all groups for some of them");
    assertTrue(looks("m{job=~\"j7\"}") > 900, "looks at all groups for a pattern");
  }

  /** How often a query looked whether something matches, to the last hundred. */
  private int looks(String selector) throws IOException {
    int[] clockReads = new int[1];
    var deadline = Deadline.of(Duration.ofDays(1), () -> clockReads[0]++, () -> false);
    deadline.begin();
    deadline.during(() -> samples(selector));
    return (clockReads[0] - 1) * 64;
  }

  @Test
  void aJobHasGroupsForAsLongAsTheyHaveHistoryAlsoInACopyOfTheStore() throws IOException {
    pushAfter(1, put(X, gauge("a", 1)));
    pushAfter(1, put(GroupingKey.of("x", "i", "1"), gauge("a", 2)));
    store.submit(delete(X));
    store.submit(delete(GroupingKey.of("x", "i", "1")));
    assertEquals(2, samples("a{job=\"x\"}").size());
    var copies = new OffHeapMaps();
    store.copyTo(copies);
    try (var copy = store(RETENTION, copies)) {
      assertEquals(2, samples(copy, "a{job=\"x\"}", 0, Long.MAX_VALUE).size());
    }
    now += RETENTION.toMillis() + 1;
    store.sweep();
    store.sweep();
    assertEquals(0, entries());
    pushAfter(1, put(X, gauge("a", 3)));
    assertEquals(1, samples("a{job=\"x\"}").size());
    store.wipe();
    store.sweep();
    assertEquals(0, entries());
  }

  @Test
  void whatIsOlderThanTheRetentionGoesButForTheCurrentValues() throws IOException {
    for (int i = 0; i < 300; i++) {
      pushAfter(60_000, put(X, gauge("a", i)));
    }
    String kept = sampleOf("a", "a{instance=\"\",job=\"x\"}");
    assertEquals(61, kept.split(" ", -1).length);
    // A quarter of the retention more may be stored, since pages only go whole.
    assertTrue(pages() <= 7, "pages=" + pages());
    store.submit(delete(Y));
    now += RETENTION.toMillis() + 1;
    assertEquals(Map.of(), samples("a"));
    store.sweep();
    assertEquals(0, pages());
    try (Snapshot snapshot = store.snapshot()) {
      var current = new ArrayList<String>();
      snapshot
          .families()
          .forEach(
              family ->
                  family.forEachMetric(family.type(), metric -> current.add(metric.toString())));
      assertTrue(current.getFirst().contains("value=299.0"), current.getFirst());
    }
  }

  @Test
  void deletedGroupsGoWithTheirLastPage() {
    pushAfter(1, put(X, gauge("a", 1)));
    store.submit(delete(X));
    store.sweep();
    assertTrue(entries() > 0);
    now += RETENTION.toMillis() + 1;
    store.sweep();
    store.sweep();
    assertEquals(0, entries());
  }

  /** A sweep holds a bounded part of the keys at a time. */
  @Test
  void oldHistoryOfManyGroupsWithLongKeysGoesInOneSweep() {
    String label = "x".repeat(30_000);
    for (int i = 0; i < 100; i++) {
      GroupingKey key = GroupingKey.of("long", "l", i + label);
      pushAfter(1, put(key, gauge("a", i)));
      store.submit(delete(key));
    }
    now += RETENTION.toMillis() + 1;
    store.sweep();
    store.sweep();
    assertEquals(0, entries());
  }

  @Test
  void withoutRetentionNothingIsKept() throws IOException {
    try (var forgetful = store(Duration.ZERO, new OffHeapMaps())) {
      forgetful.submit(put(X, gauge("a", 1)));
      forgetful.submit(put(X, gauge("a", 2)));
      assertEquals(Map.of(), samples(forgetful, "a", 0, Long.MAX_VALUE));
    }
  }

  @Test
  void onlyTheTimesAskedForAreGiven() throws IOException {
    for (int i = 0; i < 500; i++) {
      pushAfter(1_000, put(X, gauge("a", i)));
    }
    assertEquals(
        "100000:99.0 101000:100.0",
        samples(store, "a", START + 100_000, START + 101_999).get("a{instance=\"\",job=\"x\"}"));
  }

  @Test
  void groupsWiderThanAPageAreWhole() throws IOException {
    long seed = System.nanoTime();
    System.out.println("seed=" + seed);
    var random = new SplittableRandom(seed);
    int series = 5_000;
    double[][] pushed = new double[70][series];
    for (int row = 0; row < pushed.length; row++) {
      var metrics = new ArrayList<Metric>();
      for (int i = 0; i < series; i++) {
        pushed[row][i] = random.nextInt(3) == 0 ? random.nextDouble() : i;
        metrics.add(new Metric.Gauge(Labels.of("i", Integer.toString(i)), pushed[row][i]));
      }
      pushAfter(
          1,
          put(X, family(MetricType.GAUGE, "w", metrics.toArray(Metric[]::new)), gauge("z", row)));
    }
    pushAfter(1, post(X, gauge("z", 70)));
    Map<String, String> found = samples("w");
    assertEquals(series, found.size());
    for (int i = 0; i < series; i += 97) {
      var expected = new StringBuilder();
      for (int row = 0; row < pushed.length; row++) {
        expected.append(row == 0 ? "" : " ").append(row + 1).append(':').append(pushed[row][i]);
      }
      assertEquals(expected.toString(), found.get("w{i=\"" + i + "\",instance=\"\",job=\"x\"}"));
    }
    String z = sampleOf("z", "z{instance=\"\",job=\"x\"}");
    assertTrue(z.endsWith(" 70:69.0 71:70.0"), z);
  }

  @Test
  void aPageOfAWideGroupIsAsOldAsTheLastRowOfAllItsBlocks() throws IOException {
    Labels[] series =
        IntStream.range(0, 2_100).mapToObj(i -> Labels.of("i", "" + i)).toArray(Labels[]::new);
    pushAfter(0, put(X, family(MetricType.GAUGE, "w", series), gauge("z", 0)));
    for (int i = 1; i <= 10; i++) {
      pushAfter(60_000, post(X, gauge("z", i)));
    }
    pushAfter(0, put(X, gauge("other", 1)));
    now += RETENTION.toMillis() - 300_000;
    store.sweep();
    // The first five minutes are over, and in the page's first block there is nothing later.
    String kept = sampleOf("z", "z{instance=\"\",job=\"x\"}");
    assertEquals("300000:5.0 360000:6.0 420000:7.0 480000:8.0 540000:9.0 600000:10.0", kept);
  }

  @Test
  void twoPushesInOneMillisecondAreOneSample() throws IOException {
    pushAfter(1, put(X, gauge("a", 1)));
    pushAfter(0, put(X, gauge("a", 2)));
    pushAfter(-1, put(X, gauge("a", 0)));
    assertEquals("0:0.0 1:2.0", sampleOf("a", "a{instance=\"\",job=\"x\"}"));
  }

  @Test
  void aPageWithoutItsShapeIsLeftOutAndCounted() throws IOException {
    pushAfter(1, put(X, gauge("a", 1)));
    pushAfter(1, put(X, gauge("b", 2)));
    pushAfter(1, put(X, gauge("c", 3)));
    Fingerprint lost =
        GroupShape.fingerprintOf(X, List.of(gauge("b", 2, "instance", "", "job", "x")));
    assertTrue(maps.shapes.remove(Keys.of(lost)));
    assertEquals("1:1.0", sampleOf("a", "a{instance=\"\",job=\"x\"}"));
    assertEquals("3:3.0", sampleOf("c", "c{instance=\"\",job=\"x\"}"));
    assertEquals(Map.of(), samples("b"));
    assertEquals(3, store.statistics().corruptPages());
  }

  private void pushAfter(long millis, GroupUpdate update) {
    now += millis;
    store.submit(update);
  }

  private OffHeapMetricStore store(Duration retention, OffHeapMaps maps) {
    return new OffHeapMetricStore(
        new StoreConfig(
            new VersionClock(() -> now, 7),
            () -> now,
            List.<MetricFamily>of(),
            true,
            retention,
            StorageLimits.NONE),
        maps);
  }

  private long pages() {
    return entries("pages");
  }

  private long entries(String map) {
    return store.statistics().maps().stream()
        .filter(statistics -> statistics.name().equals(map))
        .mapToLong(StorageStatistics.MapStatistics::entries)
        .sum();
  }

  private long entries() {
    return store.statistics().maps().stream()
        .mapToLong(StorageStatistics.MapStatistics::entries)
        .sum();
  }

  private String sampleOf(String selector, String series) throws IOException {
    return samples(selector).getOrDefault(series, "none");
  }

  private Map<String, String> samples(String selector) throws IOException {
    return samples(store, selector, 0, Long.MAX_VALUE);
  }

  /** By series, times since the start and values. */
  private static Map<String, String> samples(
      MetricStore store, String selector, long startMillis, long endMillis) throws IOException {
    return samples(
        store, new HistoryQuery(List.of(SeriesSelector.parse(selector)), startMillis, endMillis));
  }

  private static Map<String, String> samples(MetricStore store, HistoryQuery query)
      throws IOException {
    var found = new TreeMap<String, String>();
    store.history(
        query,
        new EndlessBudget(),
        (name, labels, series) -> {
          var text = new ArrayList<String>();
          for (int i = 0; i < series.size(); i++) {
            double value = series.value(i);
            String shown = HistoryQuery.isStale(value) ? "stale" : String.valueOf(value);
            text.add((series.timeMillis(i) - START) + ":" + shown);
          }
          assertEquals(null, found.put(name + labels, String.join(" ", text)));
        });
    return found;
  }
}
