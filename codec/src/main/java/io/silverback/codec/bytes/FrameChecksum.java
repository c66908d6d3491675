package io.silverback.codec.bytes;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import java.util.zip.CRC32C;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;

/** The CRC32C at the end of a frame or shape, over all that stands before it. */
public final class FrameChecksum {
  public static final int CHECKSUM_LENGTH = Integer.BYTES;

  private static final int CHUNK_LENGTH = 8192;

  private FrameChecksum() {}

  /** Writes the checksum after {@code length} bytes. */
  public static void put(MutableDirectBuffer buffer, int offset, int length) {
    buffer.putInt(offset + length, of(buffer, offset, length), LITTLE_ENDIAN);
  }

  /**
   * Checks the last bytes of a region against those before.
   *
   * @throws CorruptFrameException if they do not match
   */
  public static void verify(DirectBuffer buffer, int offset, int length) {
    int end = length - CHECKSUM_LENGTH;
    if (buffer.getInt(offset + end, LITTLE_ENDIAN) != of(buffer, offset, end)) {
      throw new CorruptFrameException("checksum mismatch: length=" + length);
    }
  }

  private static int of(DirectBuffer buffer, int offset, int length) {
    var checksum = new CRC32C();
    byte[] bytes = buffer.byteArray();
    if (bytes != null) {
      checksum.update(bytes, buffer.wrapAdjustment() + offset, length);
      return (int) checksum.getValue();
    }
    // Memory that is no array and no ByteBuffer either reaches the JDK's checksum only as a copy.
    byte[] chunk = new byte[Math.min(length, CHUNK_LENGTH)];
    for (int done = 0; done < length; done += chunk.length) {
      int count = Math.min(chunk.length, length - done);
      buffer.getBytes(offset + done, chunk, 0, count);
      checksum.update(chunk, 0, count);
    }
    return (int) checksum.getValue();
  }
}
