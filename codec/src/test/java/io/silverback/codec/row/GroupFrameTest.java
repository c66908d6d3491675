package io.silverback.codec.row;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

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
import io.silverback.codec.model.OpaqueFields;
import io.silverback.codec.model.PushRhythm;
import io.silverback.codec.model.Stamp;
import io.silverback.codec.model.Version;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.agrona.DirectBuffer;
import org.agrona.ExpandableArrayBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;

class GroupFrameTest {
  private static final int MARGIN = 5;
  private static final Stamp FIRST = new Stamp(new Version(0, 0x10000, 7), 1_700_000_000_000L);
  private static final Stamp SECOND = new Stamp(new Version(0, 0x20000, 7), 1_700_000_010_000L);
  private static final DirectBuffer NO_WORDS = new UnsafeBuffer(new byte[0]);

  @Test
  void writesAndReadsTheWorkedExampleOfThePage() {
    var exemplar = OpaqueFields.of(new byte[] {0x12, 0x00});
    var counter =
        new MetricFamily(
            "c",
            "",
            MetricType.COUNTER,
            List.of(new Metric.Counter(Labels.of("job", "batch"), 3, exemplar)));
    var gauge =
        new MetricFamily(
            "g", "", MetricType.GAUGE, List.of(new Metric.Gauge(Labels.of("job", "batch"), 1)));
    List<MetricFamily> families = List.of(counter, gauge);
    GroupShape shape = GroupShape.of(GroupingKey.of("batch"), families);
    var frame =
        new GroupFrame(
            new GroupBounds(
                Version.NEVER,
                FIRST.version(),
                Expiry.NEVER,
                SECOND,
                Stamp.NEVER,
                new PushRhythm(2, 10_000, 0)),
            shape.fingerprint(),
            List.of(FIRST, SECOND),
            words(shape, families),
            Extras.of(families));
    var example = WorkedExample.of("group-frame.md");

    assertArrayEquals(example.bytes(), example.bytesOfHex());
    assertArrayEquals(example.bytes(), encoded(frame));
    assertEquals(frame, decoded(example.bytes()));
  }

  @Property(tries = 500)
  void everyFrameComesBack(@ForAll long seed) {
    GroupFrame frame = random(seed);

    byte[] bytes = encoded(frame);

    assertEquals(frame, decoded(bytes));
    assertArrayEquals(bytes, encoded(decoded(bytes)));
  }

  @Property(tries = 200)
  void fieldsAreReadWithoutDecoding(@ForAll long seed) {
    GroupFrame frame = random(seed);
    byte[] bytes = encoded(frame);
    // Off-heap, since that is where it will stand.
    var buffer = new UnsafeBuffer(ByteBuffer.allocateDirect(bytes.length + 2 * MARGIN));
    buffer.putBytes(MARGIN, bytes);

    var reader = new GroupFrameReader(buffer, MARGIN, bytes.length);
    reader.verify();

    assertEquals(frame.bounds(), reader.bounds());
    assertEquals(frame.exists(), reader.exists());
    assertEquals(frame.bounds().isStale(), reader.isStale());
    assertEquals(frame.bounds().pushMillis(), reader.pushMillis());
    assertEquals(frame.bounds().failureMillis(), reader.failureMillis());
    assertEquals(frame.bounds().expiry(), reader.expiry());
    assertEquals(frame.bounds().push(), reader.push());
    assertEquals(frame.shape(), reader.shape());
    assertEquals(frame.families(), reader.families());
    assertEquals(frame.words(), reader.words());
    assertEquals(frame.words().capacity() / Long.BYTES, reader.columnCount());
    assertEquals(frame.extras(), reader.extras());
    assertEquals(frame, reader.decode());
  }

  @Test
  void aGroupExistsWhileAnythingIsNewerThanItsDeletion() {
    assertFalse(reader(frame(Version.NEVER, Stamp.NEVER, Stamp.NEVER)).exists());
    assertTrue(reader(frame(Version.NEVER, FIRST, Stamp.NEVER)).exists());
    assertTrue(reader(frame(FIRST.version(), Stamp.NEVER, SECOND)).exists());
    assertFalse(reader(frame(SECOND.version(), FIRST, SECOND)).exists());
  }

