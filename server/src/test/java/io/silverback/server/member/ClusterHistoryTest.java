package io.silverback.server.member;

import static io.silverback.server.group.Samples.gauge;
import static io.silverback.server.group.Samples.metric;
import static io.silverback.server.group.Samples.put;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.silverback.codec.model.GroupingKey;
import io.silverback.codec.model.Labels;
import io.silverback.codec.model.Metric;
import io.silverback.codec.model.MetricFamily;
import io.silverback.codec.model.MetricType;
import io.silverback.codec.model.VersionClock;
import io.silverback.server.group.select.SeriesSelector;
import io.silverback.server.memory.MemoryPool;
import io.silverback.server.storage.EndlessBudget;
import io.silverback.server.storage.HistoryQuery;
import io.silverback.server.storage.HistorySink;
import io.silverback.server.storage.OrderedHistorySink;
import io.silverback.server.storage.StorageLimits;
import io.silverback.server.storage.StoreConfig;
import io.silverback.server.storage.StoreNotReadyException;
import io.silverback.server.storage.engine.OffHeapMetricStore;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** History that is read from several servers, and what cannot be read. */
final class ClusterHistoryTest {
  private static final HistoryQuery ALL =
      new HistoryQuery(SeriesSelector.parse(List.of("{job=~\".+\"}")), 0, Long.MAX_VALUE);

  private final List<OffHeapMetricStore> stores = new ArrayList<>();
  private long now = 1_800_000_000_000L;

  @AfterEach
  void close() {
    stores.forEach(OffHeapMetricStore::close);
  }

  private OffHeapMetricStore store() {
    var store =
        new OffHeapMetricStore(
            new StoreConfig(
                new VersionClock(() -> now, 1 + stores.size()),
                () -> now,
                List.of(),
                false,
                Duration.ofDays(1),
                StorageLimits.NONE));
    store.joinCluster();
    stores.add(store);
    return store;
  }

  /** Families come and go, and one series is in one family first and in another later. */
  private static List<MetricFamily> pushed(Random random, double value) {
    var families = new ArrayList<MetricFamily>();
    for (String name : List.of("a", "h_count", "h", "z_é")) {
      boolean isHistogram = name.equals("h");
      if (random.nextInt(3) == 0 || (isHistogram && !families.isEmpty())) {
        continue;
      }
      var metrics = new ArrayList<Metric>();
      for (int i = 0; i < 1 + random.nextInt(3); i++) {
        Labels labels = Labels.of("l", "v" + i, "x", "ü");
        metrics.add(metric(isHistogram ? MetricType.HISTOGRAM : MetricType.GAUGE, labels, value));
      }
      families.add(
          new MetricFamily(
              name, "", isHistogram ? MetricType.HISTOGRAM : MetricType.GAUGE, metrics));
    }
    return families;
  }

  @Test
  void theHistoryOfSeveralServersIsThatOfOneWithAllRows() throws IOException {
    for (int round = 0; round < 5; round++) {
      long seed = new Random().nextLong();
      var random = new Random(seed);
      OffHeapMetricStore whole = store();
      List<OffHeapMetricStore> members = List.of(store(), store(), store());
      for (int push = 0; push < 300; push++) {
        now += 1 + random.nextInt(2000);
        var update =
            put(
                GroupingKey.of("job-" + random.nextInt(20)),
                pushed(random, push).toArray(MetricFamily[]::new));
        whole.submit(update);
        int first = random.nextInt(3);
        for (int i = 0; i < 3; i++) {
          // At least one has it, as after a member joined late or another was away.
          if (i == first || random.nextInt(3) == 0) {
            members.get(i).submit(update);
          }
        }
      }
      var expected = new TreeMap<String, String>();
      whole.history(ALL, new EndlessBudget(), into(expected));
      List<List<byte[]>> records = new ArrayList<>();
      for (OffHeapMetricStore member : members) {
        records.add(written(member));
      }

      assertEquals(expected, merged(records), "seed=" + seed);
      assertTrue(expected.size() > 50, expected::toString);
    }
  }

  /** Series by name and labels; those that were of two families have two lines. */
  private static HistorySink into(Map<String, String> series) {
    return (name, labels, samples) -> {
      var line = new StringBuilder();
      for (int i = 0; i < samples.size(); i++) {
        line.append(samples.timeMillis(i)).append('=').append(samples.value(i)).append(' ');
      }
      series.merge(name + labels, line.toString(), (one, other) -> both(one, other));
    };
  }

