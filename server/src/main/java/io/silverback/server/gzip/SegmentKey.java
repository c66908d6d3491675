package io.silverback.server.gzip;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.security.SecureRandom;
import java.util.Comparator;

/**
 * Tells pieces of a page apart by 128 bits that depend on secrets of this process, so that no
 * client can choose two pieces with the same ones.
 *
 * @param length of the piece in bytes, or less than 0 for what is not its text
 */
record SegmentKey(long high, long low, int length) implements Comparable<SegmentKey> {
  /*
   * Implementation notes: the universal hash NH. A piece is cut into blocks, and of each pair of
   * words in a block, a secret word added to each, the product is added up in 128 bits: two blocks
   * have the same sum for at most one of 2^64 choices of the secrets. The sums of the blocks are
   * hashed in the same way with other secrets. Nobody outside sees a key.
   */
  static final int MOST_BYTES = 64 * 1024;

  private static final int PAIR_BYTES = 2 * Long.BYTES;
  private static final int BLOCK_BYTES = 1024;

  private static final VarHandle WORDS =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  private static final long[] OF_BLOCK = secrets(BLOCK_BYTES / Long.BYTES);
  private static final long[] OF_BLOCKS = secrets(2 * (MOST_BYTES / BLOCK_BYTES));

  private static final Comparator<SegmentKey> ORDER =
      Comparator.comparingLong(SegmentKey::high)
          .thenComparingLong(SegmentKey::low)
          .thenComparingInt(SegmentKey::length);

  private static long[] secrets(int count) {
    return new SecureRandom().longs(count).toArray();
  }

  /** The key of at most {@link #MOST_BYTES}. */
  static SegmentKey of(byte[] bytes, int offset, int length) {
    long high = 0;
    long low = 0;
    int block = 0;
    for (int at = 0; at < length; at += BLOCK_BYTES) {
      int end = offset + Math.min(length, at + BLOCK_BYTES);
      long blockHigh = 0;
      long blockLow = 0;
      int secret = 0;
      int from = offset + at;
      for (; from + PAIR_BYTES <= end; from += PAIR_BYTES) {
        long left = (long) WORDS.get(bytes, from) + OF_BLOCK[secret];
        long right = (long) WORDS.get(bytes, from + Long.BYTES) + OF_BLOCK[secret + 1];
        secret += 2;
        long product = left * right;
        blockLow += product;
        blockHigh += Math.unsignedMultiplyHigh(left, right) + carry(blockLow, product);
      }
      if (from < end) {
        byte[] rest = new byte[PAIR_BYTES];
        System.arraycopy(bytes, from, rest, 0, end - from);
        long left = (long) WORDS.get(rest, 0) + OF_BLOCK[secret];
        long right = (long) WORDS.get(rest, Long.BYTES) + OF_BLOCK[secret + 1];
        long product = left * right;
        blockLow += product;
        blockHigh += Math.unsignedMultiplyHigh(left, right) + carry(blockLow, product);
      }
      long left = blockHigh + OF_BLOCKS[block];
      long right = blockLow + OF_BLOCKS[block + 1];
      block += 2;
      long product = left * right;
      low += product;
      high += Math.unsignedMultiplyHigh(left, right) + carry(low, product);
    }
    return new SegmentKey(high, low, length);
  }

  /** The key of a piece that follows from these bytes, which no text has. */
  static SegmentKey ofIdentity(byte[] bytes, int length) {
    SegmentKey key = of(bytes, 0, length);
    return new SegmentKey(key.high, key.low, ~length);
  }

  private static long carry(long sum, long added) {
    return Long.compareUnsigned(sum, added) < 0 ? 1 : 0;
  }

  @Override
  public int compareTo(SegmentKey other) {
    return ORDER.compare(this, other);
  }

  @Override
  public int hashCode() {
    return (int) (low ^ low >>> Integer.SIZE);
  }
}
