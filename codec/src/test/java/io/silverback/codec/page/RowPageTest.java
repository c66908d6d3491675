package io.silverback.codec.page;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.silverback.codec.WorkedExample;
import io.silverback.codec.row.ExampleRows;
import io.silverback.codec.row.PushedRows;
import io.silverback.codec.row.PushedRows.Page;
import io.silverback.codec.row.RandomPushes;
import java.util.Arrays;
import java.util.Random;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;

final class RowPageTest {
  @Test
  void writesAndReadsTheWorkedExampleOfThePage() {
    var example = WorkedExample.of("row-page.md");
    byte[] bytes = example.bytes();
    assertArrayEquals(bytes, example.bytesOfBits());
    PushedRows rows = ExampleRows.of(example);

    Page written = rows.page();
    int length = written.cursor().lengthBytes();
    assertArrayEquals(Arrays.copyOf(bytes, length), written.bytes());
    assertArrayEquals(
        Arrays.copyOfRange(bytes, length, bytes.length), written.cursorBytes.byteArray());

    var cursor = new RowPageCursor();
    cursor.decode(new UnsafeBuffer(bytes), length, bytes.length - length);
    var reader = new RowPageReader();
    reader.wrap(new UnsafeBuffer(bytes), 0, length, cursor);
    rows.assertReadFrom(reader, rows.rows().size(), "row-page.md");
  }

  @Test
  void readsWhatWasWrittenAfterEveryAppend() {
    long seed = new Random().nextLong();
    var random = new Random(seed);
    for (int round = 0; round < 100; round++) {
      String where = "seed=" + seed + " round=" + round;
      PushedRows rows = RandomPushes.rows(random, 1 + random.nextInt(40), 1 + random.nextInt(30));
      var page = new Page(rows.columns(), 20_000);
      rows.assertReadFrom(page.reader(), 0, where);
      for (int count = 0; count < rows.rows().size(); count++) {
        assertTrue(page.append(rows.rows().get(count)), where);
        rows.assertReadFrom(page.reader(), count + 1, where);
      }
    }
  }

  @Test
  void takesTheWidestAndLongestPage() {
    PushedRows rows = RandomPushes.rows(new Random(5), RowPage.MAX_COLUMNS, RowPage.MAX_ROWS);
    Page page = rows.page();
    rows.assertReadFrom(page.reader(), RowPage.MAX_ROWS, "seed=5");
    assertFalse(page.append(rows.rows().getLast()), "rows are limited");
    rows.assertReadFrom(page.reader(), RowPage.MAX_ROWS, "seed=5");
  }

  @Test
  void refusesWhatDoesNotFitAndStaysAsItWas() {
    PushedRows rows = RandomPushes.rows(new Random(6), 9, 12);
    int whole = rows.page().cursor().lengthBytes();
    for (int length = 0; length < whole; length++) {
      var page = new Page(rows.columns(), length);
      int count = 0;
      while (page.append(rows.rows().get(count))) {
        count++;
      }
      byte[] cursor = page.cursorBytes.byteArray().clone();
      byte[] bytes = page.bytes();
      assertFalse(page.append(rows.rows().get(count)));
      assertArrayEquals(cursor, page.cursorBytes.byteArray());
      assertArrayEquals(bytes, page.bytes());
      rows.assertReadFrom(page.reader(), count, "length=" + length);
      for (int i = 0; i < Page.MARGIN; i++) {
        assertEquals(Page.OUTSIDE, page.buffer.getByte(i));
        assertEquals(Page.OUTSIDE, page.buffer.getByte(Page.MARGIN + length + i));
      }
    }
  }

  @Test
  void givesARowThatChangesNothingAFewBytes() {
    var rows = new PushedRows(1600);
    long[] valueBits = new Random(7).longs(1600).toArray();
    for (int i = 0; i < 3; i++) {
      rows.push(1_700_000_000_000L + i * 10_000L, valueBits);
    }
    var page = new Page(1600, 20_000);
    assertTrue(page.append(rows.rows().get(0)));
    assertTrue(page.append(rows.rows().get(1)));
    int length = page.cursor().lengthBytes();
    assertTrue(page.append(rows.rows().get(2)));
    assertEquals(3, page.cursor().lengthBytes() - length);
  }

  @Test
  void needsNoPreviousValuesOfColumnsThatThePageDoesNotKnow() {
    var rows = new PushedRows(2);
    rows.push(1, new long[] {0, 77});
    Page page = rows.page();
    PushedRows.Row row = rows.rows().getFirst();
    var other = new Page(2, 100);
    RowPageCursor cursor = other.cursor();
    var writer = new RowPageWriter();
    writer.wrap(other.buffer, Page.MARGIN, other.length, cursor);
    var anything = new UnsafeBuffer(new byte[] {1, 2, 3, 4, 5, 6, 7, 8, 8, 7, 6, 5, 4, 3, 2, 1});
    assertTrue(writer.append(1, row.ranges(), anything, 0, row.after(), 0));
    cursor.encode(other.cursorBytes, 0);
    assertArrayEquals(page.bytes(), other.bytes());
  }

  @Test
  void readsOnlyTheValuesOfTheColumnsInTheRow() {
    var ranges = new ColumnRanges();
    ranges.add(2, 3);
    var page = new Page(50, 100);
    RowPageCursor cursor = page.cursor();
    var writer = new RowPageWriter();
    writer.wrap(page.buffer, Page.MARGIN, page.length, cursor);
    var short3 = new UnsafeBuffer(new byte[3 * Long.BYTES]);
    assertTrue(writer.append(1, ranges, short3, 0, short3, 0));
  }

  @Test
  void refusesRowsOfAnotherShape() {
    var page = new Page(3, 100);
    var writer = new RowPageWriter();
    writer.wrap(page.buffer, Page.MARGIN, page.length, page.cursor());
    var values = new UnsafeBuffer(new byte[4 * Long.BYTES]);
    for (ColumnRanges wrong : new ColumnRanges[] {new ColumnRanges(), ColumnRanges.all(4)}) {
      assertThrows(
          IllegalArgumentException.class, () -> writer.append(1, wrong, values, 0, values, 0));
    }
  }

  @Test
  void restoresTheCursorFromTheRows() {
    long seed = new Random().nextLong();
    var random = new Random(seed);
    for (int round = 0; round < 50; round++) {
      PushedRows rows = RandomPushes.rows(random, 1 + random.nextInt(40), random.nextInt(20));
      Page page = rows.page();
      byte[] expected = page.cursorBytes.byteArray().clone();
      int from = RowPageCursor.LAST_MILLIS_OFFSET;
      page.cursorBytes.setMemory(from, expected.length - from, (byte) 0);
      RowPageReader reader = page.reader();
      while (reader.next()) {}
      RowPageCursor cursor = page.cursor();
      reader.restore(cursor);
      cursor.encode(page.cursorBytes, 0);
      assertArrayEquals(expected, page.cursorBytes.byteArray(), "seed=" + seed);
    }
  }

  @Test
  void restoresNothingBeforeAllRowsWereRead() {
    Page page = RandomPushes.rows(new Random(8), 3, 3).page();
    RowPageReader reader = page.reader();
    assertThrows(IllegalStateException.class, () -> reader.restore(page.cursor()));
  }
}