  private static String both(String one, String other) {
    return one.compareTo(other) < 0 ? one + "| " + other : other + "| " + one;
  }

  private static Map<String, String> merged(List<List<byte[]>> members) throws IOException {
    var series = new TreeMap<String, String>();
    ClusterHistory.merge(
        members.stream().map(records -> reader(records)).toList(),
        new EndlessBudget(),
        OrderedHistorySink.of(into(series)));
    return series;
  }

  private static HistoryPieces reader(List<byte[]> records) {
    Iterator<byte[]> each = records.iterator();
    Supplier<List<byte[]>> source =
        () -> {
          if (each.hasNext()) {
            return List.of(each.next());
          }
          throw new StoreNotReadyException("member=b");
        };
    return new HistoryPieces(source, () -> new StoreNotReadyException("senseless"));
  }

  private static List<byte[]> written(OffHeapMetricStore store) {
    var records = new ArrayList<byte[]>();
    HistoryWriter.of(store, ALL, MemoryPool.unlimited())
        .write(
            new Pieces.Sink() {
              @Override
              public void piece(List<byte[]> piece) {
                records.addAll(piece);
              }

              @Override
              public void pause() {}

              @Override
              public void goOn() {}
            });
    return records;
  }

  private List<byte[]> someRecords() {
    OffHeapMetricStore store = store();
    for (int i = 0; i < 12; i++) {
      now += 1000;
      store.submit(put(GroupingKey.of("job-" + i % 3), gauge("a", i), gauge("b", 2 * i, "l", "v")));
    }
    return written(store);
  }

  @Test
  void aMemberThatEndsAnywhereBeforeItsEndIsNoAnswer() {
    List<byte[]> records = someRecords();
    for (int length = 0; length < records.size(); length++) {
      List<byte[]> cut = records.subList(0, length);
      assertThrows(StoreNotReadyException.class, () -> merged(List.of(records, cut)));
    }
  }

  @Test
  void bytesThatAreCutOrChangedAreToldOrRead() throws IOException {
    long seed = new Random().nextLong();
    var random = new Random(seed);
    List<byte[]> records = someRecords();
    for (int i = 0; i < records.size(); i++) {
      byte[] record = records.get(i);
      for (int length = 0; length < record.length; length++) {
        var cut = new ArrayList<>(records);
        cut.set(i, Arrays.copyOf(record, length));
        String where = "record=" + i + " length=" + length + " seed=" + seed;
        assertThrows(StoreNotReadyException.class, () -> merged(List.of(cut)), where);
      }
      for (int at = 0; at < record.length; at++) {
        var changed = new ArrayList<>(records);
        byte[] other = record.clone();
        other[at] ^= (byte) (1 + random.nextInt(255));
        changed.set(i, other);
        try {
          merged(List.of(records, changed));
        } catch (StoreNotReadyException _) {
          // The other thing that may happen.
        }
      }
    }
  }

  @Test
  void aMemberWithoutMemoryForAQueryRefusesIt() {
    OffHeapMetricStore store = store();
    store.submit(put(GroupingKey.of("job"), gauge("a", 1)));
    var stream =
        new PieceStream(
            HistoryWriter.of(store, ALL, new MemoryPool(1, Duration.ZERO)),
            MemoryPool.unlimited(),
            Duration.ofSeconds(20));
    stream.run();

    var failed =
        assertInstanceOf(
            PieceStream.Taken.Failed.class, stream.take(false, Duration.ofSeconds(20)));
    assertTrue(failed.reason().contains("--limits.max-query-memory"), failed.reason());
  }

  /** Its reader asked once, and then no more: the store is not read to the end for it. */
  @Test
  void aQueryThatNobodyWaitsForIsGivenUp() throws InterruptedException {
    OffHeapMetricStore store = store();
    store.submit(put(GroupingKey.of("job"), gauge("a", 1)));
    var memory = new MemoryPool(1 << 24, Duration.ZERO);
    var stream =
        new PieceStream(HistoryWriter.of(store, ALL, memory), memory, Duration.ofMillis(1));
    Thread.sleep(5);
    stream.run();

    assertEquals(0, memory.takenBytes());
    var failed =
        assertInstanceOf(
            PieceStream.Taken.Failed.class, stream.take(false, Duration.ofSeconds(20)));
    assertEquals("the pages are gone", failed.reason());
  }
}
