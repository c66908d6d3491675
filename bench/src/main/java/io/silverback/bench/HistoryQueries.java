package io.silverback.bench;

import io.silverback.codec.exposition.ParsedExposition;
import io.silverback.codec.model.GroupingKey;
import io.silverback.codec.model.Labels;
import io.silverback.codec.model.Metric;
import io.silverback.codec.model.MetricFamily;
import io.silverback.codec.model.MetricType;
import io.silverback.codec.model.VersionClock;
import io.silverback.server.group.GroupUpdate;
import io.silverback.server.group.select.SeriesSelector;
import io.silverback.server.storage.HistoryQuery;
import io.silverback.server.storage.MetricStore.Submission;
import io.silverback.server.storage.QueryBudget;
import io.silverback.server.storage.StorageLimits;
import io.silverback.server.storage.StorageStatistics.MapStatistics;
import io.silverback.server.storage.StoreConfig;
import io.silverback.server.storage.engine.OffHeapMetricStore;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;

/**
 * Prints what a history query of all series of a group costs by how many pages the group has, as a
 * table in Markdown: time of a processor, which a busy machine does not change much, and the memory
 * outside of the heap that it leases.
 */
public final class HistoryQueries {
  private static final int[] PAGES = {10, 60, 70, 140, 360};
  private static final int SERIES = 1_500;
  private static final int FAMILIES = 25;
  private static final int WARM_UPS = 10;
  private static final int REPETITIONS = 5;
  private static final long INTERVAL_MILLIS = 10_000;
  private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();
  private static final GroupingKey KEY = GroupingKey.of("queried");

  private final SplittableRandom random = new SplittableRandom(1);
  private final double[] values = new double[SERIES];
  private long now = 1_800_000_000_000L;

  private HistoryQueries() {}

  public static void main(String[] arguments) throws IOException {
    new HistoryQueries().run();
  }

  /** What a query took and found. */
  private static final class Cost implements QueryBudget {
    private long leasedBytes;
    private long samples;
    private double sum;

    @Override
    public long mostBytes() {
      return Long.MAX_VALUE;
    }

    @Override
    public void take(long bytes) {
      leasedBytes += bytes;
    }

    @Override
    public void goOn() {}
  }

  private void run() throws IOException {
    System.out.printf("A group of %,d series, Flink mix, pushed each 10 s.%n%n", SERIES);
    System.out.println(
        "| pages | samples of a series | all series, ms | us a series and page | MB leased |"
            + " one series, ms |");
    System.out.println("|---|---|---|---|---|---|");
    try (var store =
        new OffHeapMetricStore(
            new StoreConfig(
                new VersionClock(() -> now, 1),
                () -> now,
                List.of(),
                true,
                Duration.ofDays(7),
                StorageLimits.NONE))) {
      int rounds = 0;
      for (int pages : PAGES) {
        while (pages(store) < pages) {
          push(store);
          rounds++;
        }
        print(pages, rounds, store);
      }
    }
  }

  private void print(int pages, int rounds, OffHeapMetricStore store) throws IOException {
    double[] all = new double[REPETITIONS];
    double[] one = new double[REPETITIONS];
    long leased = 0;
    for (int i = -WARM_UPS; i < REPETITIONS; i++) {
      double allMillis = millis(store, "{job=\"queried\",__name__=~\"metric.*\"}", rounds, SERIES);
      leased = lastLeased;
      double oneMillis = millis(store, "metric_7{series=\"7\"}", rounds, 1);
      if (i >= 0) {
        all[i] = allMillis;
        one[i] = oneMillis;
      }
    }
    Arrays.sort(all);
    Arrays.sort(one);
    double median = all[REPETITIONS / 2];
    System.out.printf(
        Locale.ROOT,
        "| %d | %,d | %.0f | %.2f | %.1f | %.1f |%n",
        pages,
        rounds,
        median,
        median * 1e3 / pages / SERIES,
        leased / 1e6,
        one[REPETITIONS / 2]);
  }

  private long lastLeased;

  private double millis(OffHeapMetricStore store, String selector, int rounds, int series)
      throws IOException {
    var cost = new Cost();
    var query = new HistoryQuery(List.of(SeriesSelector.parse(selector)), 0, Long.MAX_VALUE);
    long start = THREADS.getCurrentThreadCpuTime();
    store.history(
        query,
        cost,
        (_, _, samples) -> {
          cost.samples += samples.size();
          cost.sum += samples.value(samples.size() - 1);
        });
    double millis = (THREADS.getCurrentThreadCpuTime() - start) / 1e6;
    if (cost.samples != (long) rounds * series) {
      throw new IllegalStateException("not all was found: samples=" + cost.samples);
    }
    lastLeased = cost.leasedBytes;
    return millis;
  }

  private void push(OffHeapMetricStore store) {
    now += INTERVAL_MILLIS + random.nextInt(10) - 5;
    var families = new ArrayList<MetricFamily>();
    int perFamily = SERIES / FAMILIES;
    for (int family = 0; family < FAMILIES; family++) {
      var metrics = new ArrayList<Metric>(perFamily);
      for (int i = 0; i < perFamily; i++) {
        int number = family * perFamily + i;
        values[number] = SamplePattern.FLINK.next(number, values[number], random);
        metrics.add(new Metric.Gauge(Labels.of("series", "" + i), values[number]));
      }
      families.add(new MetricFamily("metric_" + family, "", MetricType.GAUGE, metrics));
    }
    Submission submission =
        store.submit(new GroupUpdate.Replace(KEY, new ParsedExposition(families, false)));
    if (!(submission instanceof Submission.Accepted)) {
      throw new IllegalStateException("push was refused: submission=" + submission);
    }
  }

  private static long pages(OffHeapMetricStore store) {
    return store.statistics().maps().stream()
        .filter(map -> map.name().equals("pages"))
        .mapToLong(MapStatistics::entries)
        .sum();
  }
}
