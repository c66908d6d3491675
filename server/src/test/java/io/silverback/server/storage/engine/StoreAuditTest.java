package io.silverback.server.storage.engine;

import static io.silverback.server.group.Samples.family;
import static io.silverback.server.group.Samples.put;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.silverback.codec.exposition.NameValidation;
import io.silverback.codec.exposition.TextParser;
import io.silverback.codec.model.GroupingKey;
import io.silverback.codec.model.Labels;
import io.silverback.codec.model.MetricType;
import io.silverback.codec.model.VersionClock;
import io.silverback.codec.page.RowPageCursor;
import io.silverback.server.group.GroupUpdate;
import io.silverback.server.group.select.SeriesSelector;
import io.silverback.server.storage.EndlessBudget;
import io.silverback.server.storage.HistoryQuery;
import io.silverback.server.storage.MetricStore;
import io.silverback.server.storage.MetricStore.Submission;
import io.silverback.server.storage.StorageLimits;
import io.silverback.server.storage.StoreConfig;
import io.silverback.server.storage.maps.Envelope;
import io.silverback.server.storage.maps.EnvelopeScanner;
import io.silverback.server.storage.maps.HistoryHead;
import io.silverback.server.storage.maps.Keys;
import io.silverback.server.storage.maps.OffHeapMaps;
import io.silverback.server.storage.maps.ShapeTable;
import io.silverback.server.storage.maps.SymbolTable;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.stream.IntStream;
import org.agrona.ExpandableArrayBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class StoreAuditTest {
  private static final long MAGIC = 0x1122334455667788L;
  private static final GroupingKey KEY = GroupingKey.of("some");

  @TempDir Path folder;
  private long now = 1_700_000_000_000L;

  /** Found by killing a server: the page came back without the row, and the next row spoilt it. */
  @Test
  void aRowThatItsGroupNeverKnewOfIsWrittenOver() throws IOException {
    var maps = new OffHeapMaps(folder, MAGIC);
    try (var store = new OffHeapMetricStore(settings(), maps)) {
      for (int i = 0; i < 3; i++) {
        push(store, i);
      }
      assertEquals(List.of("sound"), openPages());
      byte[] key = Keys.ofOpenPage(1, 0);
      var page = new ExpandableArrayBuffer();
      int[] length = new int[1];
      maps.openPages.read(
          key,
          stored -> {
            length[0] = stored.capacity();
            page.putBytes(0, stored, 0, stored.capacity());
          });
      maps.openPages.put(key, page, 0, length[0], length[0]);

      StoreAudit.Result audited = audit(maps);
      push(store, 4);
      assertEquals(1, audited.unfinished());
      assertEquals(List.of("sound"), openPages());
    }
  }

  /** It says how many blocks there are, so without it the others would be there for ever. */
  @Test
  void theFirstBlockOfAPageGoesLast() throws Exception {
    var maps = new OffHeapMaps(folder, MAGIC);
    try (var store = new OffHeapMetricStore(settings(), maps)) {
      pushWide(store);
      push(store, 1);
      assertEquals(2, maps.pages.size());
      now += Duration.ofHours(2).toMillis();

      var isHeld = new CountDownLatch(1);
      var mayGoOn = new CountDownLatch(1);
      // A reader of the first block keeps it from being removed.
      Thread reader =
          Thread.ofPlatform()
              .start(
                  () ->
                      maps.pages.read(
                          Keys.ofPage(1, 0, 0),
                          _ -> {
                            isHeld.countDown();
                            await(mayGoOn);
                          }));
      isHeld.await();
      Thread sweep = Thread.ofPlatform().start(store::sweep);
      for (int i = 0; maps.pages.read(Keys.ofPage(1, 0, 1), _ -> {}); i++) {
        assertTrue(i < 3_000, "the second block is still there");
        Thread.sleep(10);
      }
      mayGoOn.countDown();
      reader.join();
      sweep.join();
      assertEquals(0, maps.pages.size());
    }
  }

  @Test
  void aBlockWithoutTheFirstOneOfItsPageIsAStray() throws IOException {
    var maps = new OffHeapMaps(folder, MAGIC);
    try (var store = new OffHeapMetricStore(settings(), maps)) {
      pushWide(store);
      push(store, 1);
      assertTrue(maps.pages.remove(Keys.ofPage(1, 0, 0)));

      StoreAudit.Result audited = audit(maps);
      assertEquals(1, audited.unfinished());
      assertEquals(0, maps.pages.size());
    }
  }

  /** What is written anew may be lost in a power cut, and this was pushed to long ago. */
  @Test
  void aSweepWritesNoGroupAnewThatNobodyPushedTo() throws IOException {
    var maps = new OffHeapMaps(folder, MAGIC);
    try (var store = new OffHeapMetricStore(settings(), maps)) {
      for (int i = 0; i < 600; i++) {
        push(store, i);
      }
      assertEquals(2, maps.pages.size());
      List<Long> before = sequences();
      // First the sealed pages go, then the open one.
      for (int minute = 0; minute < 100; minute++) {
        now += 60_000;
        store.sweep();
      }
      assertEquals(0, maps.pages.size());
      assertEquals(0, maps.openPages.size());
      assertEquals(before, sequences());
      assertEquals(List.of(), times(store));

      StoreAudit.Result audited = audit(maps);
      assertEquals(1, audited.existing());
      assertEquals(0, audited.unfinished() + audited.lostPages() + audited.lostGroups());
      push(store, 7);
      push(store, 8);
      assertEquals(List.of(now - 1000, now), times(store));
      store.submit(new GroupUpdate.Delete(KEY));
      now += Duration.ofHours(2).toMillis();
      store.sweep();
      store.sweep();
      store
          .statistics()
          .maps()
          .forEach(map -> assertEquals(0, map.entries(), () -> "left in " + map.name()));
    }
  }

  /** The bytes that change in place have no checksum. */
  @Test
  void aFirstPageThatCannotBeIsMended() {
    var head = new ExpandableArrayBuffer();
    HistoryHead.start(head, 1);
    HistoryHead.open(head, 10, now, new RowPageCursor());
    for (int broken : new int[] {HistoryHead.LOWEST_PAGE - 1, 2, 1 << 30}) {
      HistoryHead.firstPage(head, broken);
      HistoryHead.mendFirstPage(head);
      assertEquals(HistoryHead.LOWEST_PAGE, HistoryHead.firstPage(head));
    }
    HistoryHead.passOpenPage(head);
    HistoryHead.mendFirstPage(head);
    assertEquals(1, HistoryHead.firstPage(head));
    HistoryHead.settle(head);
    HistoryHead.firstPage(head, 2);
    HistoryHead.mendFirstPage(head);
    assertEquals(HistoryHead.LOWEST_PAGE, HistoryHead.firstPage(head));
  }

  /** Of the writes that the files have of the group. */
  private List<Long> sequences() throws IOException {
    var found = new ArrayList<Long>();
    var visitor =
        new EnvelopeScanner.Visitor() {
          @Override
          public void found(UnsafeBuffer envelope) {
            found.add(Envelope.sequence(envelope));
          }

          @Override
          public void damaged(Path file, long offset) {
            throw new IllegalStateException("damaged: offset=" + offset);
          }
        };
    new EnvelopeScanner(MAGIC, OffHeapMaps.longestEnvelope(), visitor)
        .scan(folder.resolve("groups"));
    return found;
  }

  private static List<Long> times(MetricStore store) throws IOException {
    var times = new ArrayList<Long>();
    store.history(
        new HistoryQuery(SeriesSelector.parse(List.of("a")), 0, Long.MAX_VALUE),
        new EndlessBudget(),
        (_, _, samples) -> {
          for (int i = 0; i < samples.size(); i++) {
            times.add(samples.timeMillis(i));
          }
        });
    return times;
  }

  private static StoreAudit.Result audit(OffHeapMaps maps) {
    var shapes = new ShapeTable(maps.shapes, new SymbolTable(maps.symbols));
    return new StoreAudit(maps, shapes, new Holdings(), new Tombstones()).run();
  }

  private void pushWide(MetricStore store) {
    Labels[] series =
        IntStream.range(0, 2_100).mapToObj(i -> Labels.of("i", "" + i)).toArray(Labels[]::new);
    now += 1000;
    GroupUpdate update = put(KEY, family(MetricType.GAUGE, "w", series));
    assertInstanceOf(Submission.Accepted.class, store.submit(update));
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private List<String> openPages() throws IOException {
    var found = new ArrayList<String>();
    var visitor =
        new EnvelopeScanner.Visitor() {
          @Override
          public void found(UnsafeBuffer envelope) {
            found.add("sound");
          }

          @Override
          public void damaged(Path file, long offset) {
            found.add("damaged");
          }
        };
    new EnvelopeScanner(MAGIC, OffHeapMaps.longestEnvelope(), visitor)
        .scan(folder.resolve("open_pages"));
    return found;
  }

  private void push(MetricStore store, int value) {
    byte[] text = ("a " + value + "\n").getBytes(StandardCharsets.UTF_8);
    var body = new TextParser(NameValidation.LEGACY).parse(text, text.length);
    now += 1000;
    assertInstanceOf(Submission.Accepted.class, store.submit(new GroupUpdate.Replace(KEY, body)));
  }

  private StoreConfig settings() {
    return new StoreConfig(
        new VersionClock(() -> now, 1),
        () -> now,
        List.of(),
        true,
        Duration.ofHours(1),
        StorageLimits.NONE);
  }
}
