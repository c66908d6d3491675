package io.silverback.server.storage;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import io.silverback.codec.exposition.NameValidation;
import io.silverback.codec.exposition.TextParser;
import io.silverback.codec.model.GroupingKey;
import io.silverback.codec.model.VersionClock;
import io.silverback.server.group.GroupUpdate;
import io.silverback.server.storage.MetricStore.Submission;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
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

      var shapes = new ShapeTable(maps.shapes, new SymbolTable(maps.symbols));
      StoreAudit.Result audited =
          new StoreAudit(maps, shapes, new Holdings(), new Tombstones()).run();
      push(store, 4);
      assertEquals(1, audited.unfinished());
      assertEquals(List.of("sound"), openPages());
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

  private StoreSettings settings() {
    return new StoreSettings(
        new VersionClock(() -> now, 1),
        () -> now,
        List.of(),
        true,
        Duration.ofHours(1),
        StorageLimits.NONE);
  }
}
