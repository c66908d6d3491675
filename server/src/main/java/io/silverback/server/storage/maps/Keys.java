package io.silverback.server.storage.maps;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import io.silverback.codec.model.Fingerprint;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/** What things are called in the maps. */
public final class Keys {
  private Keys() {}

  public static byte[] of(Fingerprint fingerprint) {
    byte[] key = new byte[2 * Long.BYTES];
    var buffer = new UnsafeBuffer(key);
    buffer.putLong(0, fingerprint.high(), LITTLE_ENDIAN);
    buffer.putLong(Long.BYTES, fingerprint.low(), LITTLE_ENDIAN);
    return key;
  }

  public static byte[] of(long group) {
    byte[] key = new byte[Long.BYTES];
    new UnsafeBuffer(key).putLong(0, group, LITTLE_ENDIAN);
    return key;
  }

  /** The bytes of a key that is only lent. */
  public static byte[] copyOf(DirectBuffer key) {
    byte[] copy = new byte[key.capacity()];
    key.getBytes(0, copy);
    return copy;
  }

  /** One of the open pages that hold the columns of a group side by side. */
  public static byte[] ofOpenPage(long group, int block) {
    byte[] key = new byte[Long.BYTES + Integer.BYTES];
    var buffer = new UnsafeBuffer(key);
    buffer.putLong(0, group, LITTLE_ENDIAN);
    buffer.putInt(Long.BYTES, block, LITTLE_ENDIAN);
    return key;
  }

  /** The group of an open or a sealed page. */
  public static long group(DirectBuffer key) {
    return key.getLong(0, LITTLE_ENDIAN);
  }

  /** The number of a sealed page. */
  public static int page(DirectBuffer key) {
    return key.getInt(Long.BYTES, LITTLE_ENDIAN);
  }

  /** The block of an open or a sealed page. */
  public static int block(DirectBuffer key) {
    return key.getInt(key.capacity() - Integer.BYTES, LITTLE_ENDIAN);
  }

  /** One of the sealed pages that hold the columns of a group side by side. */
  public static byte[] ofPage(long group, int page, int block) {
    byte[] key = new byte[Long.BYTES + 2 * Integer.BYTES];
    var buffer = new UnsafeBuffer(key);
    buffer.putLong(0, group, LITTLE_ENDIAN);
    buffer.putInt(Long.BYTES, page, LITTLE_ENDIAN);
    buffer.putInt(Long.BYTES + Integer.BYTES, block, LITTLE_ENDIAN);
    return key;
  }
}
