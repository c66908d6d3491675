package io.silverback.server.storage.engine;

import static io.silverback.server.group.Samples.family;
import static io.silverback.server.group.Samples.put;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.silverback.codec.model.GroupingKey;
import io.silverback.codec.model.Labels;
import io.silverback.codec.model.Metric;
import io.silverback.codec.model.MetricType;
import io.silverback.codec.model.VersionClock;
import io.silverback.server.group.select.SeriesSelector;
import io.silverback.server.storage.EndlessBudget;
import io.silverback.server.storage.HistoryQuery;
import io.silverback.server.storage.MetricStore.Submission;
import io.silverback.server.storage.QueryBudget;
import io.silverback.server.storage.StorageLimits;
import io.silverback.server.storage.StorageStatistics;
import io.silverback.server.storage.StoreConfig;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** How a query goes through the pages of history, and what it takes. */
@Timeout(60)
final class HistoryReaderTest {
  private static final GroupingKey X = GroupingKey.of("x");
  private static final List<SeriesSelector> ALL = SeriesSelector.parse(List.of("w"));

  private final SplittableRandom random = new SplittableRandom(1);
  private long now = 1_800_000_000_000L;
  private int rounds;
  private final OffHeapMetricStore store =
      new OffHeapMetricStore(
          new StoreConfig(
              new VersionClock(() -> now, 7),
              () -> now,
              List.of(),
              true,
              Duration.ofDays(1),
              StorageLimits.NONE));

  @AfterEach
  void close() {
    store.close();
  }

  /** It was each series one by one, and past 64 pages each of them read each page anew. */
  @Test
  void pagesAreReadForManySeriesAtOnceWithinAFixedAmountOfMemory() throws IOException {
    int series = 300;
    while (pages() < 100) {
      push(series);
    }
    var budget = new EndlessBudget();
    int[] found = new int[1];
    store.history(new HistoryQuery(ALL, 0, Long.MAX_VALUE), budget, (_, _, samples) -> found[0]++);
    assertEquals(series, found[0]);
    assertTrue(budget.steps() < 100 * 5, () -> "steps=" + budget.steps());
    assertTrue(budget.takenBytes() < 10 << 20, () -> "takenBytes=" + budget.takenBytes());

    var ofOne = new EndlessBudget();
    var one = new HistoryQuery(SeriesSelector.parse(List.of("w{i=\"7\"}")), 0, Long.MAX_VALUE);
    store.history(one, ofOne, (_, _, samples) -> assertEquals(rounds, samples.size()));
    assertTrue(ofOne.takenBytes() < 1 << 20, () -> "takenBytes=" + ofOne.takenBytes());
  }

  @Test
  void whatIsPushedMeanwhileIsInNoneOfTheSeries() throws IOException {
    // More than are read at once, so that the pages are read again after the pushes.
    int series = 5_000;
    for (int i = 0; i < 20; i++) {
      push(series);
    }
    var sizes = new TreeSet<Integer>();
    int[] found = new int[1];
    long before = pages();
    store.history(
        new HistoryQuery(ALL, 0, Long.MAX_VALUE),
        new EndlessBudget(),
        (_, _, samples) -> {
          for (int i = 0; found[0] == 0 && i < 30; i++) {
            push(series);
          }
          found[0]++;
          sizes.add(samples.size());
        });
    assertTrue(pages() > before, "the page was not sealed meanwhile");
    assertEquals(series, found[0]);
    assertEquals(List.of(20), List.copyOf(sizes));
  }

  @Test
  void aSmallBudgetIsEnough() throws IOException {
    for (int i = 0; i < 200; i++) {
      push(300);
    }
    long[] taken = new long[1];
    var small =
        new QueryBudget() {
          @Override
          public long mostBytes() {
            return 1 << 20;
          }

          @Override
          public void take(long bytes) {
            taken[0] += bytes;
          }

          @Override
          public void goOn() {}
        };
    int[] found = new int[1];
    var query = new HistoryQuery(ALL, 0, Long.MAX_VALUE);
    store.history(query, small, (_, _, samples) -> found[0] += samples.size());
    assertEquals(200 * 300, found[0]);
    assertTrue(taken[0] <= 1 << 20, () -> "taken=" + taken[0]);
  }

  @Test
  void aBudgetThatIsSpentEndsTheQueryAndHarmsNothing() throws IOException {
    push(10);
    var query = new HistoryQuery(ALL, 0, Long.MAX_VALUE);
    var spent = new IOException("spent");
    var refusesMemory =
        new QueryBudget() {
          @Override
          public long mostBytes() {
            return 1 << 20;
          }

          @Override
          public void take(long bytes) throws IOException {
            throw spent;
          }

          @Override
          public void goOn() {}
        };
    var refusesTime =
        new QueryBudget() {
          @Override
          public long mostBytes() {
            return 1 << 20;
          }

          @Override
          public void take(long bytes) {}

          @Override
          public void goOn() throws IOException {
            throw spent;
          }
        };
    for (QueryBudget budget : List.of(refusesMemory, refusesTime)) {
      assertEquals(
          spent,
          assertThrows(
              IOException.class,
              () ->
                  store.history(
                      query,
                      budget,
                      (_, _, _) -> {
                        throw new AssertionError("a series without a budget");
                      })));
    }
    push(10);
    store.sweep();
    int[] found = new int[1];
    store.history(query, new EndlessBudget(), (_, _, samples) -> found[0] += samples.size());
    assertEquals(20, found[0]);
  }

  private void push(int series) {
    now += 1_000;
    rounds++;
    var metrics = new ArrayList<Metric>();
    IntStream.range(0, series)
        .forEach(i -> metrics.add(new Metric.Gauge(Labels.of("i", "" + i), random.nextInt(100))));
    Submission answer =
        store.submit(put(X, family(MetricType.GAUGE, "w", metrics.toArray(Metric[]::new))));
    assertInstanceOf(Submission.Accepted.class, answer);
  }

  private long pages() {
    return store.statistics().maps().stream()
        .filter(map -> map.name().equals("pages"))
        .mapToLong(StorageStatistics.MapStatistics::entries)
        .sum();
  }
}
