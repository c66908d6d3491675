package io.silverback.codec.row;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.silverback.codec.WorkedExample;
import io.silverback.codec.bytes.CorruptFrameException;
import io.silverback.codec.bytes.FrameChecksum;
import io.silverback.codec.model.GroupingKey;
import io.silverback.codec.model.Labels;
import io.silverback.codec.model.Metric;
import io.silverback.codec.model.MetricFamily;
import io.silverback.codec.model.MetricType;
import java.util.Arrays;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;

class HistoryPageMessageTest {
  private static final byte[] KEY = {3, 'j', 'o', 'b', 1, 'x'};
  private static final List<byte[]> BLOCKS = List.of(new byte[] {1, 2, 3}, new byte[0]);

  @Test
  void theWorkedExampleIsWhatIsWritten() {
    WorkedExample page = WorkedExample.of("history-page.md");

    assertArrayEquals(page.bytes(), page.bytesOfHex());
    assertArrayEquals(page.bytes(), example());
    var read = new HistoryPageMessage(page.bytes());
    assertArrayEquals(KEY, read.key());
    assertEquals(shape(), read.shape());
    assertEquals(2, read.blocks().size());
    assertArrayEquals(BLOCKS.getFirst(), read.blocks().getFirst());
    assertArrayEquals(BLOCKS.getLast(), read.blocks().getLast());
  }

  @Test
  void everyBitThatFlipsIsNoticed() {
    byte[] message = example();
    for (int bit = 0; bit < message.length * Byte.SIZE; bit++) {
      byte[] flipped = message.clone();
      flipped[bit / Byte.SIZE] ^= (byte) (1 << bit % Byte.SIZE);
      assertThrows(CorruptFrameException.class, () -> new HistoryPageMessage(flipped));
    }
  }

  @Test
  void everyTruncationIsNoticed() {
    byte[] message = example();
    for (int length = 0; length < message.length; length++) {
      byte[] cut = Arrays.copyOf(message, length);
      assertThrows(CorruptFrameException.class, () -> new HistoryPageMessage(cut));
      if (length >= FrameChecksum.CHECKSUM_LENGTH) {
        int end = length - FrameChecksum.CHECKSUM_LENGTH;
        FrameChecksum.put(new UnsafeBuffer(cut), 0, end);
        assertThrows(CorruptFrameException.class, () -> new HistoryPageMessage(cut));
      }
    }
  }

  @Property(tries = 300)
  void damageUnderAGoodChecksumIsCorruptAtTheWorst(@ForAll long seed) {
    byte[] message = example();
    int end = message.length - FrameChecksum.CHECKSUM_LENGTH;
    int at = (int) Math.floorMod(seed, (long) end);
    message[at] ^= (byte) (1 + Math.floorMod(seed >> 16, 255));
    FrameChecksum.put(new UnsafeBuffer(message), 0, end);

    try {
      new HistoryPageMessage(message);
    } catch (CorruptFrameException _) {
      // As it says.
    }
  }

  private static byte[] example() {
    return HistoryPageMessage.encode(KEY, BLOCKS, shape());
  }

  private static GroupShape shape() {
    Labels labels = Labels.of("job", "x", "l", "é");
    return GroupShape.of(
        GroupingKey.of("x"),
        List.of(
            new MetricFamily("c", "", MetricType.COUNTER, List.of(new Metric.Counter(labels, 3)))));
  }
}
