package io.silverback.server.storage.engine;

import static io.silverback.server.group.Samples.delete;
import static io.silverback.server.group.Samples.family;
import static io.silverback.server.group.Samples.gauge;
import static io.silverback.server.group.Samples.post;
import static io.silverback.server.group.Samples.put;
import static io.silverback.server.group.Samples.timestamped;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.silverback.codec.model.GroupingKey;
import io.silverback.codec.model.Labels;
import io.silverback.codec.model.Metric;
import io.silverback.codec.model.MetricFamily;
import io.silverback.codec.model.MetricType;
import io.silverback.codec.model.NativeBuckets;
import io.silverback.codec.model.OpaqueFields;
import io.silverback.codec.model.VersionClock;
import io.silverback.server.group.GroupState;
import io.silverback.server.group.GroupUpdate;
import io.silverback.server.storage.Limit;
import io.silverback.server.storage.LimitUse;
import io.silverback.server.storage.MetricStore;
import io.silverback.server.storage.MetricStore.Submission;
import io.silverback.server.storage.Snapshot;
import io.silverback.server.storage.StorageLimits;
import io.silverback.server.storage.StoreConfig;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Limits on what is stored, but for that of memory. */
@Timeout(30)
final class StoreLimitsTest {
  private static final GroupingKey X = GroupingKey.of("x");
  private static final GroupingKey Y = GroupingKey.of("y");
  private static final GroupingKey Z = GroupingKey.of("z");
  private static final long NOW = 1_800_000_000_000L;

  private final List<MetricStore> opened = new ArrayList<>();

  @AfterEach
  void close() {
    opened.forEach(MetricStore::close);
  }

  @Test
  void aGroupTooManyIsRefusedUntilOneGoes() {
    MetricStore store = store(new StorageLimits(0, 2, 0, 0, 0));
    accepted(store.submit(put(X, gauge("m", 1))));
    accepted(store.submit(put(Y)));
    assertEquals(
        "there would be too many groups, delete some or raise --limits.max-groups: groups=3"
            + " limit=2",
        over(Limit.GROUPS, store.submit(put(Z, gauge("m", 1)))));
    accepted(store.submit(put(X, gauge("n", 1), gauge("o", 1))));
    assertEquals(new LimitUse("limits.max-groups", 2, 2), use(store, Limit.GROUPS));
    accepted(store.submit(delete(Y)));
    accepted(store.submit(put(Z, gauge("m", 1))));
    over(Limit.GROUPS, store.submit(put(Y, gauge("m", 1))));
  }

  @Test
  void aRefusedPushBringsNoGroupBeyondTheLimit() {
    MetricStore store = store(new StorageLimits(0, 1, 0, 0, 0));
    accepted(store.submit(put(X, gauge("m", 1))));
    assertInstanceOf(Submission.Refused.class, store.submit(timestamped(Y, gauge("m", 1))));
    assertEquals(1, store.groupCount());
  }

  @Test
  void aRefusalMarksTheGroupAndKeepsWhatItHas() {
    MetricStore store = store(new StorageLimits(0, 0, 0, 1, 0));
    accepted(store.submit(put(X, gauge("m", 1))));
    over(Limit.SERIES_PER_GROUP, store.submit(put(X, gauge("a", 1), gauge("b", 1))));
    over(Limit.SERIES_PER_GROUP, store.submit(put(Y, gauge("a", 1), gauge("b", 1))));
    try (Snapshot snapshot = store.snapshot()) {
      GroupState group = snapshot.groups().iterator().next();
      assertEquals(1, snapshot.size());
      assertEquals(NOW, group.bounds().failureMillis());
      assertEquals(List.of("m"), List.copyOf(group.families().keySet()));
    }
  }

  @Test
  void seriesAreCountedAsPrometheusSeesThem() {
    MetricStore store = store(StorageLimits.NONE);
    var histogram =
        new Metric.Histogram(
            Labels.EMPTY,
            List.of(new Metric.Bucket(1, 1), new Metric.Bucket(Double.POSITIVE_INFINITY, 2)),
            2,
            0,
            3,
            NativeBuckets.NONE,
            OpaqueFields.NONE);
    var summary =
        new Metric.Summary(
            Labels.EMPTY, 7, 3.5, List.of(new Metric.Quantile(0.5, 2)), OpaqueFields.NONE);
    accepted(
        store.submit(
            put(
                X,
                family(MetricType.HISTOGRAM, "h", histogram),
                family(MetricType.SUMMARY, "s", summary),
                gauge("g", 1))));
    assertEquals(4 + 3 + 1, use(store, Limit.SERIES).used());
  }

  @Test
  void aSeriesTooManyIsRefusedAndOthersInItsPlaceAreNot() {
    MetricStore store = store(new StorageLimits(0, 0, 3, 0, 0));
    accepted(store.submit(put(X, gauge("a", 1), gauge("b", 1))));
    accepted(store.submit(put(Y, gauge("a", 1))));
    assertEquals(
        "there would be too many series, delete some groups or raise --limits.max-series: series=4"
            + " limit=3",
        over(Limit.SERIES, store.submit(post(Y, gauge("b", 1)))));
    accepted(store.submit(post(Y, gauge("a", 2))));
    accepted(store.submit(put(Y, gauge("c", 1))));
    accepted(store.submit(put(X, gauge("a", 1))));
    accepted(store.submit(post(Y, gauge("b", 1))));
    assertEquals(new LimitUse("limits.max-series", 3, 3), use(store, Limit.SERIES));
  }

