package io.silverback.server.member;

import static io.silverback.server.group.Samples.metric;
import static io.silverback.server.group.Samples.pushed;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.silverback.cluster.Exposure;
import io.silverback.cluster.HashRing;
import io.silverback.codec.bytes.MalformedBytesException;
import io.silverback.codec.exposition.ExpositionBuffer;
import io.silverback.codec.exposition.ExpositionRenderer;
import io.silverback.codec.exposition.ProtobufRenderer;
import io.silverback.codec.exposition.TextRenderer;
import io.silverback.codec.model.GroupingKey;
import io.silverback.codec.model.Labels;
import io.silverback.codec.model.Metric;
import io.silverback.codec.model.MetricFamily;
import io.silverback.codec.model.MetricType;
import io.silverback.codec.model.NativeBuckets;
import io.silverback.codec.model.OpaqueFields;
import io.silverback.codec.model.VersionClock;
import io.silverback.server.group.FamilyGatherer;
import io.silverback.server.group.GroupState;
import io.silverback.server.group.HeldFamilies;
import io.silverback.server.group.HeldFamily;
import io.silverback.server.memory.MemoryPool;
import io.silverback.server.storage.FrontStore;
import io.silverback.server.storage.HeapMetricStore;
import io.silverback.server.storage.ListedGroup;
import io.silverback.server.storage.MetricStore;
import io.silverback.server.storage.Snapshot;
import io.silverback.server.storage.StoreNotReadyException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntPredicate;
import org.junit.jupiter.api.Test;

/** Families that are read from several servers, and what cannot be read. */
final class ClusterFamiliesTest {
  private static final Duration PATIENCE = Duration.ofSeconds(20);
  private static final List<MetricType> TYPES = List.of(MetricType.values());
  private static final BitSet ALL = new BitSet();

  static {
    ALL.set(0, HashRing.SLOTS);
  }

  /** The groups of a server that shows all of its slots, or does until it is told otherwise. */
  private static final class Server extends FrontStore {
    private final List<GroupState> groups;

    private Server(List<GroupState> groups) {
      super(new HeapMetricStore(new VersionClock(() -> 1, 1), () -> 1, List.of(), false));
      this.groups = groups;
    }

    @Override
    public Snapshot snapshot(IntPredicate slots) {
      return Listed.of(groups);
    }
  }

  /** Reads a stream within this process. */
  private record Near(PieceStream stream) implements PieceReader.Source {
    static Near open(MetricStore store) {
      var stream =
          new PieceStream(
              new ShownFamilies(store, () -> new Exposure(_ -> true, () -> true, () -> true), ALL),
              MemoryPool.unlimited(),
              PATIENCE);
      Thread.ofVirtual().start(stream::run);
      return new Near(stream);
    }

    @Override
    public List<byte[]> next() {
      return take(false);
    }

    @Override
    public List<byte[]> again() {
      return take(true);
    }

    private List<byte[]> take(boolean again) {
      return assertInstanceOf(PieceStream.Taken.Piece.class, stream.take(again, PATIENCE))
          .records();
    }
  }

  @Test
  void thePageOfSeveralServersIsThatOfOneWithAllGroups() {
    for (int round = 0; round < 12; round++) {
      long seed = new Random().nextLong();
      var random = new Random(seed);
      List<GroupState> groups = groups(random, round % 3 == 0 ? 3000 : 20);
      int count = 1 + random.nextInt(4);
      var shares = new TreeMap<Integer, List<GroupState>>();
      groups.forEach(
          group ->
              shares.computeIfAbsent(random.nextInt(count), _ -> new ArrayList<>()).add(group));
      List<Server> servers = shares.values().stream().map(Server::new).toList();
      for (ExpositionRenderer renderer : List.of(new TextRenderer(), new ProtobufRenderer())) {
        var expected = new FamilyGatherer(List.of(), new HeldFamilies(groups));
        List<Near> sources = servers.stream().map(Near::open).toList();
        var merged = new ClusterFamilies(sources.stream().map(PieceReader::new).toList());
        var actual = new FamilyGatherer(List.of(), () -> merged);

        assertEquals(page(expected, renderer), page(actual, renderer), "seed=" + seed);
        assertEquals(expected.omissions().metrics(), actual.omissions().metrics(), "seed=" + seed);
        assertEquals(
            expected.omissions().differingHelp(),
            actual.omissions().differingHelp(),
            "seed=" + seed);
        for (Near source : sources) {
          assertEquals(new PieceStream.Ended(true, 0), source.stream().end());
        }
      }
    }
  }

