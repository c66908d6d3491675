package io.silverback.codec.bits;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;

final class IntegerCodesTest {
  private final UnsafeBuffer buffer = new UnsafeBuffer(new byte[64]);
  private final BitWriter out = new BitWriter();
  private final BitReader in = new BitReader();

  @Test
  void gammaComesBackAndIsAsLongAsThePageSays() {
    for (int number = 1; number <= 5000; number++) {
      out.wrap(buffer, 0, 64);
      assertTrue(IntegerCodes.writeGamma(out, number));
      assertEquals(2 * (31 - Integer.numberOfLeadingZeros(number)) + 1, out.position());
      out.flush();
      in.wrap(buffer, 0, 64);
      assertEquals(number, IntegerCodes.readGamma(in, number));
      assertEquals(out.position(), in.position());
    }
  }

  @Test
  void gammaAboveItsLimitIsCorrupt() {
    for (int number = 1; number <= 300; number++) {
      out.wrap(buffer, 0, 64);
      assertTrue(IntegerCodes.writeGamma(out, number));
      out.flush();
      for (int limit = 0; limit < number; limit++) {
        in.wrap(buffer, 0, 64);
        int tooLow = limit;
        assertThrows(CorruptBitsException.class, () -> IntegerCodes.readGamma(in, tooLow));
      }
    }
    assertThrows(IllegalArgumentException.class, () -> IntegerCodes.writeGamma(out, 0));
  }

  @Test
  void varintComesBackAndIsAsLongAsAnnounced() {
    for (int bit = 0; bit < 64; bit++) {
      for (long value : new long[] {1L << bit, (1L << bit) - 1, -1L >>> bit, -(1L << bit)}) {
        out.wrap(buffer, 0, 64);
        assertTrue(IntegerCodes.writeVarint(out, value));
        assertEquals(IntegerCodes.varintLength(value) * 8L, out.position());
        out.flush();
        in.wrap(buffer, 0, 64);
        assertEquals(value, IntegerCodes.readVarint(in));
        assertEquals(value, IntegerCodes.unZigZag(IntegerCodes.zigZag(value)));
      }
    }
  }

  @Test
  void varintOfMoreThan64BitsIsCorrupt() {
    buffer.setMemory(0, 9, (byte) 0xff);
    buffer.putByte(9, (byte) 2);
    in.wrap(buffer, 0, 64);
    assertThrows(CorruptBitsException.class, () -> IntegerCodes.readVarint(in));
  }

  @Test
  void refusesWhatDoesNotFit() {
    out.wrap(buffer, 0, 1);
    assertFalse(IntegerCodes.writeGamma(out, 16));
    assertEquals(0, out.position());
    assertFalse(IntegerCodes.writeVarint(out, 128));
  }
}
