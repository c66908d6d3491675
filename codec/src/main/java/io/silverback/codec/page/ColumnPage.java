package io.silverback.codec.page;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import io.silverback.codec.model.Fingerprint;
import org.agrona.DirectBuffer;

/**
 * The rows of a page that will not grow any more, column by column, each in the shortest code.
 *
 * <p>Never changes once sealed. Layout: {@code docs/formats/column-page.md}. {@link
 * ColumnPageWriter} seals a {@link RowPage}, {@link ColumnPageReader} gives any column of it.
 */
public final class ColumnPage {
  static final byte MAGIC = (byte) 0xc9;

  /** Raised with each change of the layout; readers keep the older ones. */
  static final byte VERSION = 1;

  static final int MAGIC_OFFSET = 0;
  static final int VERSION_OFFSET = MAGIC_OFFSET + Byte.BYTES;
  static final int COLUMNS_OFFSET = VERSION_OFFSET + Byte.BYTES;
  static final int ROWS_OFFSET = COLUMNS_OFFSET + Short.BYTES;
  static final int ROWS_LENGTH_OFFSET = ROWS_OFFSET + Short.BYTES;
  static final int FIRST_MILLIS_OFFSET = ROWS_LENGTH_OFFSET + Integer.BYTES;
  static final int LAST_MILLIS_OFFSET = FIRST_MILLIS_OFFSET + Long.BYTES;
  static final int FINGERPRINT_OFFSET = LAST_MILLIS_OFFSET + Long.BYTES;
  static final int HEADER_LENGTH = FINGERPRINT_OFFSET + 2 * Long.BYTES;

  static final int CHECKSUM_LENGTH = Integer.BYTES;

  /** A size up to this is that of a constant in that many bytes; above it, that of a code. */
  static final int CONSTANT_LIMIT = Long.BYTES;

  /** The latest time of a row of a page that was not checked, in milliseconds. */
  public static long lastMillis(DirectBuffer page, int offset) {
    return page.getLong(offset + LAST_MILLIS_OFFSET, LITTLE_ENDIAN);
  }

  /** The earliest time of a row of a page that was not checked, in milliseconds. */
  public static long firstMillis(DirectBuffer page, int offset) {
    return page.getLong(offset + FIRST_MILLIS_OFFSET, LITTLE_ENDIAN);
  }

  /** How many rows a page says it has that was not checked. */
  public static int rows(DirectBuffer page, int offset) {
    return page.getShort(offset + ROWS_OFFSET, LITTLE_ENDIAN);
  }

  /** The shape of a page that was not checked. */
  public static Fingerprint fingerprint(DirectBuffer page, int offset) {
    int at = offset + FINGERPRINT_OFFSET;
    return new Fingerprint(
        page.getLong(at, LITTLE_ENDIAN), page.getLong(at + Long.BYTES, LITTLE_ENDIAN));
  }

  /** How many bytes a column of that size takes. */
  static int lengthOf(int size) {
    return size <= CONSTANT_LIMIT ? size : size - CONSTANT_LIMIT;
  }

  private ColumnPage() {}
}
