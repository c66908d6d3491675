package io.silverback.server.storage.files;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.silverback.server.storage.maps.Envelope;
import io.silverback.server.storage.maps.EnvelopeScanner;
import io.silverback.server.storage.maps.OffHeapMap;
import io.silverback.server.storage.maps.WriteLanes;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the files of a map say at any moment at which a process may end. */
final class InterruptedWriteTest {
  private static final long MAGIC = 0x1122334455667788L;
  private static final OffHeapMap.Plan PLAN =
      new OffHeapMap.Plan("some", 1, 8, 64, 1, 1 << 16, 64, 0);
  private static final byte[] KEY = {1, 2, 3};

  @TempDir Path folder;
  private WriteLanes lanes;
  private OffHeapMap map;

  @BeforeEach
  void open() throws IOException {
    lanes = new WriteLanes(folder.resolve("writes"), MAGIC, 1 << 16);
    map = PLAN.createIn(folder, lanes);
  }

  @AfterEach
  void close() {
    map.close();
    lanes.close();
  }

  @Test
  void aValueThatIsWhollyWrittenIsFoundOnce() throws IOException {
    put(KEY, value(100, 1));
    put(KEY, value(100, 2));
    put(KEY, value(3000, 3));
    put(KEY, value(10, 4));
    put(new byte[] {9}, value(40, 5));
    put(KEY, value(500, 6));
    assertEquals(List.of("[1, 2, 3] 500 6", "[9] 40 5"), found(folder));
    map.remove(KEY);
    assertEquals(List.of("[9] 40 5"), found(folder));
  }

  @Test
  void whateverWasWrittenIsWhatIsFound() throws IOException {
    long seed = System.nanoTime();
    System.out.println("seed=" + seed);
    var random = new SplittableRandom(seed);
    var model = new TreeMap<Integer, String>();
    for (int step = 0; step < 2_000; step++) {
      int number = random.nextInt(12);
      byte[] key = {(byte) number};
      if (random.nextInt(5) == 0) {
        map.remove(key);
        model.remove(number);
      } else {
        int length = 1 + random.nextInt(900);
        put(key, value(length, step));
        model.put(number, "[" + number + "] " + length + " " + (byte) step);
      }
      if (step % 100 == 99) {
        assertEquals(model.values().stream().sorted().toList(), found(folder));
      }
    }
  }

  @Test
  void betweenLaneAndMapBothValuesAreThereAndTheNewOneIsNewer() throws IOException {
    put(KEY, value(100, 1));
    var whileWriting = new ArrayList<String>();
    lanes.write(1, KEY, value(100, 2), 0, 100, _ -> whileWriting.addAll(foundUnchecked()));
    assertEquals(List.of("[1, 2, 3] 100 1", "[1, 2, 3] 100 2"), whileWriting);
    assertEquals(List.of("[1, 2, 3] 100 1"), found(folder));
  }

  @Test
  void aValueThatIsHalfOverwrittenIsTakenFromItsLane() throws IOException {
    put(KEY, value(100, 1));
    var whileWriting = new ArrayList<String>();
    lanes.write(
        1,
        KEY,
        value(100, 2),
        0,
        100,
        envelope -> {
          overwriteHalf(envelope);
          whileWriting.addAll(foundUnchecked());
        });
    assertEquals(List.of("[1, 2, 3] 100 2"), whileWriting);
  }

  private void put(byte[] key, UnsafeBuffer value) {
    map.put(key, value, 0, value.capacity());
  }

  /** The first half of what a write does to the old value's place: its first eight bytes go. */
  private void overwriteHalf(UnsafeBuffer envelope) {
    try (var file =
        FileChannel.open(
            folder.resolve("some"), StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      byte[] all = Files.readAllBytes(folder.resolve("some"));
      var bytes = new UnsafeBuffer(all);
      for (int i = 0; i < all.length - Long.BYTES; i++) {
        if (Envelope.magic(new UnsafeBuffer(bytes, i, Long.BYTES)) == MAGIC) {
          byte[] half = new byte[envelope.capacity() / 2];
          envelope.getBytes(0, half);
          Arrays.fill(half, 0, Long.BYTES, (byte) 0);
          file.write(ByteBuffer.wrap(half), i);
          return;
        }
      }
      throw new IllegalStateException("no old value is there");
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  private List<String> foundUnchecked() {
    try {
      return found(folder);
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Key, length and first byte of each value in the files, in the order of what that says. */
  private static List<String> found(Path folder) throws IOException {
    var found = new ArrayList<String>();
    var scanner =
        new EnvelopeScanner(
            MAGIC,
            1 << 16,
            new EnvelopeScanner.Visitor() {
              @Override
              public void found(UnsafeBuffer envelope) {
                byte[] key = new byte[Envelope.keyLength(envelope)];
                envelope.getBytes(Envelope.KEY_OFFSET, key);
                int length = Envelope.valueLength(envelope);
                int first = Envelope.valueOffset(envelope);
                found.add(Arrays.toString(key) + " " + length + " " + envelope.getByte(first));
              }

              @Override
              public void damaged(Path file, long offset) {
                found.add("damaged at " + offset);
              }
            });
    scanner.scan(folder.resolve("some"));
    scanner.scan(folder.resolve("writes"));
    return found.stream().sorted().toList();
  }

  private static UnsafeBuffer value(int length, int content) {
    byte[] bytes = new byte[length];
    Arrays.fill(bytes, (byte) content);
    return new UnsafeBuffer(bytes);
  }
}
