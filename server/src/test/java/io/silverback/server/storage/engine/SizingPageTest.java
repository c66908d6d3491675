package io.silverback.server.storage.engine;

import static io.silverback.server.group.Samples.delete;
import static io.silverback.server.group.Samples.put;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.silverback.codec.model.GroupingKey;
import io.silverback.codec.model.Labels;
import io.silverback.codec.model.Metric;
import io.silverback.codec.model.MetricFamily;
import io.silverback.codec.model.MetricType;
import io.silverback.codec.model.VersionClock;
import io.silverback.server.storage.StorageLimits;
import io.silverback.server.storage.StorageStatistics.MapStatistics;
import io.silverback.server.storage.StoreConfig;
import io.silverback.server.storage.files.StoreFiles;
import io.silverback.server.storage.maps.OffHeapMaps;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Stores are as large as the section on sizing of {@code docs/operations.md} says. */
final class SizingPageTest {
  private static final long START = 1_800_000_000_000L;
  private static final String WITHIN = " within `--history.retention`";
  private static final Duration INTERVAL = Duration.ofSeconds(10);
  private static final Duration RETENTION = Duration.ofMinutes(15);
  private static final Pattern SECTION = Pattern.compile("(?s)\n### Sizing\n(.*?)\n##+ ");
  private static final Pattern ROW = Pattern.compile("\\| ([a-z][^|]*) \\| ([0-9.]+) \\|");
  private static final Pattern SUM = Pattern.compile("a sum of (\\d+) MB, so (\\d+) MB of memory");

  /** How far a store may be from the formula, as the page says. */
  private static final double BAND = 0.25;

  private static final long DISK_OF_EMPTY_STORE = 10_000_000;
  private static final double DISK_OF_BYTE = 1.5;

  private final String section = section();
  private final Map<String, Double> bytesOf = rows(section);
  private long now = START;

  @TempDir Path folder;

  /**
   * @param ownLabels whether no two groups have the same labels
   * @param lifePushes after how many pushes a group is deleted, and another one comes
   */
  private record Workload(
      int groups, int families, int metrics, boolean ownLabels, int pushes, int lifePushes) {
    long series() {
      return (long) groups * families * metrics;
    }
  }

  private static final Workload SMALL_ONCE = new Workload(5_000, 10, 1, false, 1, 1_000);
  private static final Workload SMALL_AGAIN = new Workload(400, 10, 1, false, 70, 1_000);
  private static final Workload LARGE = new Workload(6, 25, 64, true, 130, 1_000);
  private static final Workload SMALL_WITH_CHURN = new Workload(200, 10, 1, false, 130, 40);

  @Test
  void smallGroupsThatArePushedOnce() throws IOException {
    assertAsThePageSays(SMALL_ONCE, new OffHeapMaps());
    assertFilesAreAsThePageSays(SMALL_ONCE);
  }

  @Test
  void smallGroupsThatArePushedAgain() throws IOException {
    assertAsThePageSays(SMALL_AGAIN, new OffHeapMaps());
  }

  @Test
  void largeGroupsForLongerThanHistoryIsKept() throws IOException {
    assertFilesAreAsThePageSays(LARGE);
  }

  @Test
  void groupsThatComeAndGo() throws IOException {
    assertFilesAreAsThePageSays(SMALL_WITH_CHURN);
  }

  @Test
  void theExampleIsAddedUpRight() {
    var sum = SUM.matcher(section);
    assertTrue(sum.find(), section);
    // An hour of pushes each 10 s.
    double bytes = expected(340, 548_080, 340, 548_080, 548_080L * 360, 0);
    assertEquals(Math.round(bytes / 1e6), Long.parseLong(sum.group(1)));
    assertEquals(Math.round(1.3 * (160 + 1.3 * bytes / 1e6)), Long.parseLong(sum.group(2)));
  }

