package io.silverback.codec.gorilla;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.silverback.codec.WorkedExample;
import io.silverback.codec.bits.BitReader;
import io.silverback.codec.bits.BitWriter;
import io.silverback.codec.bits.CorruptBitsException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Random;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;

final class ValueCodecTest {
  private static final long STALE_NAN = 0x7ff0000000000002L;

  private final BitWriter out = new BitWriter();
  private final BitReader in = new BitReader();
  private final ValueWriter writer = new ValueWriter();
  private final ValueReader reader = new ValueReader();

  @Test
  void writesAndReadsTheWorkedExampleOfThePage() {
    var example = WorkedExample.of("gorilla-values.md");
    long[] values =
        example.lines().stream()
            .mapToLong(line -> HexFormat.fromHexDigitsToLong(line.written()))
            .toArray();
    assertArrayEquals(example.bytes(), example.bytesOfBits());
    assertArrayEquals(example.bytes(), write(values, 0));
    assertArrayEquals(values, read(example.bytes(), values.length, 0));
  }

  @Test
  void givesTheSameValueOneBit() {
    assertEquals(1, bitsOf(STALE_NAN, STALE_NAN));
    assertEquals(1, bitsOf(0, 0));
  }

  @Test
  void keepsEveryBitOfOddValues() {
    long[] values = {
      STALE_NAN,
      0x7ff8000000000001L,
      0xfff0000000000001L,
      -1L,
      Long.MIN_VALUE,
      0,
      1,
      STALE_NAN,
      STALE_NAN
    };
    assertArrayEquals(values, read(write(values, 0), values.length, 0));
  }

  @Test
  void keepsEveryWindow() {
    for (int high = 0; high < 64; high++) {
      for (int low = 0; low <= high; low++) {
        long[] values = {0, 1L << high | 1L << low, 0, 1L << low, 1L << high};
        assertArrayEquals(values, read(write(values, 0), 5, 0), "high=" + high + " low=" + low);
      }
    }
  }

  @Test
  void reusesAWindowThatWastesLittle() {
    assertTrue(writer.writeFirst(wrapped(64), 0));
    assertEquals(2 + 11 + 20, grownBy(0x80001L << 20));
    assertEquals(2 + 20, grownBy(0x80001L << 20));
    assertEquals(2 + 20, grownBy(0x80100L << 20));
    assertEquals(2 + 20, grownBy(0x08010L << 20), "8 bits wasted");
    assertEquals(2 + 11 + 11, grownBy(0x04010L << 20), "9 bits wasted");
    assertEquals(2 + 11 + 12, grownBy(0x08010L << 20), "does not fit any more");
  }

  @Test
  void readsWhatWasWrittenFromEveryStartingBit() {
    long seed = new Random().nextLong();
    var random = new Random(seed);
    for (int start = 0; start < 64; start++) {
      for (int round = 0; round < 20; round++) {
        long[] values = RandomSamples.values(random, 50);
        byte[] bytes = write(values, start);
        assertArrayEquals(values, read(bytes, 50, start), "seed=" + seed + " start=" + start);
      }
    }
  }

  @Test
  void servesManyStreamsSideBySide() {
    var random = new Random(8);
    int series = 20;
    long[][] rows = new long[30][];
    for (int row = 0; row < rows.length; row++) {
      rows[row] = RandomSamples.values(random, series);
    }
    long[] previous = new long[series];
    int[] windows = new int[series];
    byte[] bytes = new byte[rows.length * series * 10];
    out.wrap(new UnsafeBuffer(bytes), 0, bytes.length);
    for (long[] row : rows) {
      for (int i = 0; i < series; i++) {
        writer.resume(previous[i], windows[i]);
        assertTrue(writer.writeNext(out, row[i]));
        previous[i] = writer.previousBits();
        windows[i] = writer.window();
        assertTrue(windows[i] < 4096);
      }
    }
    in.wrap(new UnsafeBuffer(bytes), 0, out.flush());
    Arrays.fill(previous, 0);
    Arrays.fill(windows, ValueCodec.EMPTY_WINDOW);
    for (long[] row : rows) {
      for (int i = 0; i < series; i++) {
        reader.resume(previous[i], windows[i]);
        previous[i] = reader.readNext(in);
        windows[i] = reader.window();
      }
      assertArrayEquals(row, previous);
    }
  }

