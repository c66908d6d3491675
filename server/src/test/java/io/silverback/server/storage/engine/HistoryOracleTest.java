package io.silverback.server.storage.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.silverback.codec.exposition.ParsedExposition;
import io.silverback.codec.model.GroupingKey;
import io.silverback.codec.model.Labels;
import io.silverback.codec.model.Metric;
import io.silverback.codec.model.MetricFamily;
import io.silverback.codec.model.MetricType;
import io.silverback.codec.model.NativeBuckets;
import io.silverback.codec.model.OpaqueFields;
import io.silverback.codec.model.VersionClock;
import io.silverback.server.group.GroupUpdate;
import io.silverback.server.group.select.SeriesSelector;
import io.silverback.server.storage.EndlessBudget;
import io.silverback.server.storage.HistoryQuery;
import io.silverback.server.storage.MetricStore;
import io.silverback.server.storage.MetricStore.Submission;
import io.silverback.server.storage.PersistenceConfig;
import io.silverback.server.storage.QuietGroup;
import io.silverback.server.storage.StorageLimits;
import io.silverback.server.storage.StoreConfig;
import io.silverback.server.storage.files.PersistedMetricStore;
import io.silverback.server.storage.files.SparseFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * The history of random pushes, deletes, expiries, wipes and restarts, sample by sample the one
 * that a map of maps would have. {@code bench/bin/check-history} asks the same of a server.
 */
@Timeout(120)
final class HistoryOracleTest {
  private static final Duration RETENTION = Duration.ofMinutes(5);
  private static final int STEPS = 2_500;
  private static final int GROUPS = 8;

  @TempDir Path folder;
  private long now = 1_800_000_000_000L;
  private long seed = System.nanoTime();
  private SplittableRandom random = new SplittableRandom(seed);
  private final SortedMap<String, SortedMap<Long, Double>> expected = new TreeMap<>();

  /** The most series that one look compared, which a wipe near the end does not undo. */
  private int compared;

  /** What a group is pushed with, until its shape changes. */
  private final List<List<MetricFamily>> shapes = new ArrayList<>();

  @Test
  void everySampleIsThereAndNoOther() throws Exception {
    System.out.println("seed=" + seed);
    for (int group = 0; group < GROUPS; group++) {
      shapes.add(shape(group));
    }
    Path root = Files.createDirectories(folder.resolve("0"));
    PersistedMetricStore store = open(root);
    try {
      for (int step = 1; step <= STEPS; step++) {
        now += random.nextInt(4) == 0 ? 0 : random.nextInt(3_000);
        act(store);
        if (step % 500 == 0) {
          assertSame(store);
        }
        if (step % 700 == 0) {
          root = restarted(store, root, step);
          store = open(root);
          assertSame(store);
        }
      }
      assertTrue(compared > 100, () -> "seed=" + seed + " series=" + compared);
    } finally {
      store.close();
    }
  }

  /** After an end, or as a kill leaves it: what the files say at some moment. */
  private Path restarted(PersistedMetricStore store, Path root, int step) throws IOException {
    if (random.nextBoolean()) {
      store.close();
      return root;
    }
    Path left = folder.resolve(Integer.toString(step));
    SparseFiles.copyAll(root, left);
    store.close();
    return left;
  }

  private void act(MetricStore store) {
    int group = random.nextInt(GROUPS);
    switch (random.nextInt(100)) {
      case 0 -> submit(store, new GroupUpdate.Delete(key(group)));
      case 1 -> expire(store, key(group));
      case 2, 3, 4 -> shapes.set(group, shape(group));
      case 5 -> {
        if (random.nextInt(20) == 0) {
          store.wipe();
          expected.clear();
        }
      }
      default -> push(store, group);
    }
  }

  private void push(MetricStore store, int group) {
    List<MetricFamily> families = new ArrayList<>();
    boolean isWhole = random.nextInt(3) > 0;
    for (MetricFamily family : shapes.get(group)) {
      if (isWhole || random.nextBoolean()) {
        families.add(family.withMetrics(family.metrics().stream().map(this::changed).toList()));
      }
    }
    var body = new ParsedExposition(families, false);
    submit(
        store,
        random.nextInt(3) == 0
            ? new GroupUpdate.Merge(key(group), body)
            : new GroupUpdate.Replace(key(group), body));
    for (MetricFamily family : families) {
      family.metrics().forEach(metric -> note(group, family.name(), metric));
    }
    if (!families.isEmpty()) {
      expect("push_time_seconds", key(group).labels(), now / 1e3);
    }
  }

