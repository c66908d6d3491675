package io.silverback.codec.bytes;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import io.silverback.codec.model.Fingerprint;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * A cursor over fields that may be damaged: whatever they say, it never leaves its region.
 *
 * <p>Each fault is a {@link CorruptFrameException}. Positions count from the start of the region.
 * Borrows the bytes; not thread-safe.
 */
public final class FrameInput {
  /** As many as 35 bits need; nothing that is written needs more. */
  private static final int LONGEST_VARINT_LENGTH = 5;

  private static final DirectBuffer NOTHING = new UnsafeBuffer(0, 0);

  private DirectBuffer buffer;
  private int offset;
  private int length;
  private int position;

  /** A cursor over nothing. */
  public FrameInput() {
    this(NOTHING, 0, 0);
  }

  public FrameInput(DirectBuffer buffer, int offset, int length) {
    buffer.boundsCheck(offset, length);
    this.buffer = buffer;
    this.offset = offset;
    this.length = length;
  }

  /** Goes to where another cursor is. */
  public void moveTo(FrameInput other) {
    buffer = other.buffer;
    offset = other.offset;
    length = other.length;
    position = other.position;
  }

  public int length() {
    return length;
  }

  public int position() {
    return position;
  }

  public void position(int target) {
    if (target < 0 || target > length) {
      throw fault("position is outside");
    }
    position = target;
  }

  /** Passes over {@code count} bytes. */
  public void skip(long count) {
    if (count < 0 || count > length - position) {
      throw fault("cut off");
    }
    position += (int) count;
  }

  public int u8() {
    int from = position;
    skip(Byte.BYTES);
    return buffer.getByte(offset + from) & 0xff;
  }

  /** A number of 32 bits that is used as a length or number of things. */
  public int u32() {
    int from = position;
    skip(Integer.BYTES);
    int value = buffer.getInt(offset + from, LITTLE_ENDIAN);
    if (value < 0) {
      throw fault("number is too large");
    }
    return value;
  }

  public long u64() {
    int from = position;
    skip(Long.BYTES);
    return buffer.getLong(offset + from, LITTLE_ENDIAN);
  }

  public Fingerprint fingerprint() {
    long high = u64();
    return new Fingerprint(high, u64());
  }

  public long varint() {
    long value = 0;
    for (int i = 0; i < LONGEST_VARINT_LENGTH; i++) {
      long next = u8();
      value |= (next & ~FrameOutput.VARINT_MORE_FLAG) << (FrameOutput.VARINT_BITS * i);
      if ((next & FrameOutput.VARINT_MORE_FLAG) == 0) {
        return value;
      }
    }
    throw fault("varint is too long");
  }

  /** A varint that is below a bound. */
  public int index(int bound) {
    long value = varint();
    if (value >= bound) {
      throw fault("index is out of bounds");
    }
    return (int) value;
  }

  /** A varint that says how many things follow, each of them at least that many bytes long. */
  public int count(int leastLength) {
    long value = varint();
    if (value > (length - position) / leastLength) {
      throw fault("cut off");
    }
    return (int) value;
  }

  public byte[] bytes(int count) {
    int from = position;
    skip(count);
    byte[] copy = new byte[count];
    buffer.getBytes(offset + from, copy);
    return copy;
  }

  public CorruptFrameException fault(String reason) {
    return new CorruptFrameException(reason + ": position=" + position + " length=" + length);
  }
}
