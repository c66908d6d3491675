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
import java.util.Random;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;

final class TimestampCodecTest {
  private final BitWriter out = new BitWriter();
  private final BitReader in = new BitReader();
  private final TimestampWriter writer = new TimestampWriter();
  private final TimestampReader reader = new TimestampReader();

  @Test
  void writesAndReadsTheWorkedExampleOfThePage() {
    var example = WorkedExample.of("gorilla-timestamps.md");
    long[] times =
        example.lines().stream().mapToLong(line -> Long.parseLong(line.written())).toArray();
    assertArrayEquals(example.bytes(), example.bytesOfBits());
    assertArrayEquals(example.bytes(), write(times, 0));
    assertArrayEquals(times, read(example.bytes(), times.length, 0));
  }

  @Test
  void givesEveryChangeTheNarrowestWidth() {
    long[] changes = {
      0, 15, -16, 16, -17, 127, -128, 128, -129, 2047, -2048, 2048, -2049, 524287, -524288
    };
    int[] bits = {1, 7, 7, 11, 11, 11, 11, 16, 16, 16, 16, 25, 25, 25, 25};
    for (int i = 0; i < changes.length; i++) {
      assertEquals(bits[i], bitsOf(changes[i]), "change=" + changes[i]);
    }
    for (long change : new long[] {524288, -524289, Long.MAX_VALUE, Long.MIN_VALUE}) {
      assertEquals(69, bitsOf(change), "change=" + change);
    }
  }

  @Test
  void keepsAnyTimesInAnyOrder() {
    long[] times = {
      0,
      0,
      Long.MAX_VALUE,
      Long.MIN_VALUE,
      -1,
      0,
      1_700_000_000_000L,
      1_699_999_999_999L,
      0,
      0,
      0,
      5
    };
    assertArrayEquals(times, read(write(times, 0), times.length, 0));
  }

  @Test
  void readsWhatWasWrittenFromEveryStartingBit() {
    long seed = new Random().nextLong();
    var random = new Random(seed);
    for (int start = 0; start < 64; start++) {
      for (int round = 0; round < 20; round++) {
        long[] times = RandomSamples.times(random, 50);
        byte[] bytes = write(times, start);
        assertArrayEquals(times, read(bytes, 50, start), "seed=" + seed + " start=" + start);
      }
    }
  }

  @Test
  void resumesInTheMiddle() {
    long[] times = RandomSamples.times(new Random(3), 40);
    byte[] whole = write(times, 0);
    byte[] parts = new byte[whole.length];
    out.wrap(new UnsafeBuffer(parts), 0, parts.length);
    assertTrue(writer.writeFirst(out, times[0]));
    for (int i = 1; i < times.length; i++) {
      var next = new TimestampWriter();
      next.resume(writer.previousMillis(), writer.previousDelta());
      assertTrue(next.writeNext(out, times[i]));
      writer.resume(next.previousMillis(), next.previousDelta());
    }
    out.flush();
    assertArrayEquals(whole, parts);
  }

  @Test
  void refusesWhatDoesNotFitAndStaysAsItWas() {
    long[] times = RandomSamples.times(new Random(4), 30);
    byte[] whole = write(times, 0);
    for (int length = 0; length < whole.length; length++) {
      byte[] bytes = new byte[length];
      out.wrap(new UnsafeBuffer(bytes), 0, length);
      int written = 0;
      while (written == 0
          ? writer.writeFirst(out, times[0])
          : writer.writeNext(out, times[written])) {
        written++;
      }
      long position = out.position();
      assertFalse(written == 0 ? writer.writeFirst(out, 7) : writer.writeNext(out, times[written]));
      assertEquals(position, out.position());
      if (written > 0) {
        assertEquals(times[written - 1], writer.previousMillis());
      }
      out.flush();
      assertArrayEquals(Arrays.copyOf(times, written), read(bytes, written, 0));
    }
  }

  @Test
  void namesEveryTruncation() {
    long[] times = RandomSamples.times(new Random(5), 30);
    byte[] whole = write(times, 0);
    for (int length = 0; length < whole.length; length++) {
      byte[] cut = Arrays.copyOf(whole, length);
      assertThrows(CorruptBitsException.class, () -> read(cut, times.length, 0));
    }
  }

  @Test
  void readsSomethingOrNamesTheFaultAfterEveryBitFlip() {
    long[] times = RandomSamples.times(new Random(6), 30);
    byte[] whole = write(times, 0);
    for (int bit = 0; bit < out.position(); bit++) {
      byte[] flipped = whole.clone();
      flipped[bit / 8] ^= (byte) (0x80 >>> bit % 8);
      try {
        assertFalse(Arrays.equals(times, read(flipped, times.length, 0)), "bit=" + bit);
      } catch (CorruptBitsException e) {
        assertTrue(in.position() <= whole.length * 8L, "bit=" + bit);
      }
    }
  }

  private long bitsOf(long change) {
    out.wrap(new UnsafeBuffer(new byte[16]), 0, 16);
    writer.resume(1_000, 10_000);
    assertTrue(writer.writeNext(out, 11_000 + change));
    return out.position();
  }

  private byte[] write(long[] times, int start) {
    byte[] bytes = new byte[start + times.length * 9];
    out.resume(new UnsafeBuffer(bytes), 0, bytes.length, start);
    for (int i = 0; i < times.length; i++) {
      assertTrue(i == 0 ? writer.writeFirst(out, times[i]) : writer.writeNext(out, times[i]));
    }
    return Arrays.copyOf(bytes, out.flush());
  }

  private long[] read(byte[] bytes, int count, int start) {
    in.wrap(new UnsafeBuffer(bytes), 0, bytes.length);
    if (start > 0) {
      in.read(start);
    }
    long[] times = new long[count];
    for (int i = 0; i < count; i++) {
      times[i] = i == 0 ? reader.readFirst(in) : reader.readNext(in);
    }
    return times;
  }
}
