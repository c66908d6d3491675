package io.silverback.server.storage;

import static io.silverback.server.group.Samples.gauge;
import static io.silverback.server.group.Samples.put;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.silverback.codec.model.GroupingKey;
import io.silverback.codec.model.VersionClock;
import io.silverback.server.group.SeriesSelector;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A store whose groups do not know since when they are quiet. */
final class FirstFormatTest {
  private static final int FORMAT_PART = 1;

  @TempDir private Path folder;
  private long now = 1_700_000_000_000L;

  @Test
  void isReadWithAllGroupsAndTheirHistory() throws Exception {
    var seen = new ArrayList<String>();
    try (var store = open()) {
      for (int round = 0; round < 40; round++) {
        now += 10_000;
        for (int i = 0; i < 50; i++) {
          store.submit(put(GroupingKey.of("many", "n", "" + i), gauge("m", round), gauge("n", i)));
        }
      }
      seen.addAll(contentOf(store));
    }
    assertTrue(seen.size() >= 150, () -> "groups and series=" + seen.size());
    Path generation = generation();
    makeFirstFormat(generation);
    String old = "v1" + generation.getFileName().toString().substring(FORMAT_PART + 1);
    Files.move(generation, generation.resolveSibling(old));

    try (var store = open()) {
      assertEquals(seen, contentOf(store));
      assertTrue(generation().getFileName().toString().startsWith("v3-"));
      store.quietGroups(Duration.ZERO, group -> assertEquals(40, group.rhythm().pushes()));
    }
    try (Stream<Path> files = Files.list(folder)) {
      assertFalse(files.anyMatch(file -> file.getFileName().toString().startsWith("set-aside")));
    }
  }

  /** Takes what format 2 added out of every group. */
  private static void makeFirstFormat(Path generation) throws IOException {
    Path groups = generation.resolve("groups");
    long length = Files.size(groups);
    var envelopes = new ArrayList<ByteBuffer>();
    long magic = Generation.of(generation).orElseThrow().magic();
    var visitor =
        new EnvelopeScanner.Visitor() {
          @Override
          public void found(UnsafeBuffer envelope) {
            envelopes.add(withoutQuiet(envelope));
          }

          @Override
          public void damaged(Path file, long offset) {
            throw new IllegalStateException("damaged: offset=" + offset);
          }
        };
    new EnvelopeScanner(magic, OffHeapMaps.longestEnvelope(), visitor).scan(groups);
    assertEquals(50, envelopes.size());
    rewrite(groups, envelopes, length);
    Path lanes = generation.resolve(OffHeapMaps.LANES);
    rewrite(lanes, List.of(), Files.size(lanes));
  }

  private static ByteBuffer withoutQuiet(UnsafeBuffer envelope) {
    byte[] key = new byte[Envelope.keyLength(envelope)];
    envelope.getBytes(Envelope.KEY_OFFSET, key);
    int length = Envelope.valueLength(envelope) - HistoryHead.EDITED_LENGTH;
    int from = Envelope.valueOffset(envelope) + HistoryHead.EDITED_LENGTH;
    var value = new UnsafeBuffer(envelope, from, length);
    ByteBuffer bytes = ByteBuffer.allocateDirect(Envelope.length(key.length, length));
    var old = new UnsafeBuffer(bytes);
    Envelope.seal(old, Envelope.sequence(envelope), Envelope.map(envelope), key, value, 0, length);
    Envelope.magic(old, Envelope.magic(envelope));
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
        (name, labels, times, values, count) ->
            content.add(name + labels + count + " " + times[0] + " " + values[count - 1]));
    content.sort(null);
    return content;
  }

  private PersistedMetricStore open() throws InterruptedException {
    var settings =
        new StoreSettings(
            new VersionClock(() -> now, 1),
            () -> now,
            List.of(),
            true,
            Duration.ofHours(1),
            StorageLimits.NONE);
    var store =
        new PersistedMetricStore(
            settings, new PersistenceSettings(folder, Duration.ofMinutes(5), 0));
    store.awaitReady(Duration.ofSeconds(30));
    return store;
  }
}
