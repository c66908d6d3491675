package io.silverback.codec.row;

import static java.nio.ByteOrder.LITTLE_ENDIAN;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.silverback.codec.page.ColumnPageReader;
import io.silverback.codec.page.ColumnPageWriter;
import io.silverback.codec.page.ColumnRanges;
import io.silverback.codec.page.RowPageCursor;
import io.silverback.codec.page.RowPageReader;
import io.silverback.codec.page.RowPageWriter;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import org.agrona.ExpandableArrayBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/** Rows as a store pushes them into a page: with the values that the group had before at hand. */
public final class PushedRows {
  private final int columns;
  private final List<Row> rows = new ArrayList<>();
  private final long[] last;

  /** One push: what every column has after it, and which of them were in it. */
  public record Row(long timeMillis, ColumnRanges ranges, UnsafeBuffer before, UnsafeBuffer after) {
    long valueBits(int column) {
      return after.getLong(column * Long.BYTES, LITTLE_ENDIAN);
    }
  }

  public PushedRows(int columns) {
    this.columns = columns;
    this.last = new long[columns];
  }

  public void push(long timeMillis, long[] valueBits) {
    push(timeMillis, valueBits, ColumnRanges.all(columns));
  }

  /** Columns outside of the ranges keep what they had. */
  void push(long timeMillis, long[] valueBits, ColumnRanges ranges) {
    UnsafeBuffer before = vector(last);
    for (int i = 0; i < ranges.size(); i++) {
      for (int column = ranges.start(i); column < ranges.end(i); column++) {
        last[column] = valueBits[column];
      }
    }
    rows.add(new Row(timeMillis, ranges, before, vector(last)));
  }

  public int columns() {
    return columns;
  }

  public List<Row> rows() {
    return rows;
  }

  /** Appends all rows to a new page. */
  public Page page() {
    var page = new Page(columns, 64 + rows.size() * (columns * 10 + 16));
    for (Row row : rows) {
      assertTrue(page.append(row));
    }
    return page;
  }

  /** Holds the first rows of a page against what was pushed. */
  public void assertReadFrom(RowPageReader reader, int count, String where) {
    assertEquals(count, reader.rows(), where);
    for (Row row : rows.subList(0, count)) {
      assertTrue(reader.next(), where);
      assertEquals(row.timeMillis(), reader.timeMillis(), where);
      for (int column = 0; column < columns; column++) {
        assertEquals(row.ranges().contains(column), reader.isPresent(column), where);
        if (row.ranges().contains(column)) {
          assertEquals(row.valueBits(column), reader.valueBits(column), where);
        }
      }
    }
    assertFalse(reader.next(), where);
  }

  /** Holds a sealed page against what was pushed. */
  public void assertReadFrom(ColumnPageReader reader, String where) {
    assertEquals(rows.size(), reader.rows(), where);
    assertEquals(columns, reader.columns(), where);
    assertEquals(
        rows.stream().mapToLong(Row::timeMillis).min().orElseThrow(), reader.firstMillis(), where);
    assertEquals(
        rows.stream().mapToLong(Row::timeMillis).max().orElseThrow(), reader.lastMillis(), where);
    long[] valueBits = new long[rows.size()];
    var present = new BitSet();
    for (int column = columns - 1; column >= 0; column--) {
      int count = reader.column(column, valueBits, present);
      assertEquals(present.cardinality(), count, where);
      for (int i = 0; i < rows.size(); i++) {
        Row row = rows.get(i);
        assertEquals(row.timeMillis(), reader.timeMillis(i), where);
        assertEquals(row.ranges().contains(column), present.get(i), where);
        assertEquals(row.ranges().contains(column), reader.isPresent(i, column), where);
        if (present.get(i)) {
          assertEquals(row.valueBits(column), valueBits[i], where + " column=" + column);
        }
      }
    }
  }

  private static UnsafeBuffer vector(long[] valueBits) {
    var vector = new UnsafeBuffer(new byte[valueBits.length * Long.BYTES]);
    for (int i = 0; i < valueBits.length; i++) {
      vector.putLong(i * Long.BYTES, valueBits[i], LITTLE_ENDIAN);
    }
    return vector;
  }

  /** A page in the middle of a larger buffer, and the encoded cursor that is kept beside it. */
  public static final class Page {
    public static final int MARGIN = 8;
    public static final byte OUTSIDE = (byte) 0xa5;

    public final UnsafeBuffer buffer;
    public final int length;
    public final UnsafeBuffer cursorBytes;
    private final RowPageWriter writer = new RowPageWriter();

    public Page(int columns, int length) {
      this.buffer = new UnsafeBuffer(new byte[length + 2 * MARGIN]);
      this.length = length;
      buffer.setMemory(0, buffer.capacity(), OUTSIDE);
      cursorBytes = new UnsafeBuffer(new byte[RowPageCursor.encodedLength(columns)]);
      var cursor = new RowPageCursor();
      cursor.start(columns);
      cursor.encode(cursorBytes, 0);
    }

    /** Goes through the encoded cursor each time, as a store does. */
    public boolean append(Row row) {
      RowPageCursor cursor = cursor();
      writer.wrap(buffer, MARGIN, length, cursor);
      boolean appended =
          writer.append(row.timeMillis(), row.ranges(), row.before(), 0, row.after(), 0);
      cursor.encode(cursorBytes, 0);
      return appended;
    }

    public RowPageCursor cursor() {
      var cursor = new RowPageCursor();
      cursor.decode(cursorBytes, 0, cursorBytes.capacity());
      return cursor;
    }

    public RowPageReader reader() {
      var reader = new RowPageReader();
      reader.wrap(buffer, MARGIN, length, cursor());
      return reader;
    }

    public byte[] bytes() {
      byte[] bytes = new byte[cursor().lengthBytes()];
      buffer.getBytes(MARGIN, bytes);
      return bytes;
    }

    /** The bytes of the page once sealed. */
    public byte[] seal() {
      var target = new ExpandableArrayBuffer(16);
      int sealed = new ColumnPageWriter().seal(reader(), 0x0123456789abcdefL, -2, target);
      byte[] bytes = new byte[sealed];
      target.getBytes(0, bytes);
      return bytes;
    }
  }
}