  @Test
  void aGroupIsStaleUntilItsNextPush() {
    var expiry = new Expiry(FIRST, false);
    assertFalse(reader(frame(Version.NEVER, Expiry.NEVER, FIRST, SECOND)).isStale());
    assertFalse(reader(frame(Version.NEVER, expiry, SECOND, Stamp.NEVER)).isStale());
    assertFalse(reader(frame(Version.NEVER, expiry, Stamp.NEVER, SECOND)).isStale());
    assertTrue(reader(frame(Version.NEVER, new Expiry(SECOND, true), FIRST, SECOND)).isStale());
    assertFalse(reader(frame(SECOND.version(), new Expiry(SECOND, true), FIRST, FIRST)).isStale());
  }

  @Test
  void aFrameOfTheOldestVersionIsRead() {
    byte[] oldest = WorkedExample.of("group-frame.md", "oldest").bytes();

    GroupFrame frame = decoded(oldest);

    assertEquals(PushRhythm.NONE, frame.bounds().rhythm());
    assertEquals(Expiry.NEVER, frame.bounds().expiry());
    assertEquals(SECOND, frame.bounds().push());
    assertEquals(List.of(FIRST, SECOND), frame.families());
    assertEquals(3.0, Double.longBitsToDouble(frame.words().getLong(0, ByteOrder.LITTLE_ENDIAN)));
    assertEquals(1, encoded(frame)[1] - oldest[1]);
    assertEquals(frame, decoded(encoded(frame)));
  }

  @Test
  void timesAreThoseSinceTheLastDeletion() {
    assertEquals(FIRST.wallMillis(), reader(frame(Version.NEVER, FIRST, Stamp.NEVER)).pushMillis());
    assertEquals(0, reader(frame(FIRST.version(), FIRST, SECOND)).pushMillis());
    assertEquals(
        SECOND.wallMillis(), reader(frame(FIRST.version(), FIRST, SECOND)).failureMillis());
    assertEquals(0, reader(frame(SECOND.version(), FIRST, SECOND)).failureMillis());
  }

  @Test
  void oneStampOfAllFamiliesIsWrittenOnce() {
    var words = new UnsafeBuffer(new byte[100 * Long.BYTES]);
    var frame =
        new GroupFrame(
            new GroupBounds(
                Version.NEVER, FIRST.version(), Expiry.NEVER, FIRST, Stamp.NEVER, PushRhythm.FIRST),
            new Fingerprint(1, 2),
            List.of(FIRST, FIRST, FIRST),
            words,
            Extras.NONE);

    assertEquals(List.of(), frame.families());
    assertEquals(FIRST, frame.written(2));
    int overhead = encoded(frame).length - words.capacity();
    assertTrue(overhead <= 90, "overhead=" + overhead);
  }

  @Test
  void aMillionColumnsAndManyStampsFit() {
    var random = new Random(1);
    var words = new UnsafeBuffer(new byte[1_000_000 * Long.BYTES]);
    random.nextBytes(words.byteArray());
    var families = new ArrayList<Stamp>();
    for (int i = 0; i < 1000; i++) {
      families.add(new Stamp(new Version(0, i, 1), i));
    }
    var frame =
        new GroupFrame(
            new GroupBounds(
                Version.NEVER,
                new Version(0, 999, 1),
                Expiry.NEVER,
                SECOND,
                FIRST,
                PushRhythm.FIRST),
            new Fingerprint(1, 2),
            families,
            words,
            Extras.NONE);

    assertEquals(frame, decoded(encoded(frame)));
  }

  @Test
  void eachTruncationAndEachFlippedBitIsCorrupt() {
    byte[] bytes = encoded(random(4));
    for (int length = 0; length < bytes.length; length++) {
      byte[] cut = Arrays.copyOf(bytes, length);
      assertThrows(CorruptFrameException.class, () -> decoded(cut));
    }
    for (int bit = 0; bit < Byte.SIZE * bytes.length; bit++) {
      byte[] flipped = bytes.clone();
      flipped[bit / Byte.SIZE] ^= (byte) (1 << (bit % Byte.SIZE));
      assertThrows(CorruptFrameException.class, () -> decoded(flipped), "bit=" + bit);
    }
  }