  @Test
  void refusesWhatDoesNotFitAndStaysAsItWas() {
    long[] values = RandomSamples.values(new Random(9), 30);
    byte[] whole = write(values, 0);
    for (int length = 0; length < whole.length; length++) {
      byte[] bytes = new byte[length];
      out.wrap(new UnsafeBuffer(bytes), 0, length);
      int written = 0;
      while (written == 0
          ? writer.writeFirst(out, values[0])
          : writer.writeNext(out, values[written])) {
        written++;
      }
      long position = out.position();
      int window = writer.window();
      assertFalse(
          written == 0 ? writer.writeFirst(out, 7) : writer.writeNext(out, values[written]));
      assertEquals(position, out.position());
      assertEquals(window, writer.window());
      if (written > 0) {
        assertEquals(values[written - 1], writer.previousBits());
      }
      out.flush();
      assertArrayEquals(Arrays.copyOf(values, written), read(bytes, written, 0));
    }
  }

  @Test
  void namesEveryTruncation() {
    long[] values = RandomSamples.values(new Random(10), 30);
    byte[] whole = write(values, 0);
    for (int length = 0; length < whole.length; length++) {
      byte[] cut = Arrays.copyOf(whole, length);
      assertThrows(CorruptBitsException.class, () -> read(cut, values.length, 0));
    }
  }

  @Test
  void readsSomethingOrNamesTheFaultAfterEveryBitFlip() {
    long[] values = RandomSamples.values(new Random(11), 30);
    byte[] whole = write(values, 0);
    for (int bit = 0; bit < out.position(); bit++) {
      byte[] flipped = whole.clone();
      flipped[bit / 8] ^= (byte) (0x80 >>> bit % 8);
      try {
        assertFalse(Arrays.equals(values, read(flipped, values.length, 0)), "bit=" + bit);
      } catch (CorruptBitsException e) {
        assertTrue(in.position() <= whole.length * 8L, "bit=" + bit);
      }
    }
  }

  @Test
  void refusesWindowsThatNoWriterWrites() {
    reader.resume(5, ValueCodec.EMPTY_WINDOW);
    inBits("10 000000");
    assertEquals(
        "no window before its first use: position=2",
        assertThrows(CorruptBitsException.class, () -> reader.readNext(in)).getMessage());
    inBits("11 11111 100010" + "0".repeat(43));
    assertEquals(
        "window wider than a value: position=13 leading=31 width=34",
        assertThrows(CorruptBitsException.class, () -> reader.readNext(in)).getMessage());
    assertEquals(5, reader.previousBits());
    assertEquals(ValueCodec.EMPTY_WINDOW, reader.window());
    assertThrows(IllegalArgumentException.class, () -> reader.resume(0, -1));
    assertThrows(IllegalArgumentException.class, () -> writer.resume(0, 4096));
    assertThrows(IllegalArgumentException.class, () -> writer.resume(0, ValueCodec.window(31, 34)));
  }

  private void inBits(String bits) {
    String digits = bits.replace(" ", "");
    byte[] bytes = new byte[digits.length() / 8];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) Integer.parseInt(digits.substring(i * 8, i * 8 + 8), 2);
    }
    in.wrap(new UnsafeBuffer(bytes), 0, bytes.length);
  }

  private BitWriter wrapped(int length) {
    out.wrap(new UnsafeBuffer(new byte[length]), 0, length);
    return out;
  }

  private long bitsOf(long before, long value) {
    assertTrue(writer.writeFirst(wrapped(64), before));
    return grownBy(before ^ value);
  }

  private long grownBy(long difference) {
    long before = out.position();
    assertTrue(writer.writeNext(out, writer.previousBits() ^ difference));
    return out.position() - before;
  }

  private byte[] write(long[] values, int start) {
    byte[] bytes = new byte[start + values.length * 10];
    out.resume(new UnsafeBuffer(bytes), 0, bytes.length, start);
    for (int i = 0; i < values.length; i++) {
      assertTrue(i == 0 ? writer.writeFirst(out, values[i]) : writer.writeNext(out, values[i]));
    }
    return Arrays.copyOf(bytes, out.flush());
  }

  private long[] read(byte[] bytes, int count, int start) {
    in.wrap(new UnsafeBuffer(bytes), 0, bytes.length);
    if (start > 0) {
      in.read(start);
    }
    long[] values = new long[count];
    for (int i = 0; i < count; i++) {
      values[i] = i == 0 ? reader.readFirst(in) : reader.readNext(in);
    }
    return values;
  }
}
