package io.silverback.server.storage.engine;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.silverback.codec.exposition.EscapingScheme;
import io.silverback.codec.exposition.ExpositionBuffer;
import io.silverback.codec.exposition.ExpositionRenderer;
import io.silverback.codec.exposition.ProtobufRenderer;
import io.silverback.codec.exposition.RepeatingPage;
import io.silverback.codec.exposition.TextRenderer;
import io.silverback.codec.model.Labels;
import io.silverback.codec.model.Metric;
import io.silverback.codec.model.MetricFamily;
import io.silverback.codec.model.MetricType;
import io.silverback.codec.model.VersionClock;
import io.silverback.server.group.FamilyGatherer;
import io.silverback.server.group.GatheredFamilies;
import io.silverback.server.group.GroupState;
import io.silverback.server.group.HeldFamilies;
import io.silverback.server.group.Omissions;
import io.silverback.server.group.UnitedFamilies;
import io.silverback.server.memory.MemoryPool;
import io.silverback.server.storage.MetricStore;
import io.silverback.server.storage.Snapshot;
import io.silverback.server.storage.StorageLimits;
import io.silverback.server.storage.StoreConfig;
import io.silverback.server.storage.pages.RandomPages;
import io.silverback.server.storage.snapshot.SnapshotMemory;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeSet;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

/** Compares the page of a store with what an algorithm shows that holds everything at once. */
class ScrapeOracleTest {
  private static final List<MetricFamily> OWN =
      List.of(
          new MetricFamily(
              "own",
              "help",
              MetricType.GAUGE,
              List.of(
                  new Metric.Gauge(Labels.of("instance", "", "job", "j"), 1),
                  new Metric.Gauge(Labels.of("a", "3", "instance", "", "job", "j"), 2),
                  new Metric.Gauge(Labels.EMPTY, 3))),
          new MetricFamily("silent", "", MetricType.SUMMARY, List.of()));

  private static final List<EscapingScheme> SCHEMES = List.of(EscapingScheme.values());

  private final RememberingPage passages = new RememberingPage();
  private long now = 1_800_000_000_000L;

  /** Room for two runs of one series, for some, and for all. */
  private static final long[] ROOMS = {400, 3_000, 1 << 20};

  @Property(tries = 8)
  void aPageIsThatOfAllGroupsTogether(@ForAll long seed) throws IOException {
    var random = new SplittableRandom(seed);
    boolean checked = random.nextBoolean();
    try (var store = store(checked)) {
      var pages = new RandomPages(random, checked);
      for (int round = 0; round < 8; round++) {
        push(random.nextInt(40), pages, store);
        assertSamePage(store, ROOMS[random.nextInt(ROOMS.length)], pages, 0);
      }
      long known = passages.repeated;
      assertSamePage(store, ROOMS[2], pages, 0);
      assertSamePage(store, ROOMS[2], pages, 0);
      assertTrue(passages.repeated > known);
    }
  }

  /** What is pushed while the page is written does not show in it. */
  @Property(tries = 8)
  void aPageIsAsOfTheMomentOfItsRequest(@ForAll long seed) throws IOException {
    var random = new SplittableRandom(seed);
    boolean checked = random.nextBoolean();
    try (var store = store(checked)) {
      var pages = new RandomPages(random, checked);
      push(40, pages, store);
      for (int round = 0; round < 5; round++) {
        long room = ROOMS[random.nextInt(ROOMS.length)];
        assertSamePage(store, room, pages, 1 + random.nextInt(5));
      }
    }
  }

  private void push(int count, RandomPages pages, OffHeapMetricStore store) {
    for (int i = 0; i < count; i++) {
      now += 10;
      store.submit(pages.next());
    }
  }

