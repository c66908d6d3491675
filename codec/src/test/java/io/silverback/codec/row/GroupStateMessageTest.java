package io.silverback.codec.row;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.silverback.codec.WorkedExample;
import io.silverback.codec.bytes.CorruptFrameException;
import io.silverback.codec.bytes.FrameChecksum;
import io.silverback.codec.model.Expiry;
import io.silverback.codec.model.Fingerprint;
import io.silverback.codec.model.GroupBounds;
import io.silverback.codec.model.GroupingKey;
import io.silverback.codec.model.Labels;
import io.silverback.codec.model.Metric;
import io.silverback.codec.model.MetricFamily;
import io.silverback.codec.model.MetricType;
import io.silverback.codec.model.PushRhythm;
import io.silverback.codec.model.Stamp;
import io.silverback.codec.model.Version;
import java.util.Arrays;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;

class GroupStateMessageTest {
  private static final byte[] KEY = {3, 'j', 'o', 'b', 1, 'x'};
  private static final Stamp PUSH = new Stamp(new Version(2, 20_000, 7), 1_700_000_010_000L);

  @Property(tries = 200)
  void aStateIsReadBackWhole(@ForAll long seed) {
    RandomGroup group = RandomGroup.of(seed);
    GroupShape shape = GroupShape.of(group.key(), group.families());
    GroupFrame frame = frame(shape, group.families());

    var whole = new GroupStateMessage(GroupStateMessage.encode(KEY, frame, shape));
    var bare = new GroupStateMessage(GroupStateMessage.encode(KEY, frame));

    assertArrayEquals(KEY, whole.key());
    assertEquals(frame, whole.frame());
    assertEquals(!group.families().isEmpty(), whole.hasShape());
    if (whole.hasShape()) {
      assertEquals(shape, whole.shape());
    }
    assertEquals(frame, bare.frame());
    assertFalse(bare.hasShape());
  }

  @Test
  void theWorkedExampleIsWhatIsWritten() {
    WorkedExample page = WorkedExample.of("group-state.md");

    assertArrayEquals(page.bytes(), page.bytesOfHex());
    assertArrayEquals(page.bytes(), example());
    var read = new GroupStateMessage(page.bytes());
    assertEquals(List.of("c"), read.shape().families().stream().map(FamilyShape::name).toList());
    assertEquals(PUSH, read.frame().bounds().push());
  }

  @Test
  void everyBitThatFlipsIsNoticed() {
    byte[] message = example();
    for (int bit = 0; bit < message.length * Byte.SIZE; bit++) {
      byte[] flipped = message.clone();
      flipped[bit / Byte.SIZE] ^= (byte) (1 << bit % Byte.SIZE);
      assertThrows(CorruptFrameException.class, () -> new GroupStateMessage(flipped));
    }
  }

  @Test
  void everyTruncationIsNoticed() {
    byte[] message = example();
    for (int length = 0; length < message.length; length++) {
      byte[] cut = Arrays.copyOf(message, length);
      assertThrows(CorruptFrameException.class, () -> new GroupStateMessage(cut));
    }
  }

  @Property(tries = 300)
  void damageUnderAGoodChecksumIsCorruptAtTheWorst(@ForAll long seed) {
    RandomGroup group = RandomGroup.of(seed);
    GroupShape shape = GroupShape.of(group.key(), group.families());
    byte[] message = GroupStateMessage.encode(KEY, frame(shape, group.families()), shape);
    int end = message.length - FrameChecksum.CHECKSUM_LENGTH;
    int at = (int) Math.floorMod(seed, (long) end);
    message[at] ^= (byte) (1 + Math.floorMod(seed >> 16, 255));
    FrameChecksum.put(new UnsafeBuffer(message), 0, end);

    try {
      var read = new GroupStateMessage(message);
      read.frame();
      if (read.hasShape()) {
        read.shape();
      }
    } catch (CorruptFrameException _) {
      // As it says.
    }
  }

  @Test
  void aShapeThatIsNotThatOfTheFrameIsRefused() {
    GroupFrame frame = GroupFrame.EMPTY;
    GroupShape shape = GroupShape.of(GroupingKey.of("x"), families());

    assertThrows(IllegalArgumentException.class, () -> GroupStateMessage.encode(KEY, frame, shape));
    assertEquals(Fingerprint.NONE, frame.shape());
  }

  private static byte[] example() {
    GroupShape shape = GroupShape.of(GroupingKey.of("x"), families());
    return GroupStateMessage.encode(KEY, frame(shape, families()), shape);
  }

  private static List<MetricFamily> families() {
    Labels labels = Labels.of("job", "x", "l", "é");
    return List.of(
        new MetricFamily("c", "", MetricType.COUNTER, List.of(new Metric.Counter(labels, 3))));
  }

  private static GroupFrame frame(GroupShape shape, List<MetricFamily> families) {
    var words = new UnsafeBuffer(new byte[shape.columnCount() * Long.BYTES]);
    GroupShape.writeValues(families, words);
    return new GroupFrame(
        new GroupBounds(
            Version.NEVER, PUSH.version(), Expiry.NEVER, PUSH, Stamp.NEVER, PushRhythm.NONE),
        shape.fingerprint(),
        List.of(),
        words,
        Extras.of(families));
  }
}