  private static void submit(MetricStore store, GroupUpdate update) {
    assertInstanceOf(Submission.Accepted.class, store.submit(update));
  }

  /** As a staleness rule does. */
  private static void expire(MetricStore store, GroupingKey key) {
    var quiet = new ArrayList<QuietGroup>();
    store.quietGroups(Duration.ZERO, quiet::add);
    quiet.stream()
        .filter(group -> group.key().equals(key) && !group.stale())
        .forEach(group -> submit(store, new GroupUpdate.Expire(key, group.last(), true)));
  }

  /** The samples of a metric, as the text format names its series. */
  private void note(int group, String name, Metric metric) {
    Labels labels = metric.labels().overriddenBy(key(group).labels());
    switch (metric) {
      case Metric.Counter counter -> expect(name, labels, counter.value());
      case Metric.Gauge gauge -> expect(name, labels, gauge.value());
      case Metric.Untyped untyped -> expect(name, labels, untyped.value());
      case Metric.Summary summary -> {
        for (Metric.Quantile quantile : summary.quantiles()) {
          expect(name, with(labels, "quantile", quantile.quantile()), quantile.value());
        }
        expect(name + "_sum", labels, summary.sum());
        expect(name + "_count", labels, (double) summary.count());
      }
      case Metric.Histogram histogram -> {
        for (Metric.Bucket bucket : histogram.buckets()) {
          expect(
              name + "_bucket",
              with(labels, "le", bucket.upperBound()),
              (double) bucket.cumulativeCount());
        }
        expect(name + "_sum", labels, histogram.sum());
        expect(name + "_count", labels, (double) histogram.count());
      }
      case Metric.Valueless _ -> {}
    }
  }

  private static Labels with(Labels labels, String name, double bound) {
    String text = Double.isInfinite(bound) ? "+Inf" : Double.toString(bound).replace(".0", "");
    return labels.overriddenBy(Labels.of(name, text));
  }

  private void expect(String name, Labels labels, double value) {
    // As pushed, with an empty instance where the client gave none.
    Labels full = labels.has("instance") ? labels : labels.overriddenBy(Labels.of("instance", ""));
    expected.computeIfAbsent(name + full, _ -> new TreeMap<>()).put(now, value);
  }

  private void assertSame(MetricStore store) throws IOException {
    long oldest = now - RETENTION.toMillis();
    var kept = new TreeMap<String, String>();
    expected.forEach(
        (series, samples) -> {
          SortedMap<Long, Double> inTime = samples.tailMap(oldest);
          if (!inTime.isEmpty()) {
            kept.put(series, inTime.toString());
          }
        });
    var found = new TreeMap<String, String>();
    store.history(
        new HistoryQuery(
            SeriesSelector.parse(List.of("{job=\"o\"}")), Long.MIN_VALUE, Long.MAX_VALUE),
        new EndlessBudget(),
        (name, labels, samples) -> {
          var values = new TreeMap<Long, Double>();
          for (int i = 0; i < samples.size(); i++) {
            values.put(samples.timeMillis(i), samples.value(i));
          }
          assertEquals(samples.size(), values.size());
          assertEquals(null, found.put(name + labels, values.toString()));
        });
    assertEquals(kept.keySet(), found.keySet(), () -> "seed=" + seed);
    compared = Math.max(compared, kept.size());
    for (var series : kept.entrySet()) {
      assertEquals(
          series.getValue(),
          found.get(series.getKey()),
          () -> "seed=" + seed + " series=" + series.getKey());
    }
  }

  private static GroupingKey key(int group) {
    return group % 2 == 0
        ? GroupingKey.of("o", "g", "" + group)
        : GroupingKey.of("o", "g", "" + group, "instance", "i" + group);
  }

