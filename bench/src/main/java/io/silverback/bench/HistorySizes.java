package io.silverback.bench;

import io.silverback.codec.exposition.ParsedExposition;
import io.silverback.codec.model.GroupingKey;
import io.silverback.codec.model.Labels;
import io.silverback.codec.model.Metric;
import io.silverback.codec.model.MetricFamily;
import io.silverback.codec.model.MetricType;
import io.silverback.codec.model.VersionClock;
import io.silverback.server.group.GroupUpdate;
import io.silverback.server.storage.MetricStore.Submission;
import io.silverback.server.storage.StorageLimits;
import io.silverback.server.storage.StorageStatistics.MapStatistics;
import io.silverback.server.storage.StoreConfig;
import io.silverback.server.storage.engine.OffHeapMetricStore;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Prints what a retained sample takes, as a table in Markdown: in a store, everything that its
 * history allocates over the samples in it, and with others, the bytes that they encode to.
 */
public final class HistorySizes {
  private static final int ROUNDS = 360;
  private static final int CHUNK_ROUNDS = 120;
  private static final int FAMILIES = 10;
  private static final long INTERVAL_MILLIS = 10_000;

  private HistorySizes() {}

  public static void main(String[] arguments) {
    System.out.printf("One hour of pushes, one each %d s: %d rounds.%n%n", 10, ROUNDS);
    System.out.println(
        "| bytes a sample | jitter | in groups of 1,600 | in groups of 10 | Prometheus XOR chunk |"
            + " compression-gorilla |");
    System.out.println("|---|---|---|---|---|---|");
    for (SamplePattern pattern : SamplePattern.values()) {
      for (int jitterMillis : new int[] {0, 5}) {
        System.out.printf(
            Locale.ROOT,
            "| %s | %d ms | %.2f | %.2f | %.2f | %.2f |%n",
            pattern.label(),
            jitterMillis,
            stored(pattern, jitterMillis, 12, 1_600),
            stored(pattern, jitterMillis, 400, 10),
            encoded(pattern, jitterMillis, CHUNK_ROUNDS, HistorySizes::prometheus),
            encoded(pattern, jitterMillis, ROUNDS, HistorySizes::gorilla));
      }
    }
  }

  /** Several groups are pushed to in turn, so that not all of them have just sealed a page. */
  private static double stored(SamplePattern pattern, int jitterMillis, int groups, int series) {
    var table = new SampleTable(pattern, ROUNDS, series, INTERVAL_MILLIS, jitterMillis);
    long[] now = {table.timeMillis(0)};
    try (var store =
        new OffHeapMetricStore(
            new StoreConfig(
                new VersionClock(() -> now[0], 1),
                () -> now[0],
                List.of(),
                true,
                Duration.ofHours(2),
                StorageLimits.NONE))) {
      for (int round = 0; round < ROUNDS; round++) {
        for (int group = 0;
            group < groups && round + group * ROUNDS / groups / 4 < ROUNDS;
            group++) {
          now[0] = table.timeMillis(round);
          push(store, group, table, round);
        }
      }
      long samples = 0;
      for (int group = 0; group < groups; group++) {
        samples += (long) (ROUNDS - group * ROUNDS / groups / 4) * series;
      }
      long bytes =
          store.statistics().maps().stream()
              .filter(map -> map.name().endsWith("pages"))
              .mapToLong(MapStatistics::allocatedBytes)
              .sum();
      return (double) bytes / samples;
    }
  }

  private static void push(OffHeapMetricStore store, int group, SampleTable table, int round) {
    var families = new ArrayList<MetricFamily>();
    int perFamily = table.columns() / FAMILIES;
    for (int family = 0; family < FAMILIES; family++) {
      var metrics = new ArrayList<Metric>(perFamily);
      for (int i = 0; i < perFamily; i++) {
        metrics.add(
            new Metric.Gauge(
                Labels.of("series", Integer.toString(i)),
                table.value(round, family * perFamily + i)));
      }
      families.add(new MetricFamily("metric_" + family, "", MetricType.GAUGE, metrics));
    }
    var key = GroupingKey.of("sizes", "instance", Integer.toString(group));
    var submission =
        store.submit(new GroupUpdate.Replace(key, new ParsedExposition(families, false)));
    if (!(submission instanceof Submission.Accepted)) {
      throw new IllegalStateException("push was refused: submission=" + submission);
    }
  }

  @FunctionalInterface
  private interface Encoding {
    PointCodec of(SampleTable table);
  }

  private static PointCodec prometheus(SampleTable table) {
    return new PointCodec.PrometheusChunks(table);
  }

  private static PointCodec gorilla(SampleTable table) {
    return new PointCodec.GorillaBlocks(table);
  }

  private static double encoded(
      SamplePattern pattern, int jitterMillis, int rounds, Encoding encoding) {
    int series = 256;
    var table = new SampleTable(pattern, rounds, series, INTERVAL_MILLIS, jitterMillis);
    return (double) encoding.of(table).encode() / ((long) rounds * series);
  }
}
