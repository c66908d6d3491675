package io.silverback.codec.bits;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.silverback.codec.WorkedExample;
import java.util.HexFormat;
import java.util.Random;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;

final class BitReaderTest {
  private final BitReader reader = new BitReader();

  @Test
  void readsTheWorkedExampleOfThePage() {
    var example = WorkedExample.of("bit-streams.md");
    wrap(example.bytes());
    for (WorkedExample.Line line : example.lines()) {
      assertEquals(Long.parseLong(line.written()), reader.read(line.bits().length()));
    }
    assertTrue(reader.remaining() < 8);
  }

  @Test
  void readsWhatWasWrittenFromEveryStartingBit() {
    long seed = new Random().nextLong();
    var random = new Random(seed);
    for (int start = 0; start < 64; start++) {
      int[] counts = random.ints(200, 1, 65).toArray();
      long[] values = random.longs(200).toArray();
      byte[] bytes = new byte[200 * 8 + 8];
      var writer = new BitWriter();
      writer.resume(new UnsafeBuffer(bytes), 0, bytes.length, start);
      for (int i = 0; i < counts.length; i++) {
        assertTrue(writer.write(values[i], counts[i]));
      }
      // Only the bytes that were written, so that the end is read byte by byte.
      reader.wrap(new UnsafeBuffer(bytes), 0, writer.flush());
      if (start > 0) {
        assertEquals(0, reader.read(start));
      }
      for (int i = 0; i < counts.length; i++) {
        String where = "seed=" + seed + " start=" + start + " i=" + i;
        boolean signed = (i & 1) == 0;
        int unused = 64 - counts[i];
        long expected = signed ? values[i] << unused >> unused : values[i] << unused >>> unused;
        long actual = signed ? reader.readSigned(counts[i]) : reader.read(counts[i]);
        assertEquals(expected, actual, where);
      }
      assertEquals(writer.position(), reader.position());
    }
  }

  @Test
  void countsOnesUpToTheLimit() {
    wrap("edfe");
    assertEquals(3, reader.readOnes(5));
    assertEquals(2, reader.readOnes(5));
    assertEquals(5, reader.readOnes(5));
    assertEquals(1, reader.readOnes(1));
    assertEquals(2, reader.readOnes(2));
    assertEquals(15, reader.position());
    assertEquals(0, reader.readOnes(1));
  }

  @Test
  void doesNotMoveWhenBitsAreMissing() {
    wrap("ff");
    assertTrue(reader.readBit());
    assertThrows(CorruptBitsException.class, () -> reader.read(8));
    assertThrows(CorruptBitsException.class, () -> reader.read(64));
    assertThrows(CorruptBitsException.class, () -> reader.readOnes(8));
    assertEquals(1, reader.position());
    assertEquals(0x7f, reader.read(7));
    assertEquals(0, reader.remaining());
    var thrown = assertThrows(CorruptBitsException.class, reader::readBit);
    assertEquals("read past the last bit: length=8 position=8 count=1", thrown.getMessage());
    assertEquals(0, thrown.getStackTrace().length);
  }

  @Test
  void doesNotSeeTheBytesBehindItsRegion() {
    byte[] bytes = HexFormat.of().parseHex("ff7fffffffffffffffffffff");
    reader.wrap(new UnsafeBuffer(bytes), 1, 1);
    assertFalse(reader.readBit());
    assertThrows(CorruptBitsException.class, () -> reader.readOnes(8));
    assertEquals(7, reader.readOnes(7));
  }

  @Test
  void refusesCountsThatItCannotRead() {
    wrap("0000000000000000000000");
    assertThrows(IllegalArgumentException.class, () -> reader.read(0));
    assertThrows(IllegalArgumentException.class, () -> reader.read(65));
    assertThrows(IllegalArgumentException.class, () -> reader.readOnes(0));
    assertThrows(IllegalArgumentException.class, () -> reader.readOnes(58));
    var buffer = new UnsafeBuffer(new byte[4]);
    assertThrows(IndexOutOfBoundsException.class, () -> reader.wrap(buffer, 2, 3));
  }

  private void wrap(String hex) {
    wrap(HexFormat.of().parseHex(hex));
  }

  private void wrap(byte[] bytes) {
    reader.wrap(new UnsafeBuffer(bytes), 0, bytes.length);
  }
}