  private void assertFilesAreAsThePageSays(Workload work) throws IOException {
    long bytes = assertAsThePageSays(work, new OffHeapMaps(folder, 7));
    long used = StoreFiles.usedBytes(folder);
    assertTrue(used <= DISK_OF_BYTE * bytes + DISK_OF_EMPTY_STORE, () -> work + " " + used);
  }

  private long assertAsThePageSays(Workload work, OffHeapMaps maps) throws IOException {
    try (var store = new OffHeapMetricStore(config(), maps, _ -> 0)) {
      var random = new SplittableRandom(1);
      for (int push = 0; push < work.pushes; push++) {
        now += INTERVAL.toMillis();
        for (int group = 0; group < work.groups; group++) {
          int life = (push + group) / work.lifePushes;
          if (life > 0 && (push + group) % work.lifePushes == 0) {
            store.submit(delete(key(group, life - 1)));
          }
          store.submit(put(key(group, life), body(work, group, push, random)));
        }
        store.sweep();
      }
      var statistics = store.statistics();
      long bytes = statistics.maps().stream().mapToLong(MapStatistics::allocatedBytes).sum();
      double expected = expected(work);
      assertEquals(expected, (double) bytes, BAND * expected, () -> work + " " + statistics.maps());
      return bytes;
    }
  }

  private double expected(Workload work) {
    double kept = Math.min(work.pushes, RETENTION.dividedBy(INTERVAL));
    boolean again = work.pushes > 1;
    long sets = work.ownLabels ? work.groups : 1;
    double gone = work.pushes > work.lifePushes ? work.groups * kept / work.lifePushes : 0;
    return expected(
        work.groups,
        work.series(),
        sets,
        sets * work.families * work.metrics,
        again ? work.series() * kept : 0,
        gone);
  }

  private double expected(
      long groups, long series, long sets, long seriesOfSets, double samples, double gone) {
    boolean again = samples > 0;
    return groups * bytesOf("group")
        + series * bytesOf("series")
        + sets * bytesOf("set of series that no other group has")
        + seriesOfSets * bytesOf("series of such a set")
        + (again ? groups * bytesOf("group that is pushed again" + WITHIN) : 0)
        + (again ? series * bytesOf("series that is pushed again" + WITHIN) : 0)
        + samples * bytesOf("sample" + WITHIN)
        + gone * bytesOf("group that was deleted or purged" + WITHIN);
  }

  private double bytesOf(String what) {
    return Objects.requireNonNull(bytesOf.get(what), what);
  }

  private static String section() {
    try {
      var found = SECTION.matcher(Files.readString(Path.of("..", "docs", "operations.md")));
      assertTrue(found.find());
      return found.group(1);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Map<String, Double> rows(String section) {
    return ROW.matcher(section)
        .results()
        .collect(Collectors.toMap(row -> row.group(1), row -> Double.parseDouble(row.group(2))));
  }

  private static GroupingKey key(int group, int life) {
    return GroupingKey.of("nightly-etl", "instance", "task-%06d-%d".formatted(group, life));
  }

  /** A quarter each of constants, counters, three decimals, and small numbers. */
  private static MetricFamily[] body(Workload work, int group, int push, SplittableRandom random) {
    var families = new MetricFamily[work.families];
    for (int f = 0; f < work.families; f++) {
      var metrics = new ArrayList<Metric>();
      for (int m = 0; m < work.metrics; m++) {
        double value =
            switch ((f + m) % 4) {
              case 0 -> 42;
              case 1 -> push * 10.0 + random.nextInt(21);
              case 2 -> random.nextInt(1_000_000) / 1000.0;
              default -> random.nextInt(100);
            };
        String host = work.ownLabels ? "worker-" + group : "any";
        metrics.add(
            new Metric.Gauge(
                Labels.of("host", host, "operator", "o" + m / 8, "subtask", "" + m % 8), value));
      }
      families[f] = new MetricFamily("metric_" + f, "", MetricType.GAUGE, metrics);
    }
    return families;
  }

  private StoreConfig config() {
    return new StoreConfig(
        new VersionClock(() -> now, 1), () -> now, List.of(), true, RETENTION, StorageLimits.NONE);
  }
}
