package io.silverback.codec.page;

import static io.silverback.codec.page.RowPage.MAX_COLUMNS;
import static io.silverback.codec.page.RowPage.MAX_ROWS;
import static java.nio.ByteOrder.LITTLE_ENDIAN;

import io.silverback.codec.bytes.CorruptFrameException;
import io.silverback.codec.gorilla.ValueCodec;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;

/**
 * How far a {@link RowPage} is written: what a writer needs to append the next row and a reader to
 * know where the last one ends.
 *
 * <p>Kept as bytes beside the page and decoded for each use. To read a page takes its header only,
 * and that is encoded last, so that a crash in the middle of encoding loses no row; the windows can
 * be had back from the rows ({@link RowPageReader#restore}). Made to be filled again and again; not
 * thread-safe. Layout: {@code docs/formats/row-page.md}.
 */
public final class RowPageCursor {
  static final int COLUMNS_OFFSET = 0;
  static final int ROWS_OFFSET = COLUMNS_OFFSET + Short.BYTES;
  static final int LENGTH_OFFSET = ROWS_OFFSET + Short.BYTES;
  public static final int CHECKSUM_OFFSET = LENGTH_OFFSET + Integer.BYTES;
  static final int LAST_MILLIS_OFFSET = CHECKSUM_OFFSET + Integer.BYTES;
  static final int LAST_DELTA_OFFSET = LAST_MILLIS_OFFSET + Long.BYTES;
  static final int WINDOWS_OFFSET = LAST_DELTA_OFFSET + Long.BYTES;
  static final int WINDOW_LENGTH = Short.BYTES;

  private final short[] windows = new short[MAX_COLUMNS];
  private int columns = 1;
  private int rows;
  private int lengthBytes;
  private int checksum = PageChecksum.OF_NOTHING;
  private long lastMillis;
  private long lastDelta;

  /** How many bytes {@link #encode} takes. */
  public static int encodedLength(int columns) {
    return WINDOWS_OFFSET + columns * WINDOW_LENGTH;
  }

  /** Starts a page without rows. */
  public void start(int columns) {
    if (columns < 1 || columns > MAX_COLUMNS) {
      throw new IllegalArgumentException("columns must be 1 to 2048: columns=" + columns);
    }
    this.columns = columns;
    for (int i = 0; i < columns; i++) {
      windows[i] = ValueCodec.EMPTY_WINDOW;
    }
    moveTo(0, 0, PageChecksum.OF_NOTHING, 0, 0);
  }

  /**
   * Takes what was encoded; a cursor that no writer leaves throws {@link CorruptFrameException}.
   */
  public void decode(DirectBuffer buffer, int offset, int length) {
    int announced =
        length < WINDOWS_OFFSET ? 0 : buffer.getShort(offset + COLUMNS_OFFSET, LITTLE_ENDIAN);
    if (announced < 1 || announced > MAX_COLUMNS || length < encodedLength(announced)) {
      throw new CorruptFrameException(
          "not a cursor of a row page: length=" + length + " columns=" + announced);
    }
    columns = announced;
    moveTo(
        buffer.getShort(offset + ROWS_OFFSET, LITTLE_ENDIAN),
        buffer.getInt(offset + LENGTH_OFFSET, LITTLE_ENDIAN),
        buffer.getInt(offset + CHECKSUM_OFFSET, LITTLE_ENDIAN),
        buffer.getLong(offset + LAST_MILLIS_OFFSET, LITTLE_ENDIAN),
        buffer.getLong(offset + LAST_DELTA_OFFSET, LITTLE_ENDIAN));
    if (rows < 0 || rows > MAX_ROWS || lengthBytes < rows) {
      throw new CorruptFrameException(
          "not a state of a row page: rows=" + rows + " lengthBytes=" + lengthBytes);
    }
    for (int i = 0; i < columns; i++) {
      short window = buffer.getShort(offset + WINDOWS_OFFSET + i * WINDOW_LENGTH, LITTLE_ENDIAN);
      if (!ValueCodec.isWindow(window)) {
        throw new CorruptFrameException("not a window: column=" + i + " window=" + window);
      }
      windows[i] = window;
    }
  }

  /** Writes {@link #encodedLength} bytes. */
  public void encode(MutableDirectBuffer buffer, int offset) {
    for (int i = 0; i < columns; i++) {
      buffer.putShort(offset + WINDOWS_OFFSET + i * WINDOW_LENGTH, windows[i], LITTLE_ENDIAN);
    }
    buffer.putLong(offset + LAST_DELTA_OFFSET, lastDelta, LITTLE_ENDIAN);
    buffer.putLong(offset + LAST_MILLIS_OFFSET, lastMillis, LITTLE_ENDIAN);
    buffer.putInt(offset + CHECKSUM_OFFSET, checksum, LITTLE_ENDIAN);
    buffer.putInt(offset + LENGTH_OFFSET, lengthBytes, LITTLE_ENDIAN);
    buffer.putShort(offset + ROWS_OFFSET, (short) rows, LITTLE_ENDIAN);
    buffer.putShort(offset + COLUMNS_OFFSET, (short) columns, LITTLE_ENDIAN);
  }

  public int columns() {
    return columns;
  }

  public int rows() {
    return rows;
  }

  /** How many bytes of the page are written. */
  public int lengthBytes() {
    return lengthBytes;
  }

  /** The time of the last row; 0 without rows. */
  public long lastMillis() {
    return lastMillis;
  }

  long lastDelta() {
    return lastDelta;
  }

  /** The CRC32C of the bytes that are written. */
  int checksum() {
    return checksum;
  }

  void copyWindowsTo(short[] target) {
    System.arraycopy(windows, 0, target, 0, columns);
  }

  void copyWindowsFrom(short[] source) {
    System.arraycopy(source, 0, windows, 0, columns);
  }

  void moveTo(int rows, int lengthBytes, int checksum, long lastMillis, long lastDelta) {
    this.rows = rows;
    this.lengthBytes = lengthBytes;
    this.checksum = checksum;
    this.lastMillis = lastMillis;
    this.lastDelta = lastDelta;
  }
}