  private static String page(FamilyGatherer families, ExpositionRenderer renderer) {
    var page = new ExpositionBuffer(1024);
    while (families.hasNext()) {
      renderer.render(families.next(), page);
    }
    return new String(page.toByteArray(), StandardCharsets.ISO_8859_1);
  }

  /** Of a few names, so that servers have the same, some under different types. */
  private static List<GroupState> groups(Random random, int mostSeries) {
    var types = new HashMap<String, MetricType>();
    var groups = new ArrayList<GroupState>();
    for (int i = 0; i < 12; i++) {
      var families = new ArrayList<MetricFamily>();
      for (String name : List.of("a", "b_é", "c", "large")) {
        if (random.nextInt(3) == 0) {
          continue;
        }
        MetricType type =
            random.nextInt(8) == 0
                ? TYPES.get(random.nextInt(TYPES.size()))
                : types.computeIfAbsent(name, _ -> TYPES.get(random.nextInt(TYPES.size())));
        var metrics = new ArrayList<Metric>();
        int series = 1 + random.nextInt(name.equals("large") ? mostSeries : 5);
        for (int j = 0; j < series; j++) {
          metrics.add(of(type, Labels.of("l", "v" + j, "x".repeat(1 + j % 3), "ü"), random));
        }
        String help = random.nextInt(6) == 0 ? "other" : "help";
        families.add(new MetricFamily(name, help, type, "", metrics));
      }
      groups.add(pushed(GroupingKey.of("job-" + i), 1 + i, families.toArray(new MetricFamily[0])));
    }
    groups.sort(Comparator.comparing(GroupState::key));
    return groups;
  }

  private static Metric of(MetricType type, Labels labels, Random random) {
    if (!type.isHistogram()) {
      return metric(type, labels, random.nextInt(4) == 0 ? Double.NaN : random.nextDouble());
    }
    var exact =
        new NativeBuckets(
            3,
            1e-9,
            random.nextInt(9),
            0,
            List.of(new NativeBuckets.Span(-1, 1)),
            List.of(2L),
            List.of(),
            List.of(new NativeBuckets.Span(2, 2)),
            List.of(1L, -1L),
            List.of());
    return new Metric.Histogram(
        labels,
        List.of(new Metric.Bucket(0.5, random.nextInt(9))),
        9,
        0,
        random.nextDouble(),
        random.nextBoolean() ? exact : NativeBuckets.NONE,
        OpaqueFields.NONE);
  }

  @Test
  void aMemberThatDiesHalfWayEndsThePage() {
    List<GroupState> groups = groups(new Random(1), 5);
    List<byte[]> records = written(groups);
    for (int length = 0; length < records.size(); length++) {
      int most = length;
      var given = new AtomicInteger();
      var source =
          new PieceReader.Source() {
            @Override
            public List<byte[]> next() {
              if (given.get() == most) {
                throw new StoreNotReadyException("member=b");
              }
              return List.of(records.get(given.getAndIncrement()));
            }

            @Override
            public List<byte[]> again() {
              throw new StoreNotReadyException("member=b");
            }
          };

      assertThrows(StoreNotReadyException.class, () -> readAll(source), "records=" + most);
    }
  }

  @Test
  void bytesThatAreCutOrChangedAreToldOrRead() {
    long seed = new Random().nextLong();
    var random = new Random(seed);
    List<byte[]> records = written(groups(random, 5));
    readAll(whole(records));
    for (int i = 0; i < records.size(); i++) {
      byte[] record = records.get(i);
      for (int length = 0; length < record.length; length++) {
        List<byte[]> cut = with(records, i, Arrays.copyOf(record, length));
        String where = "record=" + i + " length=" + length + " seed=" + seed;
        assertThrows(MalformedBytesException.class, () -> readAll(whole(cut)), where);
      }
      for (int at = 0; at < record.length; at += 1 + random.nextInt(7)) {
        byte[] changed = record.clone();
        changed[at] ^= (byte) (1 + random.nextInt(255));
        try {
          readAll(whole(with(records, i, changed)));
        } catch (MalformedBytesException _) {
          // The other thing that may happen.
        }
      }
    }
    assertThrows(MalformedBytesException.class, () -> readAll(whole(List.of())));
  }