  /** Damage that the checksum does not show must not lead outside the bytes either. */
  @Property(tries = 300)
  void damageUnderAValidChecksumIsCorruptAtTheWorst(@ForAll long seed) {
    RandomGroup group = RandomGroup.of(seed);
    GroupShape shape = GroupShape.of(group.key(), group.families());
    byte[] bytes = encoded(random(seed));
    var random = new Random(seed);
    for (int round = 0; round < 50; round++) {
      byte[] damaged = bytes.clone();
      for (int i = random.nextInt(3); i >= 0; i--) {
        damaged[random.nextInt(bytes.length - 4)] = (byte) random.nextInt();
      }
      FrameChecksum.put(new UnsafeBuffer(damaged), 0, damaged.length - 4);
      try {
        GroupFrame frame = decoded(damaged);
        for (FamilyShape family : shape.families()) {
          family.family(group.key(), frame.words(), frame.extras());
        }
      } catch (CorruptFrameException _) {
        // As it should be.
      }
    }
  }

  @Test
  void aFrameOfAnotherShapeIsCorrupt() {
    RandomGroup group = RandomGroup.of(4);
    GroupShape shape = GroupShape.of(group.key(), group.families());
    FamilyShape last = shape.families().getLast();
    assertTrue(shape.columnCount() > 0);

    assertThrows(
        CorruptFrameException.class, () -> last.family(group.key(), NO_WORDS, Extras.NONE));
    GroupFrame frame = random(4);
    assertThrows(CorruptFrameException.class, () -> frame.written(frame.families().size()));
  }

  /** A frame of a random group, whose families were written by one or several pushes. */
  private static GroupFrame random(long seed) {
    RandomGroup group = RandomGroup.of(seed);
    GroupShape shape = GroupShape.of(group.key(), group.families());
    var random = new Random(seed);
    Stamp[] stamps = {
      Stamp.NEVER, FIRST, SECOND, new Stamp(FIRST.version(), 1), new Stamp(Version.NEVER, -1)
    };
    var families = new ArrayList<Stamp>();
    for (int i = 0; i < shape.families().size(); i++) {
      families.add(stamps[random.nextInt(stamps.length)]);
    }
    return new GroupFrame(
        new GroupBounds(
            stamps[random.nextInt(stamps.length)].version(),
            stamps[random.nextInt(stamps.length)].version(),
            new Expiry(
                new Stamp(
                    new Version(random.nextLong(), random.nextLong(), random.nextLong()),
                    random.nextLong()),
                random.nextBoolean()),
            stamps[random.nextInt(stamps.length)],
            stamps[random.nextInt(stamps.length)],
            new PushRhythm(
                random.nextInt(256), random.nextLong(1L << 32), random.nextLong(1L << 32))),
        shape.fingerprint(),
        families,
        words(shape, group.families()),
        Extras.of(group.families()));
  }

  private static DirectBuffer words(GroupShape shape, List<MetricFamily> families) {
    var words = new UnsafeBuffer(new byte[shape.columnCount() * Long.BYTES]);
    GroupShape.writeValues(families, words);
    return words;
  }

  private static GroupFrame frame(Version deletedAt, Stamp push, Stamp failure) {
    return frame(deletedAt, Expiry.NEVER, push, failure);
  }

  private static GroupFrame frame(Version deletedAt, Expiry expiry, Stamp push, Stamp failure) {
    return new GroupFrame(
        new GroupBounds(deletedAt, Version.NEVER, expiry, push, failure, PushRhythm.NONE),
        Fingerprint.NONE,
        List.of(),
        NO_WORDS,
        Extras.NONE);
  }

  private static GroupFrameReader reader(GroupFrame frame) {
    byte[] bytes = encoded(frame);
    return new GroupFrameReader(new UnsafeBuffer(bytes), 0, bytes.length);
  }

  private static byte[] encoded(GroupFrame frame) {
    var buffer = new ExpandableArrayBuffer(1);
    int length = frame.encode(buffer, MARGIN);
    return Arrays.copyOfRange(buffer.byteArray(), MARGIN, MARGIN + length);
  }

  private static GroupFrame decoded(byte[] bytes) {
    byte[] padded = new byte[bytes.length + 2 * MARGIN];
    System.arraycopy(bytes, 0, padded, MARGIN, bytes.length);
    return GroupFrame.decode(new UnsafeBuffer(padded), MARGIN, bytes.length);
  }
}
