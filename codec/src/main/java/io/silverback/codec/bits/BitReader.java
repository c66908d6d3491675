package io.silverback.codec.bits;

import static java.nio.ByteOrder.BIG_ENDIAN;

import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Reads the bits of a region of a buffer one after the other, the most significant bit first.
 *
 * <p>The bytes belong to the caller, who must not change them meanwhile. The reader never reads
 * outside its region: a read past the end throws {@link CorruptBitsException} and does not move. It
 * allocates nothing else, may be wrapped around another region at any time, and is not thread-safe.
 * Layout: {@code docs/formats/bit-streams.md}.
 */
public final class BitReader {
  private static final DirectBuffer NOTHING = new UnsafeBuffer(new byte[0]);

  /** A word that starts at a byte has at least that many bits after any bit of its first byte. */
  private static final int BITS_AHEAD = Long.SIZE - Byte.SIZE + 1;

  private DirectBuffer buffer = NOTHING;
  private int offset;
  private int end;
  private long length;
  private long position;

  /** Starts at the first bit of a region of {@code length} bytes. */
  public void wrap(DirectBuffer buffer, int offset, int length) {
    buffer.boundsCheck(offset, length);
    this.buffer = buffer;
    this.offset = offset;
    this.end = offset + length;
    this.length = (long) length * Byte.SIZE;
    this.position = 0;
  }

  /**
   * The next bits as an unsigned number.
   *
   * @param count 1 to 64
   */
  public long read(int count) {
    if (count < 1 || count > Long.SIZE) {
      throw new IllegalArgumentException("count must be 1 to 64: count=" + count);
    }
    if (count > length - position) {
      throw exhausted(count);
    }
    if (count <= BITS_AHEAD) {
      return take(count);
    }
    long high = take(count - Integer.SIZE);
    return high << Integer.SIZE | take(Integer.SIZE);
  }

  /**
   * The next bits as a number in two's complement.
   *
   * @param count 1 to 64
   */
  public long readSigned(int count) {
    int unused = Long.SIZE - count;
    return read(count) << unused >> unused;
  }

  public boolean readBit() {
    return read(1) != 0;
  }

  /**
   * Counts the ones before the next zero and takes them together with that zero. After {@code
   * limit} ones no zero is expected.
   *
   * @param limit 1 to 57
   * @return 0 to {@code limit}
   */
  public int readOnes(int limit) {
    if (limit < 1 || limit > BITS_AHEAD) {
      throw new IllegalArgumentException("limit must be 1 to 57: limit=" + limit);
    }
    // There are zeros after the end of the region, so the count of bits below goes one past it at
    // most.
    int ones = Math.min(Long.numberOfLeadingZeros(~ahead()), limit);
    int count = ones == limit ? limit : ones + 1;
    if (count > length - position) {
      throw exhausted(count);
    }
    position += count;
    return ones;
  }

  /** How many bits were read since the start of the region. */
  public long position() {
    return position;
  }

  /** How many bits are left, those that only fill up the last byte included. */
  public long remaining() {
    return length - position;
  }

  private long take(int count) {
    long bits = ahead() >>> (Long.SIZE - count);
    position += count;
    return bits;
  }

  /** The next bits from the top: at least {@link #BITS_AHEAD}, or zeros after the end. */
  private long ahead() {
    int index = offset + (int) (position >>> 3);
    long word = end - index >= Long.BYTES ? buffer.getLong(index, BIG_ENDIAN) : lastBytes(index);
    return word << (position & (Byte.SIZE - 1));
  }

  private long lastBytes(int index) {
    long word = 0;
    int shift = Long.SIZE;
    for (int i = index; i < end; i++) {
      shift -= Byte.SIZE;
      word |= (buffer.getByte(i) & 0xffL) << shift;
    }
    return word;
  }

  private CorruptBitsException exhausted(int count) {
    return new CorruptBitsException(
        "read past the last bit: length=" + length + " position=" + position + " count=" + count);
  }
}