  private void assertSamePage(
      OffHeapMetricStore store, long room, RandomPages pages, int pushesPerFamily)
      throws IOException {
    List<GroupState> groups = groupsOf(store);
    GatheredFamilies expected = UnitedFamilies.gather(OWN, groups);
    GatheredFamilies fromHeap =
        GatheredFamilies.gather(new FamilyGatherer(OWN, new HeldFamilies(groups)));
    assertEquals(expected.families(), fromHeap.families());
    assertSameReport(expected.omissions(), fromHeap.omissions());
    EscapingScheme scheme = SCHEMES.get((int) (now / 10 % SCHEMES.size()));
    for (ExpositionRenderer renderer : List.of(new TextRenderer(), new ProtobufRenderer())) {
      try (Snapshot snapshot =
          store
              .parts()
              .table()
              .snapshot(() -> new SnapshotMemory(MemoryPool.unlimited(), 1, room), _ -> true)) {
        ExpositionBuffer page = ExpositionBuffer.into(passages, 64, 128);
        passages.reset();
        var families = new FamilyGatherer(OWN, snapshot.families());
        while (families.hasNext()) {
          push(pushesPerFamily, pages, store);
          renderer.render(scheme.escape(families.next()), page);
        }
        page.drainTo(passages);
        ExpositionBuffer expectedPage = page(expected.families(), renderer, scheme);
        assertEquals(expectedPage.toString(), passages.toString(UTF_8));
        assertArrayEquals(expectedPage.toByteArray(), passages.toByteArray());
        assertSameReport(expected.omissions(), families.omissions());
        assertEquals(0, snapshot.lost());
        expected = UnitedFamilies.gather(OWN, groupsOf(store));
      }
    }
  }

  /** Repeats all passages that it ever was told, also where they have one series. */
  private static final class RememberingPage extends ByteArrayOutputStream
      implements RepeatingPage {
    private final Map<ByteBuffer, byte[]> known = new HashMap<>();
    private ByteBuffer identity = ByteBuffer.allocate(0);
    private int start;
    private long repeated;

    @Override
    public int leastPassage() {
      return 1;
    }

    @Override
    public boolean repeat(byte[] bytes, int length) {
      identity = ByteBuffer.wrap(Arrays.copyOf(bytes, length));
      start = count;
      byte[] passage = known.get(identity);
      if (passage == null) {
        return false;
      }
      repeated++;
      writeBytes(passage);
      return true;
    }

    @Override
    public void endPassage(boolean isKept) {
      if (isKept) {
        known.put(identity, Arrays.copyOfRange(toByteArray(), start, count));
      }
    }
  }

  private static List<GroupState> groupsOf(MetricStore store) {
    var groups = new ArrayList<GroupState>();
    try (Snapshot snapshot = store.snapshot()) {
      snapshot.groups().forEach(groups::add);
    }
    return groups;
  }

  private static ExpositionBuffer page(
      List<MetricFamily> families, ExpositionRenderer renderer, EscapingScheme scheme) {
    var page = new ExpositionBuffer(1024);
    families.forEach(family -> renderer.render(scheme.escape(family), page));
    return page;
  }

  /** The same was left out, told in another order where there is much of it. */
  private static void assertSameReport(Omissions expected, Omissions actual) {
    assertEquals(expected.metrics(), actual.metrics());
    assertEquals(expected.differingHelp(), actual.differingHelp());
    assertEquals(new TreeSet<>(expected.hiddenOwn()), new TreeSet<>(actual.hiddenOwn()));
    assertEquals(expected.hiddenOwnMetrics(), actual.hiddenOwnMetrics());
    assertEquals(expected.reasons().size(), actual.reasons().size());
    if (expected.reasons().size() < 10) {
      assertEquals(new TreeSet<>(expected.reasons()), new TreeSet<>(actual.reasons()));
    }
  }

  private OffHeapMetricStore store(boolean checked) {
    return new OffHeapMetricStore(
        new StoreConfig(
            new VersionClock(() -> now, 1),
            () -> now,
            OWN,
            checked,
            Duration.ofMinutes(1),
            StorageLimits.NONE));
  }
}
