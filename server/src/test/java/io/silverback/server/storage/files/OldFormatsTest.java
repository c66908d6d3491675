package io.silverback.server.storage.files;

import static io.silverback.server.group.Samples.family;
import static io.silverback.server.group.Samples.gauge;
import static io.silverback.server.group.Samples.post;
import static io.silverback.server.group.Samples.put;
import static java.nio.ByteOrder.LITTLE_ENDIAN;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.silverback.codec.model.Fingerprint;
import io.silverback.codec.model.GroupingKey;
import io.silverback.codec.model.Labels;
import io.silverback.codec.model.MetricFamily;
import io.silverback.codec.model.MetricType;
import io.silverback.codec.model.VersionClock;
import io.silverback.server.group.GroupUpdate;
import io.silverback.server.group.select.SeriesSelector;
import io.silverback.server.storage.EndlessBudget;
import io.silverback.server.storage.HistoryQuery;
import io.silverback.server.storage.MetricStore;
import io.silverback.server.storage.MetricStore.Submission;
import io.silverback.server.storage.PersistenceConfig;
import io.silverback.server.storage.Snapshot;
import io.silverback.server.storage.StorageLimits;
import io.silverback.server.storage.StoreConfig;
import io.silverback.server.storage.maps.Envelope;
import io.silverback.server.storage.maps.EnvelopeScanner;
import io.silverback.server.storage.maps.OffHeapMaps;
import io.silverback.server.storage.pages.SealedPage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Stores that earlier versions wrote. */
final class OldFormatsTest {
  private static final int GROUPS = 6;
  private static final GroupingKey WIDE = GroupingKey.of("many", "n", "wide");

  @TempDir private Path folder;
  private long now = 1_700_000_000_000L;

  @ParameterizedTest
  @ValueSource(ints = {1, 2})
  void isReadWithAllGroupsAndTheirHistory(int format) throws Exception {
    List<String> seen;
    try (var store = open()) {
      for (int round = 0; round < 300; round++) {
        now += 10_000;
        for (int i = 0; i < GROUPS; i++) {
          push(store, put(GroupingKey.of("many", "n", "" + i), gauge("m", round), gauge("n", i)));
        }
      }
      // The pages after the first of this one have rows in the second of two blocks alone.
      push(store, put(WIDE, wide(), gauge("z", 0)));
      for (int round = 1; round < 300; round++) {
        now += 10_000;
        push(store, post(WIDE, gauge("z", round)));
      }
      push(store, put(WIDE, gauge("other", 1)));
      seen = contentOf(store);
    }
    assertTrue(seen.size() > GROUPS * 3 + 2_100, () -> "groups and series=" + seen.size());
    Path generation = generation();
    makeOlder(generation, format);
    String name = generation.getFileName().toString();
    Files.move(generation, generation.resolveSibling("v" + format + name.substring(2)));

    try (var store = open()) {
      assertEquals(seen, contentOf(store));
      assertTrue(generation().getFileName().toString().startsWith("v3-"));
      store.quietGroups(
          Duration.ZERO,
          group -> assertTrue(group.rhythm().pushes() > 0, () -> group.key().toString()));
    }
    try (Stream<Path> files = Files.list(folder)) {
      assertFalse(files.anyMatch(file -> file.getFileName().toString().startsWith("set-aside")));
    }
    try (var store = open()) {
      assertEquals(seen, contentOf(store));
    }
  }

  @Test
  void thePageSaysHowAPageEnds() throws IOException {
    List<String> fields =
        Files.readAllLines(Path.of("..", "docs", "formats", "store.md")).stream()
            .dropWhile(line -> !line.equals("```page-end"))
            .skip(1)
            .takeWhile(line -> !line.equals("```"))
            .map(line -> line.split("\\|", -1)[1].replace(" ", ""))
            .toList();
    String whole = String.join("", fields.subList(0, fields.size() - 1));
    assertEquals(whole, fields.getLast());
    byte[] documented = HexFormat.of().parseHex(whole);
    var shape = new Fingerprint(0x0123456789abcdefL, 0xfffffffffffffffeL);

    var written = new UnsafeBuffer(new byte[documented.length]);
    int length = SealedPage.writeEmpty(written, shape);
    assertEquals(
        documented.length, SealedPage.finish(written, length, 1_800_000_029_998L, 1_830_000, 2));
    assertArrayEquals(documented, written.byteArray());
    assertTrue(SealedPage.isEmpty(written));
    assertEquals(shape, SealedPage.shape(written));
    assertEquals(1_800_000_029_998L, SealedPage.lastMillis(written));
    assertEquals(1_830_000, SealedPage.sealedMillis(written));
    assertEquals(2, SealedPage.blocks(written));
  }

  private static MetricFamily wide() {
    return family(
        MetricType.GAUGE,
        "w",
        IntStream.range(0, 2_100)
            .mapToObj(i -> Labels.of("i", Integer.toString(i)))
            .toArray(Labels[]::new));
  }

  private static void push(MetricStore store, GroupUpdate update) {
    assertInstanceOf(Submission.Accepted.class, store.submit(update));
  }

