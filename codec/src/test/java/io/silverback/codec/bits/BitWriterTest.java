package io.silverback.codec.bits;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.silverback.codec.WorkedExample;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Random;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;

final class BitWriterTest {
  private final BitWriter writer = new BitWriter();

  @Test
  void writesTheWorkedExampleOfThePage() {
    var example = WorkedExample.of("bit-streams.md");
    byte[] bytes = new byte[example.bytes().length];
    writer.wrap(new UnsafeBuffer(bytes), 0, bytes.length);
    for (WorkedExample.Line line : example.lines()) {
      assertTrue(writer.write(Long.parseLong(line.written()), line.bits().length()));
    }
    assertEquals(bytes.length, writer.flush());
    assertArrayEquals(example.bytes(), bytes);
    assertArrayEquals(example.bytes(), example.bytesOfBits());
  }

  @Test
  void ignoresWhatStandsAboveTheCount() {
    byte[] bytes = new byte[9];
    writer.wrap(new UnsafeBuffer(bytes), 0, bytes.length);
    assertTrue(writer.write(0xfff5, 4));
    assertTrue(writer.write(~7, 4));
    assertTrue(writer.write(-1, 58));
    assertTrue(writer.write(~1, 6));
    assertEquals(9, writer.flush());
    assertEquals("58fffffffffffffffe", HexFormat.of().formatHex(bytes));
  }

  @Test
  void writesNothingThatDoesNotFit() {
    byte[] bytes = new byte[9];
    writer.wrap(new UnsafeBuffer(bytes), 0, bytes.length);
    assertTrue(writer.write(-1, 60));
    assertFalse(writer.write(0, 13));
    assertFalse(writer.hasRoom(13));
    assertEquals(60, writer.position());
    assertTrue(writer.hasRoom(12));
    assertTrue(writer.write(0, 12));
    assertFalse(writer.write(1, 1));
    assertEquals(9, writer.flush());
    assertEquals("fffffffffffffff000", HexFormat.of().formatHex(bytes));
  }

  @Test
  void writesAPrefixAndAValueOrNeither() {
    for (int prefixCount = 1; prefixCount <= 64; prefixCount++) {
      for (int count = 1; count <= 64; count++) {
        byte[] apart = new byte[16];
        writer.wrap(new UnsafeBuffer(apart), 0, 16);
        assertTrue(writer.write(0x123456789abcdef1L, prefixCount) && writer.write(-2, count));
        writer.flush();
        int length = (prefixCount + count) / 8;
        byte[] together = new byte[16];
        writer.wrap(new UnsafeBuffer(together), 0, 16);
        assertTrue(writer.writePrefixed(0x123456789abcdef1L, prefixCount, -2, count));
        writer.flush();
        assertArrayEquals(apart, together);
        if ((prefixCount + count) % 8 != 0) {
          writer.wrap(new UnsafeBuffer(together), 0, length);
          assertFalse(writer.writePrefixed(0x123456789abcdef1L, prefixCount, -2, count));
          assertEquals(0, writer.position());
        }
      }
    }
  }

  @Test
  void leavesTheBytesAroundAlone() {
    for (int length = 0; length <= 17; length++) {
      for (int bits = 0; bits <= length * 8; bits++) {
        byte[] bytes = new byte[5 + length + 9];
        Arrays.fill(bytes, (byte) 0x5a);
        writer.wrap(new UnsafeBuffer(bytes), 5, length);
        for (int i = 0; i < bits; i++) {
          assertTrue(writer.write(1, 1));
        }
        int written = writer.flush();
        assertEquals((bits + 7) / 8, written);
        for (int i = 0; i < bytes.length; i++) {
          boolean within = i >= 5 && i < 5 + written;
          assertEquals(!within, bytes[i] == 0x5a, "length=" + length + " bits=" + bits + " i=" + i);
        }
      }
    }
  }

  @Test
  void goesOnAfterAFlush() {
    byte[] bytes = new byte[8];
    writer.wrap(new UnsafeBuffer(bytes), 0, 8);
    for (int i = 0; i < 64; i++) {
      assertTrue(writer.write(i & 1, 1));
      writer.flush();
    }
    assertEquals("5555555555555555", HexFormat.of().formatHex(bytes));
  }

  @Test
  void resumesAndTruncatesAtEveryBit() {
    byte[] random = new byte[24];
    new Random(1).nextBytes(random);
    for (int position = 0; position <= 24 * 8; position++) {
      byte[] resumed = random.clone();
      writer.resume(new UnsafeBuffer(resumed), 0, 24, position);
      assertEquals(position, writer.position());
      assertEquals(rewritten(random, position), writeRest(resumed, position));

      byte[] truncated = random.clone();
      writer.resume(new UnsafeBuffer(truncated), 0, 24, 0);
      var reader = new BitReader();
      reader.wrap(new UnsafeBuffer(random), 0, 24);
      for (int i = 0; i < 24 * 8; i++) {
        assertTrue(writer.write(reader.read(1), 1));
      }
      writer.truncate(position);
      assertEquals(rewritten(random, position), writeRest(truncated, position));
    }
  }

  @Test
  void refusesPositionsThatItCannotHave() {
    var buffer = new UnsafeBuffer(new byte[8]);
    assertThrows(IllegalArgumentException.class, () -> writer.resume(buffer, 0, 8, 65));
    assertThrows(IllegalArgumentException.class, () -> writer.resume(buffer, 0, 8, -1));
    assertThrows(IndexOutOfBoundsException.class, () -> writer.wrap(buffer, 1, 8));
    writer.wrap(buffer, 0, 8);
    assertThrows(IllegalArgumentException.class, () -> writer.truncate(1));
    assertThrows(IllegalArgumentException.class, () -> writer.truncate(-1));
    assertThrows(IllegalArgumentException.class, () -> writer.write(0, 0));
    assertThrows(IllegalArgumentException.class, () -> writer.write(0, 65));
  }

  @Test
  void isFullBeforeItIsWrapped() {
    assertFalse(new BitWriter().write(0, 1));
    assertEquals(0, new BitWriter().flush());
  }

  /** The bytes with every bit from that position on replaced by a 1. */
  private static String rewritten(byte[] bytes, int position) {
    byte[] expected = bytes.clone();
    for (int i = position; i < expected.length * 8; i++) {
      expected[i / 8] |= (byte) (0x80 >>> i % 8);
    }
    return HexFormat.of().formatHex(expected);
  }

  private String writeRest(byte[] bytes, int position) {
    for (int i = position; i < bytes.length * 8; i++) {
      assertTrue(writer.write(1, 1));
    }
    assertEquals(bytes.length, writer.flush());
    return HexFormat.of().formatHex(bytes);
  }
}
