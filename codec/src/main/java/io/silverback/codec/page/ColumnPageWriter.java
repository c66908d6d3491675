package io.silverback.codec.page;

import static io.silverback.codec.page.ColumnPage.*;
import static java.nio.ByteOrder.LITTLE_ENDIAN;

import io.silverback.codec.bits.BitWriter;
import io.silverback.codec.bits.IntegerCodes;
import io.silverback.codec.bytes.CorruptFrameException;
import java.util.Arrays;
import org.agrona.ExpandableArrayBuffer;
import org.agrona.MutableDirectBuffer;

/**
 * Seals the rows of a {@link RowPage} into a {@link ColumnPage}.
 *
 * <p>Keeps arrays for the largest page that it has sealed and allocates nothing else; not
 * thread-safe. Layout: {@code docs/formats/column-page.md}.
 */
public final class ColumnPageWriter {
  private static final int MAX_SIZE_LENGTH = 3;

  private final PageRows rows = new PageRows();
  private final ColumnWriter columnWriter = new ColumnWriter();
  private final BitWriter out = new BitWriter();
  private final PageChecksum checksum = new PageChecksum();

  /** The samples of one column after those of another, as many for each as the page has rows. */
  private long[] valueBits = new long[0];

  private final int[] sampleCounts = new int[RowPage.MAX_COLUMNS];
  private final int[] sizes = new int[RowPage.MAX_COLUMNS];
  private final MutableDirectBuffer data = new ExpandableArrayBuffer();

  /**
   * Writes a page at the start of {@code target}.
   *
   * @param source a page with rows, none of which was stepped to; corrupt ones throw {@link
   *     CorruptFrameException}, and nothing is written
   * @param fingerprintHigh of the shape of the group, kept for readers of the page
   * @param target expanded if it is expandable, else large enough
   * @return the length of the page in bytes
   */
  public int seal(
      RowPageReader source, long fingerprintHigh, long fingerprintLow, MutableDirectBuffer target) {
    if (source.rows() == 0) {
      throw new IllegalArgumentException("page without rows: rows=" + source.rows());
    }
    turn(source);
    int columns = source.columns();
    int dataLength = writeColumns(columns);
    int rowsMaxLength = rows.maxLengthBytes();
    target.checkLimit(
        HEADER_LENGTH + rowsMaxLength + columns * MAX_SIZE_LENGTH + dataLength + CHECKSUM_LENGTH);

    out.wrap(target, HEADER_LENGTH, rowsMaxLength);
    boolean fits = rows.write(out);
    int rowsLength = out.flush();
    out.wrap(target, HEADER_LENGTH + rowsLength, columns * MAX_SIZE_LENGTH);
    for (int column = 0; column < columns; column++) {
      fits &= IntegerCodes.writeVarint(out, sizes[column]);
    }
    if (!fits) {
      throw new IllegalStateException("page longer than it can be: columns=" + columns);
    }
    int dataOffset = HEADER_LENGTH + rowsLength + out.flush();
    target.putBytes(dataOffset, data, 0, dataLength);

    target.putByte(MAGIC_OFFSET, MAGIC);
    target.putByte(VERSION_OFFSET, VERSION);
    target.putShort(COLUMNS_OFFSET, (short) columns, LITTLE_ENDIAN);
    target.putShort(ROWS_OFFSET, (short) rows.rowCount(), LITTLE_ENDIAN);
    target.putInt(ROWS_LENGTH_OFFSET, rowsLength, LITTLE_ENDIAN);
    target.putLong(FIRST_MILLIS_OFFSET, rows.firstMillis(), LITTLE_ENDIAN);
    target.putLong(LAST_MILLIS_OFFSET, rows.lastMillis(), LITTLE_ENDIAN);
    target.putLong(FINGERPRINT_OFFSET, fingerprintHigh, LITTLE_ENDIAN);
    target.putLong(FINGERPRINT_OFFSET + Long.BYTES, fingerprintLow, LITTLE_ENDIAN);
    int checksumOffset = dataOffset + dataLength;
    target.putInt(checksumOffset, checksum.of(target, 0, checksumOffset), LITTLE_ENDIAN);
    return checksumOffset + CHECKSUM_LENGTH;
  }

  /** Makes columns of the rows. */
  private void turn(RowPageReader source) {
    int columns = source.columns();
    int rowCount = source.rows();
    if (valueBits.length < columns * rowCount) {
      valueBits = new long[columns * rowCount];
    }
    Arrays.fill(sampleCounts, 0, columns, 0);
    rows.start(columns);
    while (source.next()) {
      ColumnRanges ranges = source.ranges();
      rows.add(source.timeMillis(), ranges);
      for (int i = 0; i < ranges.size(); i++) {
        for (int column = ranges.start(i); column < ranges.end(i); column++) {
          valueBits[column * rowCount + sampleCounts[column]++] = source.valueBits(column);
        }
      }
    }
  }

  private int writeColumns(int columns) {
    int rowCount = rows.rowCount();
    int maxLength = ColumnWriter.maxLengthBytes(rowCount);
    int length = 0;
    for (int column = 0; column < columns; column++) {
      data.checkLimit(length + maxLength);
      sizes[column] =
          columnWriter.write(valueBits, column * rowCount, sampleCounts[column], data, length);
      length += lengthOf(sizes[column]);
    }
    return length;
  }
}
