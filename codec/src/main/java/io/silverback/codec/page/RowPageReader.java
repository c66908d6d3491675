package io.silverback.codec.page;

import static io.silverback.codec.page.RowPage.*;

import io.silverback.codec.bits.BitReader;
import io.silverback.codec.bits.CorruptBitsException;
import io.silverback.codec.bits.IntegerCodes;
import io.silverback.codec.bytes.CorruptFrameException;
import io.silverback.codec.gorilla.TimestampReader;
import io.silverback.codec.gorilla.ValueReader;
import java.util.Arrays;
import org.agrona.DirectBuffer;

/**
 * Walks through the rows of a {@link RowPage}.
 *
 * <p>The bytes belong to the caller, who must not change them meanwhile. Bytes that the checksum of
 * the cursor does not fit, or that no writer writes, throw {@link CorruptFrameException}, after
 * which only {@link #wrap} makes sense; whatever the bytes, the work is bounded by the limits of a
 * page. Allocates nothing else, may be wrapped around another page at any time, and is not
 * thread-safe. Layout: {@code docs/formats/row-page.md}.
 */
public final class RowPageReader {
  private final PageChecksum checksum = new PageChecksum();
  private final BitReader in = new BitReader();
  private final TimestampReader times = new TimestampReader();
  private final ValueReader reader = new ValueReader();
  private final long[] values = new long[MAX_COLUMNS];
  private final short[] windows = new short[MAX_COLUMNS];
  private final ColumnRanges ranges = new ColumnRanges();
  private int columns;
  private int rows;
  private int rowsRead;

  /**
   * Starts before the first row.
   *
   * @param length of the region in bytes; what comes after the last row is not looked at
   * @param cursor of the page, not needed afterwards
   */
  public void wrap(DirectBuffer page, int offset, int length, RowPageCursor cursor) {
    int written = cursor.lengthBytes();
    if (written > length) {
      throw new CorruptFrameException(
          "page shorter than its rows: lengthBytes=" + written + " length=" + length);
    }
    int actual = checksum.of(page, offset, written);
    if (actual != cursor.checksum()) {
      throw new CorruptFrameException(
          "checksum mismatch: lengthBytes="
              + written
              + " expected="
              + cursor.checksum()
              + " actual="
              + actual);
    }
    in.wrap(page, offset, written);
    columns = cursor.columns();
    rows = cursor.rows();
    rowsRead = 0;
    Arrays.fill(values, 0, columns, 0);
    Arrays.fill(windows, 0, columns, (short) 0);
    checkEnd();
  }

  /** How many rows the page has. */
  public int rows() {
    return rows;
  }

  public int columns() {
    return columns;
  }

  /** Steps to the next row; false after the last one. */
  public boolean next() {
    if (rowsRead == rows) {
      return false;
    }
    try {
      readRow();
    } catch (CorruptBitsException e) {
      throw new CorruptFrameException(e.getMessage() + " row=" + rowsRead);
    }
    rowsRead++;
    checkEnd();
    return true;
  }

  /** The time of the row that {@link #next} stepped to, in milliseconds. */
  public long timeMillis() {
    return times.previousMillis();
  }

  /** The columns of the row that {@link #next} stepped to; filled anew by the next step. */
  public ColumnRanges ranges() {
    return ranges;
  }

  /** Whether the row that {@link #next} stepped to has the column. */
  public boolean isPresent(int column) {
    return ranges.contains(column);
  }

  /** The raw bits of what the column has in this row or had last before; 0 if it was in no row. */
  public long valueBits(int column) {
    return values[column];
  }

  /**
   * Makes the cursor what it was when the last row of this page was appended, whatever it holds
   * besides the number of rows, their length and their checksum.
   *
   * @param cursor the one that the page was wrapped with; all rows must have been read
   */
  public void restore(RowPageCursor cursor) {
    if (rowsRead != rows || cursor.columns() != columns || cursor.rows() != rows) {
      throw new IllegalStateException(
          "not all rows of the page were read: rows=" + cursor.rows() + " rowsRead=" + rowsRead);
    }
    cursor.copyWindowsFrom(windows);
    cursor.moveTo(
        rows,
        cursor.lengthBytes(),
        cursor.checksum(),
        rows == 0 ? 0 : times.previousMillis(),
        rows == 0 ? 0 : times.previousDelta());
  }

  private void readRow() {
    if (rowsRead == 0) {
      times.readFirst(in);
    } else {
      times.readNext(in);
    }
    readRanges();
    readValues();
    int padding = (int) (in.remaining() % Byte.SIZE);
    if (padding > 0 && in.read(padding) != 0) {
      throw new CorruptBitsException("padding is not zero: position=" + in.position());
    }
  }

  private void readRanges() {
    if (in.read(1) == FULL_ROW) {
      ranges.clear();
      ranges.add(0, columns);
      return;
    }
    ranges.read(in, columns);
    if (ranges.columnCount() == columns) {
      throw new CorruptBitsException("partial row has all columns: columns=" + columns);
    }
  }

  private void readValues() {
    int left = ranges.columnCount();
    int unchanged = 0;
    boolean behindRun = false;
    for (int i = 0; i < ranges.size(); i++) {
      int column = ranges.start(i);
      while (column < ranges.end(i)) {
        if (unchanged == 0) {
          if (readChange(column)) {
            column++;
            left--;
            behindRun = false;
            continue;
          }
          if (behindRun) {
            throw new CorruptBitsException("run after a run: position=" + in.position());
          }
          unchanged = IntegerCodes.readGamma(in, left);
          behindRun = true;
        }
        int skipped = Math.min(unchanged, ranges.end(i) - column);
        column += skipped;
        left -= skipped;
        unchanged -= skipped;
      }
    }
  }

  /** False if not a change but a run of unchanged columns begins here. */
  private boolean readChange(int column) {
    long before = in.position();
    reader.resume(values[column], windows[column]);
    long valueBits = reader.readNext(in);
    if (valueBits != values[column]) {
      values[column] = valueBits;
      windows[column] = (short) reader.window();
      return true;
    }
    if (in.position() - before == 1) {
      return false;
    }
    throw new CorruptBitsException("change to the same value: position=" + in.position());
  }

  private void checkEnd() {
    if (rowsRead == rows && in.remaining() > 0) {
      throw new CorruptFrameException(
          "bytes after the last row: rows=" + rows + " bits=" + in.remaining());
    }
  }
}
