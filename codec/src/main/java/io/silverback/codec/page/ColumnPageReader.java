package io.silverback.codec.page;

import static io.silverback.codec.page.ColumnPage.*;
import static java.nio.ByteOrder.LITTLE_ENDIAN;

import io.silverback.codec.bits.BitReader;
import io.silverback.codec.bits.CorruptBitsException;
import io.silverback.codec.bits.IntegerCodes;
import io.silverback.codec.bytes.CorruptFrameException;
import java.util.BitSet;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Gives the rows and any column of a {@link ColumnPage}.
 *
 * <p>The bytes belong to the caller, who must not change them meanwhile. Bytes that are not as they
 * were sealed throw {@link CorruptFrameException}, nearly always from {@link #wrap}, which checks
 * all of them; whatever the bytes, the work is bounded by the limits of a page. Allocates next to
 * nothing else, may be wrapped around another page at any time, and is not thread-safe. Layout:
 * {@code docs/formats/column-page.md}.
 */
public final class ColumnPageReader {
  private final PageChecksum checksum = new PageChecksum();
  private final PageRows rows = new PageRows();
  private final ColumnReader columnReader = new ColumnReader();
  private final BitReader in = new BitReader();
  private final int[] sizes = new int[RowPage.MAX_COLUMNS];
  private final int[] offsets = new int[RowPage.MAX_COLUMNS];
  private DirectBuffer page = new UnsafeBuffer(new byte[HEADER_LENGTH]);
  private int pageOffset;
  private int columns;

  /**
   * Takes a page and checks it.
   *
   * @param length of the page in bytes, exactly
   */
  public void wrap(DirectBuffer page, int offset, int length) {
    columns = 0;
    checkWhole(page, offset, length);
    this.page = page;
    this.pageOffset = offset;
    int announced = page.getShort(offset + COLUMNS_OFFSET, LITTLE_ENDIAN);
    int rowCount = page.getShort(offset + ROWS_OFFSET, LITTLE_ENDIAN);
    int rowsLength = page.getInt(offset + ROWS_LENGTH_OFFSET, LITTLE_ENDIAN);
    int bodyLength = length - HEADER_LENGTH - CHECKSUM_LENGTH;
    if (announced < 1
        || announced > RowPage.MAX_COLUMNS
        || rowCount < 1
        || rowCount > RowPage.MAX_ROWS
        || rowsLength < 0
        || rowsLength > bodyLength) {
      throw new CorruptFrameException(
          "not a header of a column page: length="
              + length
              + " columns="
              + announced
              + " rows="
              + rowCount
              + " rowsLength="
              + rowsLength);
    }
    try {
      in.wrap(page, offset + HEADER_LENGTH, rowsLength);
      rows.read(in, announced, rowCount, firstMillis());
      int sizesOffset = offset + HEADER_LENGTH + rowsLength;
      in.wrap(page, sizesOffset, bodyLength - rowsLength);
      readSizes(announced, sizesOffset);
    } catch (CorruptBitsException e) {
      throw new CorruptFrameException("corrupt rows or sizes: " + e.getMessage());
    }
    columns = announced;
  }

  public int columns() {
    return columns;
  }

  public int rows() {
    return rows.rowCount();
  }

  /** The earliest time of a row, in milliseconds. */
  public long firstMillis() {
    return page.getLong(pageOffset + FIRST_MILLIS_OFFSET, LITTLE_ENDIAN);
  }

  /** The latest time of a row, in milliseconds. */
  public long lastMillis() {
    return page.getLong(pageOffset + LAST_MILLIS_OFFSET, LITTLE_ENDIAN);
  }

  /** The first half of the fingerprint of the shape that the columns are those of. */
  public long fingerprintHigh() {
    return page.getLong(pageOffset + FINGERPRINT_OFFSET, LITTLE_ENDIAN);
  }

  public long fingerprintLow() {
    return page.getLong(pageOffset + FINGERPRINT_OFFSET + Long.BYTES, LITTLE_ENDIAN);
  }

  /** The time of a row, in milliseconds. */
  public long timeMillis(int row) {
    return rows.timeMillis(row);
  }

  public boolean isPresent(int row, int column) {
    return rows.isPresent(row, column);
  }

  /**
   * Reads a column.
   *
   * @param valueBits gets the raw bits of each row that has the column at the number of the row; at
   *     least as long as there are rows, and anything may stand at the other rows afterwards
   * @param presentRows becomes the rows that have the column
   * @return how many they are
   */
  public int column(int column, long[] valueBits, BitSet presentRows) {
    if (column < 0 || column >= columns) {
      throw new IllegalArgumentException(
          "no such column: columns=" + columns + " column=" + column);
    }
    int count = findRows(column, presentRows);
    int size = sizes[column];
    if (size <= CONSTANT_LIMIT) {
      columnReader.readConstant(page, offsets[column], size, valueBits, count);
    } else if (count == 0) {
      throw new CorruptFrameException("code without samples: column=" + column);
    } else {
      try {
        columnReader.readCode(page, offsets[column], lengthOf(size), valueBits, count);
      } catch (CorruptBitsException e) {
        throw new CorruptFrameException(e.getMessage() + " column=" + column);
      }
    }
    if (count < rows()) {
      spread(valueBits, count, presentRows);
    }
    return count;
  }

  private void checkWhole(DirectBuffer page, int offset, int length) {
    if (length < HEADER_LENGTH + CHECKSUM_LENGTH || page.getByte(offset + MAGIC_OFFSET) != MAGIC) {
      throw new CorruptFrameException("not a column page: length=" + length);
    }
    byte version = page.getByte(offset + VERSION_OFFSET);
    if (version != VERSION) {
      throw new CorruptFrameException(
          "column page of another version: known=" + VERSION + " version=" + version);
    }
    int checksumOffset = length - CHECKSUM_LENGTH;
    int expected = page.getInt(offset + checksumOffset, LITTLE_ENDIAN);
    int actual = checksum.of(page, offset, checksumOffset);
    if (actual != expected) {
      throw new CorruptFrameException(
          "checksum mismatch: length=" + length + " expected=" + expected + " actual=" + actual);
    }
  }

  private void readSizes(int columns, int sizesOffset) {
    long length = 0;
    for (int column = 0; column < columns; column++) {
      long size = IntegerCodes.readVarint(in);
      if (size < 0 || size > in.remaining() / Byte.SIZE + CONSTANT_LIMIT) {
        throw new CorruptBitsException(
            "column longer than its page: column=" + column + " size=" + size);
      }
      sizes[column] = (int) size;
      offsets[column] = (int) length;
      length += lengthOf(sizes[column]);
    }
    if (length * Byte.SIZE != in.remaining()) {
      throw new CorruptBitsException(
          "columns do not fill their page: bits=" + in.remaining() + " length=" + length);
    }
    int dataOffset = sizesOffset + (int) (in.position() / Byte.SIZE);
    for (int column = 0; column < columns; column++) {
      offsets[column] += dataOffset;
    }
  }

  private int findRows(int column, BitSet presentRows) {
    presentRows.clear();
    int count = rows();
    if (rows.areFull()) {
      presentRows.set(0, count);
      return count;
    }
    for (int row = 0; row < count; row++) {
      presentRows.set(row, rows.isPresent(row, column));
    }
    return presentRows.cardinality();
  }

  /** Moves the samples, which are one after the other, to the numbers of their rows. */
  private static void spread(long[] valueBits, int count, BitSet presentRows) {
    int row = presentRows.length();
    for (int i = count - 1; i >= 0; i--) {
      row = presentRows.previousSetBit(row - 1);
      valueBits[row] = valueBits[i];
    }
  }
}
