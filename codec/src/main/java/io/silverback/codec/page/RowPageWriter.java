package io.silverback.codec.page;

import static io.silverback.codec.page.RowPage.*;
import static java.nio.ByteOrder.LITTLE_ENDIAN;

import io.silverback.codec.bits.BitWriter;
import io.silverback.codec.bits.IntegerCodes;
import io.silverback.codec.gorilla.TimestampWriter;
import io.silverback.codec.gorilla.ValueCodec;
import io.silverback.codec.gorilla.ValueWriter;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Appends rows to a {@link RowPage} in place.
 *
 * <p>Page and cursor belong to the caller. The writer never touches a byte outside the region, nor
 * one that holds an earlier row. It allocates nothing, may be wrapped around another page at any
 * time, and is not thread-safe. Layout: {@code docs/formats/row-page.md}.
 */
public final class RowPageWriter {
  private static final int MAX_TIME_BITS = 5 + Long.SIZE;

  /** A gap and a length, of numbers up to {@link RowPage#MAX_COLUMNS}. */
  private static final int MAX_RANGE_BITS = 2 * 23;

  /** A run before it, and a difference with a window of its own. */
  private static final int MAX_COLUMN_BITS = 1 + 1 + 2 + 11 + Long.SIZE;

  private final BitWriter out = new BitWriter();
  private final TimestampWriter times = new TimestampWriter();
  private final ValueWriter values = new ValueWriter();

  /** The windows as they will be if the row fits. */
  private final short[] windows = new short[MAX_COLUMNS];

  private MutableDirectBuffer page = new UnsafeBuffer(new byte[0]);
  private int offset;
  private int length;
  private RowPageCursor cursor = new RowPageCursor();

  /** How many bytes a row with those columns takes at most. */
  public static int maxRowLength(ColumnRanges ranges) {
    int bits =
        MAX_TIME_BITS
            + (ranges.size() + 1) * MAX_RANGE_BITS
            + ranges.columnCount() * MAX_COLUMN_BITS;
    return bits / Byte.SIZE + 1;
  }

  /**
   * Goes on after the rows that the cursor knows.
   *
   * @param length of the region in bytes, which the page will not outgrow
   * @param cursor moved by every row that is appended; the caller encodes it
   */
  public void wrap(MutableDirectBuffer page, int offset, int length, RowPageCursor cursor) {
    page.boundsCheck(offset, length);
    if (cursor.lengthBytes() > length) {
      throw new IllegalArgumentException(
          "region shorter than its page: lengthBytes="
              + cursor.lengthBytes()
              + " length="
              + length);
    }
    this.page = page;
    this.offset = offset;
    this.length = length;
    this.cursor = cursor;
  }

  /**
   * Appends a row.
   *
   * <p>The value of column {@code c} stands as 8 bytes, little-endian, at {@code valuesOffset + 8 *
   * c}, and so does the previous one. Only columns of the row are looked at.
   *
   * @param ranges the columns of the row, one at least
   * @param previous what the columns have in the last row that has them; columns that were in no
   *     row of this page may have anything
   * @return false, with the cursor and all earlier rows as they were, if the page is full
   */
  public boolean append(
      long timeMillis,
      ColumnRanges ranges,
      DirectBuffer previous,
      int previousOffset,
      DirectBuffer values,
      int valuesOffset) {
    if (ranges.size() == 0 || ranges.last() > cursor.columns()) {
      throw new IllegalArgumentException(
          "not a row of the page: columns=" + cursor.columns() + " last=" + ranges.last());
    }
    int start = cursor.lengthBytes();
    out.resume(page, offset, length, (long) start * Byte.SIZE);
    if (cursor.rows() == MAX_ROWS
        || !writeTime(timeMillis)
        || !writeRanges(ranges)
        || !writeValues(ranges, previous, previousOffset, values, valuesOffset)) {
      return false;
    }
    int end = out.flush();
    int checksum = PageChecksum.extend(cursor.checksum(), page, offset + start, end - start);
    cursor.copyWindowsFrom(windows);
    cursor.moveTo(cursor.rows() + 1, end, checksum, timeMillis, times.previousDelta());
    return true;
  }

  private boolean writeTime(long timeMillis) {
    times.resume(cursor.lastMillis(), cursor.lastDelta());
    return cursor.rows() == 0
        ? times.writeFirst(out, timeMillis)
        : times.writeNext(out, timeMillis);
  }

  private boolean writeRanges(ColumnRanges ranges) {
    if (ranges.columnCount() == cursor.columns()) {
      return out.write(FULL_ROW, 1);
    }
    return out.write(PARTIAL_ROW, 1) && ranges.write(out);
  }

  private boolean writeValues(
      ColumnRanges ranges,
      DirectBuffer previous,
      int previousOffset,
      DirectBuffer current,
      int currentOffset) {
    cursor.copyWindowsTo(windows);
    int unchanged = 0;
    for (int i = 0; i < ranges.size(); i++) {
      for (int column = ranges.start(i); column < ranges.end(i); column++) {
        int at = column * Long.BYTES;
        int window = windows[column];
        long before =
            window == ValueCodec.EMPTY_WINDOW
                ? 0
                : previous.getLong(previousOffset + at, LITTLE_ENDIAN);
        long valueBits = current.getLong(currentOffset + at, LITTLE_ENDIAN);
        if (valueBits == before) {
          unchanged++;
          continue;
        }
        values.resume(before, window);
        if (!writeUnchanged(unchanged) || !values.writeNext(out, valueBits)) {
          return false;
        }
        unchanged = 0;
        windows[column] = (short) values.window();
      }
    }
    return writeUnchanged(unchanged);
  }

  private boolean writeUnchanged(int columns) {
    return columns == 0 || (out.write(UNCHANGED, 1) && IntegerCodes.writeGamma(out, columns));
  }
}
