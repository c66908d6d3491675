package io.silverback.codec.page;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.silverback.codec.WorkedExample;
import io.silverback.codec.bytes.CorruptFrameException;
import io.silverback.codec.row.ExampleRows;
import io.silverback.codec.row.PushedRows;
import io.silverback.codec.row.RandomPushes;
import java.util.Random;
import org.agrona.ExpandableArrayBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;

final class ColumnPageTest {
  private final ColumnPageWriter writer = new ColumnPageWriter();
  private final ColumnPageReader reader = new ColumnPageReader();
  private final ExpandableArrayBuffer target = new ExpandableArrayBuffer(1);

  @Test
  void writesAndReadsTheWorkedExampleOfThePage() {
    var example = WorkedExample.of("column-page.md");
    byte[] bytes = example.bytes();
    assertArrayEquals(bytes, example.bytesOfBits());
    PushedRows rows = ExampleRows.of(example);
    assertArrayEquals(bytes, rows.page().seal());
    reader.wrap(new UnsafeBuffer(bytes), 0, bytes.length);
    rows.assertReadFrom(reader, "column-page.md");
    assertEquals(0x0123456789abcdefL, reader.fingerprintHigh());
    assertEquals(0xfffffffffffffffeL, reader.fingerprintLow());
  }

  @Test
  void readsWhatWasSealed() {
    long seed = new Random().nextLong();
    var random = new Random(seed);
    for (int round = 0; round < 300; round++) {
      int count = 1 + random.nextInt(round % 10 == 0 ? RowPage.MAX_ROWS : 30);
      PushedRows rows = RandomPushes.rows(random, 1 + random.nextInt(40), count);
      int length = writer.seal(rows.page().reader(), seed, round, target);
      reader.wrap(target, 0, length);
      rows.assertReadFrom(reader, "seed=" + seed + " round=" + round);
      assertEquals(seed, reader.fingerprintHigh());
      assertEquals(round, reader.fingerprintLow());
    }
  }

  @Test
  void takesTheWidestAndLongestPage() {
    PushedRows rows = RandomPushes.rows(new Random(5), RowPage.MAX_COLUMNS, RowPage.MAX_ROWS);
    int length = writer.seal(rows.page().reader(), 1, 2, target);
    reader.wrap(target, 0, length);
    rows.assertReadFrom(reader, "seed=5");
  }

  @Test
  void readsFromTheMiddleOfABuffer() {
    PushedRows rows = RandomPushes.rows(new Random(6), 9, 20);
    byte[] sealed = rows.page().seal();
    var buffer = new UnsafeBuffer(new byte[sealed.length + 20]);
    buffer.putBytes(13, sealed);
    reader.wrap(buffer, 13, sealed.length);
    rows.assertReadFrom(reader, "seed=6");
  }

  @Test
  void givesAConstantNoMoreBytesThanItHas() {
    assertEquals(0, columnLength(0.0, 0.0, 0.0));
    assertEquals(1, columnLength(1.0, 1.0, 1.0));
    assertEquals(1, columnLength(-128.0, -128.0));
    assertEquals(2, columnLength(-0.0, -0.0));
    assertEquals(2, columnLength(Double.POSITIVE_INFINITY, Double.POSITIVE_INFINITY));
    assertEquals(3, columnLength(1000.0, 1000.0));
    assertEquals(8, columnLength(0.1, 0.1));
  }

  @Test
  void givesACounterWithEvenStepsNoBitsForThem() {
    double[] values = new double[100];
    for (int i = 0; i < values.length; i++) {
      values[i] = 5 + 10.0 * i;
    }
    assertEquals(4, columnLength(values));
  }

  @Test
  void keepsACounterShortThatIsResetOnce() {
    double[] values = new double[240];
    double value = 1e12;
    var random = new Random(7);
    for (int i = 0; i < values.length; i++) {
      value = i == 100 ? 0 : value + random.nextInt(21);
      values[i] = value;
    }
    int reset = columnLength(values);
    assertTrue(reset * 8 < 240 * 7 + 71 + 80, "length=" + reset);
  }

  @Test
  void keepsNumbersShortThatHaveManyZeros() {
    double[] values = new double[64];
    for (int i = 0; i < values.length; i++) {
      values[i] = 0x1p40 * (i % 3 + 1);
    }
    assertTrue(columnLength(values) <= 8 + 64);
  }

  @Test
  void keepsNumbersShortBesideTheLargestThereAre() {
    var random = new Random(9);
    double[] values = random.ints(240, 0, 4).asDoubleStream().toArray();
    values[50] = 0x1p53;
    values[51] = -0x1p53;
    values[52] = 0x1p53;
    var rows = new PushedRows(1);
    for (double value : values) {
      rows.push(0, new long[] {Double.doubleToRawLongBits(value)});
    }
    byte[] sealed = rows.page().seal();
    reader.wrap(new UnsafeBuffer(sealed), 0, sealed.length);
    rows.assertReadFrom(reader, "seed=9");
    assertTrue(columnLength(values) * 8 < 240 * 4 + 4 * 71, "length=" + columnLength(values));
  }

  @Test
  void sealsNoPageWithoutRows() {
    RowPageReader empty = new PushedRows(3).page().reader();
    assertThrows(IllegalArgumentException.class, () -> writer.seal(empty, 1, 2, target));
  }

  @Test
  void writesNothingForACorruptPage() {
    var page = RandomPushes.rows(new Random(8), 4, 10).page();
    page.cursorBytes.putByte(RowPageCursor.ROWS_OFFSET, (byte) 9);
    RowPageReader source = page.reader();
    target.setMemory(0, target.capacity(), (byte) 7);
    assertThrows(CorruptFrameException.class, () -> writer.seal(source, 1, 2, target));
    assertEquals(7, target.getByte(0));
  }

  /** What one more column of these values adds to a page, but for its size. */
  private int columnLength(double... values) {
    var one = new PushedRows(1);
    var two = new PushedRows(2);
    for (int i = 0; i < values.length; i++) {
      long bits = Double.doubleToRawLongBits(values[i]);
      one.push(i, new long[] {0});
      two.push(i, new long[] {0, bits});
    }
    return two.page().seal().length - one.page().seal().length - 1;
  }
}