  private static List<byte[]> with(List<byte[]> records, int index, byte[] record) {
    var changed = new ArrayList<>(records);
    changed.set(index, record);
    return changed;
  }

  private static PieceReader.Source whole(List<byte[]> records) {
    return new PieceReader.Source() {
      private boolean isGiven;

      @Override
      public List<byte[]> next() {
        if (isGiven) {
          throw new MalformedBytesException("no end: records=" + records.size());
        }
        isGiven = true;
        return records;
      }

      @Override
      public List<byte[]> again() {
        return records;
      }
    };
  }

  private static void readAll(PieceReader.Source source) {
    var families = new ClusterFamilies(List.of(new PieceReader(source)));
    while (families.hasNext()) {
      HeldFamily family = families.next();
      family.forEachHead((_, _, _, _) -> {});
      for (MetricType type : MetricType.values()) {
        family.forEachMetric(type, _ -> {});
      }
    }
  }

  private static List<byte[]> written(List<GroupState> groups) {
    var records = new ArrayList<byte[]>();
    new PieceWriter(
            new Pieces.Sink() {
              @Override
              public void piece(List<byte[]> piece) {
                records.addAll(piece);
              }

              @Override
              public void pause() {}

              @Override
              public void goOn() {}
            })
        .write(new HeldFamilies(groups));
    return records;
  }

  @Test
  void aStreamOfSlotsThatMovedIsRefused() {
    var shown = new BitSet();
    shown.set(1, HashRing.SLOTS);
    var stream =
        new PieceStream(
            new ShownFamilies(
                new Server(List.of()), () -> new Exposure(shown::get, () -> true, () -> true), ALL),
            MemoryPool.unlimited(),
            PATIENCE);
    stream.run();

    var failed = assertInstanceOf(PieceStream.Taken.Failed.class, stream.take(false, PATIENCE));
    assertTrue(failed.reason().startsWith("other servers show some of"), failed.reason());
    assertEquals(new PieceStream.Ended(false, 0), stream.end());
  }

  @Test
  void aStreamThatNobodyReadsGivesItsMemoryBack() {
    var memory = new MemoryPool(1 << 24, Duration.ZERO);
    var stream =
        new PieceStream(
            new ShownFamilies(
                new Server(groups(new Random(1), 5)),
                () -> new Exposure(_ -> true, () -> true, () -> true),
                ALL),
            memory,
            Duration.ofMillis(10));
    stream.run();

    assertEquals(0, memory.takenBytes());
    assertInstanceOf(PieceStream.Taken.Failed.class, stream.take(false, PATIENCE));
  }

  @Test
  void aStreamWithoutMemoryIsRefused() {
    var stream =
        new PieceStream(
            new ShownFamilies(
                new Server(List.of()), () -> new Exposure(_ -> true, () -> true, () -> true), ALL),
            new MemoryPool(1 << 20, Duration.ZERO),
            PATIENCE);
    stream.run();

    var failed = assertInstanceOf(PieceStream.Taken.Failed.class, stream.take(false, PATIENCE));
    assertTrue(failed.reason().contains("--limits.max-scrape-memory"), failed.reason());
  }

  /** Groups on the heap. */
  private record Listed(List<GroupState> all) implements Snapshot {
    static Snapshot of(List<GroupState> groups) {
      return new Listed(groups);
    }

    @Override
    public int size() {
      return all.size();
    }

    @Override
    public Iterable<GroupState> groups() {
      return all;
    }

    @Override
    public Iterable<ListedGroup> listedGroupsAfter(GroupingKey key) {
      return List.of();
    }

    @Override
    public Iterable<HeldFamily> families() {
      return new HeldFamilies(all);
    }

    @Override
    public void close() {}
  }
}
