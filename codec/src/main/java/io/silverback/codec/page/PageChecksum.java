package io.silverback.codec.page;

import java.util.zip.CRC32C;
import org.agrona.DirectBuffer;

/**
 * The CRC32C of bytes in a buffer, in one go or continued after bytes that are not read again.
 *
 * <p>The one of the JDK is much faster, but cannot start from a checksum. So whole pages are left
 * to it, and only the bytes of a new row go through a table. Not thread-safe.
 */
public final class PageChecksum {
  /** What no bytes come to. */
  static final int OF_NOTHING = 0;

  private static final int REVERSED_POLYNOMIAL = 0x82f63b78;
  private static final int BYTE_MASK = 0xff;
  private static final int[] TABLE = table();
  private static final int CHUNK_LENGTH = 4096;

  private final CRC32C whole = new CRC32C();
  private final byte[] chunk = new byte[CHUNK_LENGTH];

  public int of(DirectBuffer buffer, int offset, int length) {
    whole.reset();
    for (int done = 0; done < length; done += CHUNK_LENGTH) {
      int count = Math.min(CHUNK_LENGTH, length - done);
      buffer.getBytes(offset + done, chunk, 0, count);
      whole.update(chunk, 0, count);
    }
    return (int) whole.getValue();
  }

  /** The checksum of some bytes and, after them, those of the region. */
  static int extend(int checksum, DirectBuffer buffer, int offset, int length) {
    int register = ~checksum;
    for (int i = offset; i < offset + length; i++) {
      register = TABLE[(register ^ buffer.getByte(i)) & BYTE_MASK] ^ register >>> Byte.SIZE;
    }
    return ~register;
  }

  private static int[] table() {
    int[] table = new int[BYTE_MASK + 1];
    for (int i = 0; i < table.length; i++) {
      int register = i;
      for (int bit = 0; bit < Byte.SIZE; bit++) {
        register = register >>> 1 ^ ((register & 1) == 0 ? 0 : REVERSED_POLYNOMIAL);
      }
      table[i] = register;
    }
    return table;
  }
}