  @Test
  void aGroupMayNotBecomeTooWide() {
    MetricStore store = store(new StorageLimits(0, 0, 0, 2, 0));
    accepted(store.submit(put(X, gauge("a", 1), gauge("b", 1))));
    assertEquals(
        "the group would have too many series, push it as several groups or raise"
            + " --limits.max-series-per-group: series=3 limit=2",
        over(Limit.SERIES_PER_GROUP, store.submit(post(X, gauge("c", 1)))));
    accepted(store.submit(put(X, gauge("c", 1))));
    accepted(store.submit(put(Y, gauge("a", 1), gauge("b", 1))));
  }

  @Test
  void textsAreMeasuredInBytesWhereverTheyStand() {
    MetricStore store = store(new StorageLimits(0, 0, 0, 0, 8));
    accepted(store.submit(put(X, gauge("eightlon", 1, "eightlon", "\u20ac\u20acxy"))));
    for (GroupUpdate push :
        List.of(
            put(Y, gauge("m", 1, "l", "\u20ac\u20ac\u20ac")),
            put(Y, gauge("ninelongs", 1)),
            put(Y, gauge("m", 1, "ninelongs", "v")),
            put(GroupingKey.of("ninelongs")),
            put(GroupingKey.of("j", "ninelongs", "v"), gauge("m", 1)))) {
      assertEquals(
          "the name of a metric, or a name or value of a label, is too long, shorten it or raise"
              + " --limits.max-label-length: length=9 limit=8",
          over(Limit.LABEL_LENGTH, store.submit(push)));
    }
    assertEquals(1, store.groupCount());
  }

  @Test
  void ofPushesSideBySideOnlyAsManyPassAsThereArePlaces() throws Exception {
    MetricStore store = store(new StorageLimits(0, 20, 30, 0, 0));
    List<Callable<Submission>> pushes =
        IntStream.range(0, 200)
            .<Callable<Submission>>mapToObj(
                i ->
                    () ->
                        store.submit(
                            put(
                                GroupingKey.of("j", "i", Integer.toString(i)),
                                gauge("a", 1),
                                gauge("b", 1))))
            .toList();
    int passed = 0;
    try (var executor = Executors.newFixedThreadPool(8)) {
      for (Future<Submission> push : executor.invokeAll(pushes)) {
        passed += push.get() instanceof Submission.Accepted ? 1 : 0;
      }
    }
    assertEquals(15, passed);
    assertEquals(15, store.groupCount());
    assertEquals(30, use(store, Limit.SERIES).used());
  }

  @Test
  void theCountsAreThoseOfARecount() {
    long seed = System.nanoTime();
    System.out.println("seed=" + seed);
    var random = new SplittableRandom(seed);
    var limits = new StorageLimits(0, 12, 40, 8, 0);
    MetricStore store = store(limits);
    for (int step = 0; step < 4_000; step++) {
      store.submit(update(random));
      if (random.nextInt(500) == 0) {
        store.wipe();
      }
      if (step % 20 == 0) {
        assertRecount(store, limits);
      }
    }
  }

  private static void assertRecount(MetricStore store, StorageLimits limits) {
    long series = 0;
    try (Snapshot snapshot = store.snapshot()) {
      for (GroupState group : snapshot.groups()) {
        long ofGroup =
            group.families().values().stream()
                .flatMap(family -> family.family().metrics().stream())
                .mapToLong(
                    metric ->
                        metric instanceof Metric.Summary summary
                            ? summary.quantiles().size() + 2
                            : 1)
                .sum();
        assertTrue(ofGroup <= limits.seriesPerGroup());
        series += ofGroup;
      }
      assertEquals(
          List.of((long) snapshot.size(), series),
          List.of(use(store, Limit.GROUPS).used(), use(store, Limit.SERIES).used()));
      assertTrue(snapshot.size() <= limits.groups() && series <= limits.series());
    }
  }

  private static GroupUpdate update(SplittableRandom random) {
    GroupingKey key = GroupingKey.of("j", "i", Integer.toString(random.nextInt(20)));
    if (random.nextInt(5) == 0) {
      return delete(key);
    }
    var families = new ArrayList<MetricFamily>();
    for (int i = 0; i < 5; i++) {
      if (random.nextInt(3) == 0) {
        families.add(gauge("m" + i, random.nextInt(4)));
      }
    }
    if (random.nextInt(4) == 0) {
      var quantiles = List.of(new Metric.Quantile(0.5, 2), new Metric.Quantile(0.9, 3));
      families.add(
          family(
              MetricType.SUMMARY,
              "s",
              new Metric.Summary(Labels.EMPTY, 1, 1, quantiles, OpaqueFields.NONE)));
    }
    MetricFamily[] pushed = families.toArray(MetricFamily[]::new);
    return switch (random.nextInt(9)) {
      case 0 -> timestamped(key, pushed);
      case 1, 2, 3, 4 -> put(key, pushed);
      default -> post(key, pushed);
    };
  }

  private MetricStore store(StorageLimits limits) {
    var store =
        new OffHeapMetricStore(
            new StoreConfig(
                new VersionClock(() -> NOW, 1),
                () -> NOW,
                List.of(),
                true,
                Duration.ofHours(1),
                limits));
    opened.add(store);
    return store;
  }

  private static LimitUse use(MetricStore store, Limit limit) {
    return store.statistics().limits().stream()
        .filter(use -> use.flag().equals(limit.flag()))
        .findFirst()
        .orElseThrow();
  }

  private static void accepted(Submission submission) {
    assertInstanceOf(Submission.Accepted.class, submission, submission::toString);
  }

  private static String over(Limit limit, Submission submission) {
    var over = assertInstanceOf(Submission.OverLimit.class, submission, submission::toString);
    assertEquals(limit, over.limit());
    return over.reason();
  }
}