  /** One of the groups is wider than a block of a page. */
  private List<MetricFamily> shape(int group) {
    var families = new ArrayList<MetricFamily>();
    int count = 1 + random.nextInt(5);
    for (int i = 0; i < count; i++) {
      // A name has the same type in all groups.
      int number = random.nextInt(10);
      String name = "m" + number;
      if (families.stream().anyMatch(family -> family.name().equals(name))) {
        continue;
      }
      MetricType type =
          switch (number % 5) {
            case 0 -> MetricType.COUNTER;
            case 1 -> MetricType.UNTYPED;
            case 2 -> MetricType.SUMMARY;
            case 3 -> MetricType.HISTOGRAM;
            default -> MetricType.GAUGE;
          };
      int series = group == 0 && number == 4 ? 2_100 : 1 + random.nextInt(4);
      families.add(new MetricFamily(name, "", type, metrics(type, series)));
    }
    return families;
  }

  private List<Metric> metrics(MetricType type, int count) {
    var metrics = new ArrayList<Metric>();
    for (int i = 0; i < count; i++) {
      Labels labels = Labels.of("l", Integer.toString(i));
      metrics.add(
          switch (type) {
            case COUNTER -> new Metric.Counter(labels, 0);
            case UNTYPED -> new Metric.Untyped(labels, 0);
            case SUMMARY ->
                new Metric.Summary(
                    labels, 0, 0, List.of(new Metric.Quantile(0.5, 0)), OpaqueFields.NONE);
            case HISTOGRAM -> histogram(labels);
            default -> new Metric.Gauge(labels, 0);
          });
    }
    return metrics;
  }

  /** Some with classic buckets, some with native ones, some with both. */
  private Metric histogram(Labels labels) {
    int kind = random.nextInt(3);
    List<Metric.Bucket> buckets =
        kind == 0
            ? List.of()
            : List.of(new Metric.Bucket(1, 0), new Metric.Bucket(Double.POSITIVE_INFINITY, 0));
    return new Metric.Histogram(
        labels, buckets, 0, 0, 0, kind == 1 ? NativeBuckets.NONE : natives(), OpaqueFields.NONE);
  }

  private NativeBuckets natives() {
    return new NativeBuckets(
        3,
        0.01,
        random.nextInt(9),
        0,
        List.of(),
        List.of(),
        List.of(),
        List.of(new NativeBuckets.Span(random.nextInt(5), 2)),
        List.of((long) random.nextInt(9), 1L),
        List.of());
  }

  /** The same metric with other values. */
  private Metric changed(Metric metric) {
    return switch (metric) {
      case Metric.Counter counter -> new Metric.Counter(counter.labels(), value());
      case Metric.Gauge gauge -> new Metric.Gauge(gauge.labels(), value());
      case Metric.Untyped untyped -> new Metric.Untyped(untyped.labels(), value());
      case Metric.Summary summary ->
          new Metric.Summary(
              summary.labels(),
              random.nextInt(100),
              value(),
              summary.quantiles().stream()
                  .map(quantile -> new Metric.Quantile(quantile.quantile(), value()))
                  .toList(),
              OpaqueFields.NONE);
      case Metric.Histogram histogram ->
          new Metric.Histogram(
              histogram.labels(),
              histogram.buckets().stream()
                  .map(bucket -> new Metric.Bucket(bucket.upperBound(), random.nextInt(50)))
                  .toList(),
              random.nextInt(100),
              0,
              value(),
              histogram.nativeBuckets().equals(NativeBuckets.NONE) ? NativeBuckets.NONE : natives(),
              OpaqueFields.NONE);
      case Metric.Valueless valueless -> valueless;
    };
  }

  private double value() {
    return switch (random.nextInt(12)) {
      case 0 -> Double.NaN;
      case 1 -> Double.NEGATIVE_INFINITY;
      case 2 -> -0.0;
      case 3, 4 -> random.nextDouble();
      case 5 -> random.nextInt(1_000_000) / 1e3;
      default -> random.nextInt(100);
    };
  }

  private PersistedMetricStore open(Path root) throws InterruptedException {
    var settings =
        new StoreConfig(
            new VersionClock(() -> now, 1),
            () -> now,
            List.of(),
            true,
            RETENTION,
            StorageLimits.NONE);
    var store =
        new PersistedMetricStore(settings, new PersistenceConfig(root, Duration.ofHours(1), 0));
    store.awaitReady(Duration.ofSeconds(60));
    return store;
  }
}