  /** Takes what later formats added out of every entry. */
  private static void makeOlder(Path generation, int format) throws IOException {
    Files.delete(generation.resolve(FlushMark.NAME));
    rewrite(generation, "pages", OldFormatsTest::withOldEnd);
    rewrite(generation, "groups", value -> withOldHead(value, format));
    Path lanes = generation.resolve(OffHeapMaps.LANES);
    rewrite(lanes, List.of(), Files.size(lanes));
  }

  private static void rewrite(Path generation, String map, UnaryOperator<UnsafeBuffer> older)
      throws IOException {
    Path file = generation.resolve(map);
    long length = Files.size(file);
    var envelopes = new ArrayList<ByteBuffer>();
    long magic = Generation.of(generation).orElseThrow().magic();
    var visitor =
        new EnvelopeScanner.Visitor() {
          @Override
          public void found(UnsafeBuffer envelope) {
            envelopes.add(sealed(envelope, older));
          }

          @Override
          public void damaged(Path path, long offset) {
            throw new IllegalStateException("damaged: offset=" + offset);
          }
        };
    new EnvelopeScanner(magic, OffHeapMaps.longestEnvelope(), visitor).scan(file);
    assertTrue(envelopes.size() > GROUPS, () -> map + "=" + envelopes.size());
    rewrite(file, envelopes, length);
  }

  /**
   * Formats 1 and 2 had the first page after the number of the group, and format 1 did not have the
   * first eight bytes.
   */
  private static UnsafeBuffer withOldHead(UnsafeBuffer value, int format) {
    var old = new UnsafeBuffer(new byte[value.capacity()]);
    old.putBytes(0, value, 0, old.capacity());
    old.putLong(8, value.getLong(12));
    old.putInt(16, value.getInt(8));
    return format == 2 ? old : new UnsafeBuffer(old, 8, old.capacity() - 8);
  }

  /** In formats 1 and 2 only the number of blocks follows a column page. */
  private static UnsafeBuffer withOldEnd(UnsafeBuffer value) {
    int length = value.capacity() - 18;
    boolean isEmpty = length == 16;
    var old = new UnsafeBuffer(new byte[(isEmpty ? 8 : 0) + length + 2]);
    if (isEmpty) {
      old.putLong(0, value.getLong(length));
    }
    old.putBytes(isEmpty ? 8 : 0, value, 0, length);
    old.putShort(
        old.capacity() - 2, value.getShort(value.capacity() - 2, LITTLE_ENDIAN), LITTLE_ENDIAN);
    return old;
  }

  private static ByteBuffer sealed(UnsafeBuffer envelope, UnaryOperator<UnsafeBuffer> older) {
    byte[] key = new byte[Envelope.keyLength(envelope)];
    envelope.getBytes(Envelope.KEY_OFFSET, key);
    var value =
        new UnsafeBuffer(envelope, Envelope.valueOffset(envelope), Envelope.valueLength(envelope));
    UnsafeBuffer old = older.apply(value);
    ByteBuffer bytes = ByteBuffer.allocateDirect(Envelope.length(key.length, old.capacity()));
    var sealed = new UnsafeBuffer(bytes);
    long sequence = Envelope.sequence(envelope);
    Envelope.seal(sealed, sequence, Envelope.map(envelope), key, old, 0, old.capacity());
    Envelope.magic(sealed, Envelope.magic(envelope));
    return bytes;
  }

  private static void rewrite(Path file, List<ByteBuffer> parts, long length) throws IOException {
    Files.delete(file);
    try (var out =
        FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      for (ByteBuffer part : parts) {
        out.write(part);
      }
      out.write(ByteBuffer.allocate(1), length - 1);
    }
  }

  private Path generation() throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files
          .filter(file -> Generation.of(file).isPresent())
          .max(Path::compareTo)
          .orElseThrow();
    }
  }

  private static List<String> contentOf(MetricStore store) throws IOException {
    var content = new ArrayList<String>();
    try (Snapshot snapshot = store.snapshot()) {
      snapshot.groups().forEach(group -> content.add(group.toString()));
    }
    var all = new HistoryQuery(SeriesSelector.parse(List.of("{job=\"many\"}")), 0, Long.MAX_VALUE);
    store.history(
        all,
        new EndlessBudget(),
        (name, labels, samples) -> {
          var line = new StringBuilder(name).append(labels);
          for (int i = 0; i < samples.size(); i++) {
            line.append(' ').append(samples.timeMillis(i)).append('=').append(samples.value(i));
          }
          content.add(line.toString());
        });
    content.sort(null);
    return content;
  }

  private PersistedMetricStore open() throws InterruptedException {
    var settings =
        new StoreConfig(
            new VersionClock(() -> now, 1),
            () -> now,
            List.of(),
            true,
            Duration.ofHours(3),
            StorageLimits.NONE);
    var store =
        new PersistedMetricStore(settings, new PersistenceConfig(folder, Duration.ofMinutes(5), 0));
    store.awaitReady(Duration.ofSeconds(30));
    return store;
  }
}
