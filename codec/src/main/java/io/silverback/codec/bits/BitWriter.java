package io.silverback.codec.bits;

import static java.nio.ByteOrder.BIG_ENDIAN;

import org.agrona.MutableDirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Writes bits one after the other into a region of a buffer, the most significant bit first.
 *
 * <p>The bytes belong to the caller and hold what was written only after {@link #flush}. The writer
 * never touches a byte outside its region, nor one that it has not reached. It allocates nothing,
 * may be wrapped around another region at any time, and is not thread-safe. Layout: {@code
 * docs/formats/bit-streams.md}.
 */
public final class BitWriter {
  private static final MutableDirectBuffer NOTHING = new UnsafeBuffer(new byte[0]);

  private MutableDirectBuffer buffer = NOTHING;
  private int offset;
  private long capacity;
  private long position;

  /** The bits after the last multiple of 64, from the top; the rest is 0. */
  private long word;

  /** Starts at the first bit of a region of {@code length} bytes. */
  public void wrap(MutableDirectBuffer buffer, int offset, int length) {
    resume(buffer, offset, length, 0);
  }

  /** Goes on after the first {@code position} bits of a region that an earlier writer flushed. */
  public void resume(MutableDirectBuffer buffer, int offset, int length, long position) {
    buffer.boundsCheck(offset, length);
    long bits = (long) length * Byte.SIZE;
    if (position < 0 || position > bits) {
      throw new IllegalArgumentException(
          "position outside of the region: capacity=" + bits + " position=" + position);
    }
    this.buffer = buffer;
    this.offset = offset;
    this.capacity = bits;
    seek(position);
  }

  /**
   * Writes the lowest {@code count} bits of the value, whatever stands above them.
   *
   * @param count 1 to 64
   * @return false, with nothing written, if the region has no room for all of them
   */
  public boolean write(long value, int count) {
    if (count < 1 || count > Long.SIZE) {
      throw new IllegalArgumentException("count must be 1 to 64: count=" + count);
    }
    if (count > capacity - position) {
      return false;
    }
    int pending = pending();
    word |= value << (Long.SIZE - count) >>> pending;
    int spilled = pending + count - Long.SIZE;
    if (spilled >= 0) {
      buffer.putLong(wordIndex(), word, BIG_ENDIAN);
      word = spilled == 0 ? 0 : value << (Long.SIZE - spilled);
    }
    position += count;
    return true;
  }

  /**
   * Writes the lowest {@code prefixCount} bits of the prefix and, after them, the lowest {@code
   * count} bits of the value.
   *
   * @param prefixCount 1 to 64
   * @param count 1 to 64
   * @return false, with nothing written, if the region has no room for all of them
   */
  public boolean writePrefixed(long prefix, int prefixCount, long value, int count) {
    int total = prefixCount + count;
    if (total <= Long.SIZE) {
      return write(prefix << count | (value & (-1L >>> (Long.SIZE - count))), total);
    }
    return hasRoom(total) && write(prefix, prefixCount) && write(value, count);
  }

  /** Whether that many more bits will be taken. */
  public boolean hasRoom(long count) {
    return count <= capacity - position;
  }

  /** How many bits were written since the start of the region. */
  public long position() {
    return position;
  }

  /**
   * Puts what is still held back into the buffer; the last byte is filled up with zeros. Writing
   * may go on afterwards.
   *
   * @return the number of bytes that hold the bits written so far
   */
  public int flush() {
    int index = wordIndex();
    int bytes = (pending() + Byte.SIZE - 1) >>> 3;
    for (int i = 0; i < bytes; i++) {
      buffer.putByte(index + i, (byte) (word >>> (Long.SIZE - Byte.SIZE * (i + 1))));
    }
    return (int) ((position + Byte.SIZE - 1) >>> 3);
  }

  /**
   * Takes back what was written after an earlier position. Bytes already flushed keep what they
   * hold until they are written again.
   */
  public void truncate(long earlier) {
    if (earlier < 0 || earlier > position) {
      throw new IllegalArgumentException(
          "not an earlier position: position=" + position + " earlier=" + earlier);
    }
    flush();
    seek(earlier);
  }

  private void seek(long target) {
    position = target;
    word = 0;
    int index = wordIndex();
    int bits = pending();
    for (int filled = 0; filled < bits; filled += Byte.SIZE) {
      long next = buffer.getByte(index + (filled >>> 3)) & 0xffL;
      word |= next << (Long.SIZE - Byte.SIZE) >>> filled;
    }
    word &= -1L << (Long.SIZE - bits);
  }

  private int pending() {
    return (int) position & (Long.SIZE - 1);
  }

  private int wordIndex() {
    return offset + (int) (position >>> 6 << 3);
  }
}
