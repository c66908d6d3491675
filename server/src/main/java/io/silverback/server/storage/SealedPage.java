package io.silverback.server.storage;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import io.silverback.codec.model.Fingerprint;
import io.silverback.codec.row.ColumnPage;
import io.silverback.codec.row.RowPage;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;

/**
 * A block of a sealed page as it lies in the map: a {@link ColumnPage}, and behind it how many
 * blocks the page has.
 *
 * <p>The first block is there even if nobody pushed one of its columns; then what the column page
 * would say of the whole page stands in its place.
 */
final class SealedPage {
  static final int BLOCKS_LENGTH = Short.BYTES;

  private static final int LAST_MILLIS_OFFSET = 0;
  private static final int SHAPE_HIGH_OFFSET = LAST_MILLIS_OFFSET + Long.BYTES;
  private static final int SHAPE_LOW_OFFSET = SHAPE_HIGH_OFFSET + Long.BYTES;
  private static final int EMPTY_LENGTH = SHAPE_LOW_OFFSET + Long.BYTES;

  private SealedPage() {}

  /** Ends a block whose column page has that length. */
  static int finish(MutableDirectBuffer block, int length, int blocks) {
    block.putShort(length, (short) blocks, LITTLE_ENDIAN);
    return length + BLOCKS_LENGTH;
  }

  /** Writes a first block without rows. */
  static int writeEmpty(MutableDirectBuffer block, int blocks, long lastMillis, Fingerprint shape) {
    block.putLong(LAST_MILLIS_OFFSET, lastMillis, LITTLE_ENDIAN);
    block.putLong(SHAPE_HIGH_OFFSET, shape.high(), LITTLE_ENDIAN);
    block.putLong(SHAPE_LOW_OFFSET, shape.low(), LITTLE_ENDIAN);
    return finish(block, EMPTY_LENGTH, blocks);
  }

  static boolean isEmpty(DirectBuffer block) {
    return columnPageLength(block) == EMPTY_LENGTH;
  }

  static int columnPageLength(DirectBuffer block) {
    return block.capacity() - BLOCKS_LENGTH;
  }

  static int blocks(DirectBuffer block) {
    return block.getShort(columnPageLength(block), LITTLE_ENDIAN);
  }

  /** The time of the last row, in milliseconds. */
  static long lastMillis(DirectBuffer block) {
    return isEmpty(block)
        ? block.getLong(LAST_MILLIS_OFFSET, LITTLE_ENDIAN)
        : ColumnPage.lastMillis(block, 0);
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

  static Fingerprint shape(DirectBuffer block) {
    return isEmpty(block)
        ? new Fingerprint(
            block.getLong(SHAPE_HIGH_OFFSET, LITTLE_ENDIAN),
            block.getLong(SHAPE_LOW_OFFSET, LITTLE_ENDIAN))
        : ColumnPage.fingerprint(block, 0);
  }
}
