package io.silverback.codec.page;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.silverback.codec.bits.BitReader;
import io.silverback.codec.bits.BitWriter;
import io.silverback.codec.bits.CorruptBitsException;
import io.silverback.codec.row.RandomPushes;
import java.util.BitSet;
import java.util.Random;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;

final class ColumnRangesTest {
  private final UnsafeBuffer buffer = new UnsafeBuffer(new byte[8192]);
  private final BitWriter out = new BitWriter();
  private final BitReader in = new BitReader();

  @Test
  void holdsWhatWasAddedAndComesBack() {
    long seed = new Random().nextLong();
    var random = new Random(seed);
    var read = new ColumnRanges();
    for (int round = 0; round < 500; round++) {
      int columns = 1 + random.nextInt(round < 5 ? RowPage.MAX_COLUMNS : 60);
      ColumnRanges ranges = RandomPushes.ranges(random, columns);
      var expected = new BitSet();
      for (int i = 0; i < ranges.size(); i++) {
        expected.set(ranges.start(i), ranges.end(i));
        assertTrue(i == 0 || ranges.start(i) > ranges.end(i - 1), "seed=" + seed);
      }
      assertEquals(expected.cardinality(), ranges.columnCount(), "seed=" + seed);
      for (int column = 0; column <= columns; column++) {
        assertEquals(expected.get(column), ranges.contains(column), "seed=" + seed);
      }
      out.wrap(buffer, 0, buffer.capacity());
      assertTrue(ranges.write(out));
      out.flush();
      in.wrap(buffer, 0, buffer.capacity());
      read.read(in, columns);
      assertTrue(ranges.holdsTheSameAs(read), "seed=" + seed);
      assertEquals(ranges.fingerprint(), read.fingerprint());
      assertEquals(ranges.columnCount(), read.columnCount());
      assertEquals(out.position(), in.position());
      if (ranges.last() == columns) {
        in.wrap(buffer, 0, buffer.capacity());
        assertThrows(CorruptBitsException.class, () -> read.read(in, columns - 1));
      }
    }
  }

  @Test
  void rangesThatTouchBecomeOne() {
    ColumnRanges ranges = ColumnRanges.all(3);
    ranges.add(3, 5);
    assertEquals(1, ranges.size());
    assertEquals(5, ranges.end(0));
    assertFalse(ranges.contains(5));
  }

  @Test
  void refusesRangesOutOfOrder() {
    ColumnRanges ranges = ColumnRanges.all(3);
    assertThrows(IllegalArgumentException.class, () -> ranges.add(2, 4));
    assertThrows(IllegalArgumentException.class, () -> ranges.add(4, 4));
    assertThrows(IllegalArgumentException.class, () -> ranges.add(4, RowPage.MAX_COLUMNS + 1));
  }
}
