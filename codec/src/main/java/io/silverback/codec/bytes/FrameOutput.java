package io.silverback.codec.bytes;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import io.silverback.codec.model.Fingerprint;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;

/**
 * Writes fields one after the other into a buffer, which grows if it can. Not thread-safe.
 *
 * <p>Positions count from where the output started. What a {@code varint} is, says {@code
 * docs/formats/group-shape.md}.
 */
public final class FrameOutput {
  static final int VARINT_BITS = 7;
  static final int VARINT_MORE_FLAG = 0x80;

  private final MutableDirectBuffer buffer;
  private final int offset;
  private int position;

  public FrameOutput(MutableDirectBuffer buffer, int offset) {
    this.buffer = buffer;
    this.offset = offset;
  }

  public int position() {
    return position;
  }

  public void u8(int value) {
    buffer.putByte(offset + position, (byte) value);
    position += Byte.BYTES;
  }

  public void u32(int value) {
    buffer.putInt(offset + position, value, LITTLE_ENDIAN);
    position += Integer.BYTES;
  }

  /** Overwrites what {@link #u32} wrote earlier. */
  public void u32At(int earlier, int value) {
    buffer.putInt(offset + earlier, value, LITTLE_ENDIAN);
  }

  public void u64(long value) {
    buffer.putLong(offset + position, value, LITTLE_ENDIAN);
    position += Long.BYTES;
  }

  public void fingerprint(Fingerprint fingerprint) {
    u64(fingerprint.high());
    u64(fingerprint.low());
  }

  public void varint(long value) {
    long rest = value;
    while (rest >>> VARINT_BITS != 0) {
      u8((int) rest | VARINT_MORE_FLAG);
      rest >>>= VARINT_BITS;
    }
    u8((int) rest);
  }

  public void bytes(byte[] source) {
    buffer.putBytes(offset + position, source);
    position += source.length;
  }

  public void bytes(DirectBuffer source) {
    buffer.putBytes(offset + position, source, 0, source.capacity());
    position += source.capacity();
  }

  /** Passes over bytes that are written by other code. */
  public void advance(int count) {
    position += count;
  }

  /** Ends with the checksum of everything before; the answer is the length of it all. */
  public int finish() {
    FrameChecksum.put(buffer, offset, position);
    position += FrameChecksum.CHECKSUM_LENGTH;
    return position;
  }
}
