package io.silverback.server.storage.pages;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import io.silverback.codec.model.Fingerprint;
import io.silverback.codec.page.ColumnPage;
import io.silverback.codec.page.RowPage;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;

/**
 * A block of a sealed page as the map has it: a {@link ColumnPage}, and after it when the last row
 * of the page was pushed, when it was sealed, and how many blocks it has. All three count in the
 * first block.
 *
 * <p>The first block is there even if nobody pushed one of its columns; then the fingerprint of the
 * page's shape takes the place of the column page. Layout: {@code docs/formats/store.md}.
 */
public final class SealedPage {
  private static final int EMPTY_LENGTH = 2 * Long.BYTES;
  private static final int END_LENGTH = 2 * Long.BYTES + Short.BYTES;

  /** What follows a column page in formats 1 and 2: the number of blocks. */
  static final int OLD_END_LENGTH = Short.BYTES;

  /** What takes the place of a column page in formats 1 and 2: the last row, then the shape. */
  static final int OLD_EMPTY_LENGTH = 3 * Long.BYTES;

  private SealedPage() {}

  /**
   * Writes the end of a block after a body of that length, and returns the length of both.
   *
   * @param sealedMillis by the {@link PageClock}
   */
  public static int finish(
      MutableDirectBuffer block, int length, long lastMillis, long sealedMillis, int blocks) {
    block.putLong(length, lastMillis, LITTLE_ENDIAN);
    block.putLong(length + Long.BYTES, sealedMillis, LITTLE_ENDIAN);
    block.putShort(length + 2 * Long.BYTES, (short) blocks, LITTLE_ENDIAN);
    return length + END_LENGTH;
  }

  /** The length of a block with a body of that length. */
  static int lengthOf(int body) {
    return body + END_LENGTH;
  }

  /** Writes the body of a first block without rows, and returns its length. */
  public static int writeEmpty(MutableDirectBuffer block, Fingerprint shape) {
    block.putLong(0, shape.high(), LITTLE_ENDIAN);
    block.putLong(Long.BYTES, shape.low(), LITTLE_ENDIAN);
    return EMPTY_LENGTH;
  }

  public static boolean isEmpty(DirectBuffer block) {
    return columnPageLength(block) == EMPTY_LENGTH;
  }

  static int columnPageLength(DirectBuffer block) {
    return block.capacity() - END_LENGTH;
  }

  public static int blocks(DirectBuffer block) {
    return block.getShort(columnPageLength(block) + 2 * Long.BYTES, LITTLE_ENDIAN);
  }

  /** The time of the last row as it was stamped, in milliseconds. */
  public static long lastMillis(DirectBuffer block) {
    return block.getLong(columnPageLength(block), LITTLE_ENDIAN);
  }

  /** When the page was sealed, by the {@link PageClock}. */
  public static long sealedMillis(DirectBuffer block) {
    return block.getLong(columnPageLength(block) + Long.BYTES, LITTLE_ENDIAN);
  }

  /** The time before which there is no row, in milliseconds. */
  static long firstMillis(DirectBuffer block) {
    return isEmpty(block) || blocks(block) > 1 ? Long.MIN_VALUE : ColumnPage.firstMillis(block, 0);
  }

  /** What the first block says of the page; none of it is checked. */
  static GroupPages.Page outline(int number, DirectBuffer first) {
    int blocks = blocks(first);
    int mostRows = blocks == 1 && !isEmpty(first) ? ColumnPage.rows(first, 0) : RowPage.MAX_ROWS;
    return new GroupPages.Page(
        number, shape(first), blocks, Math.clamp(mostRows, 0, RowPage.MAX_ROWS));
  }

  public static Fingerprint shape(DirectBuffer block) {
    return isEmpty(block)
        ? new Fingerprint(block.getLong(0, LITTLE_ENDIAN), block.getLong(Long.BYTES, LITTLE_ENDIAN))
        : ColumnPage.fingerprint(block, 0);
  }
}
