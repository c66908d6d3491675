package io.silverback.server.storage.maps;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import java.nio.ByteBuffer;
import java.util.zip.CRC32C;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;

/**
 * What stands around a value in a file, so that the value can be found and judged by itself: the
 * structure of a map is never read again once its process has ended.
 *
 * <p>An envelope counts from the moment in which its first eight bytes are the store's number until
 * they are not any more. Layout: {@code docs/formats/store.md}.
 */
public final class Envelope {
  public static final int MAGIC_OFFSET = 0;
  static final int SEQUENCE_OFFSET = MAGIC_OFFSET + Long.BYTES;
  static final int MAP_OFFSET = SEQUENCE_OFFSET + Long.BYTES;
  static final int KEY_LENGTH_OFFSET = MAP_OFFSET + Integer.BYTES;
  static final int VALUE_LENGTH_OFFSET = KEY_LENGTH_OFFSET + Integer.BYTES;
  static final int KEPT_FROM_OFFSET = VALUE_LENGTH_OFFSET + Integer.BYTES;
  static final int KEPT_TO_OFFSET = KEPT_FROM_OFFSET + Integer.BYTES;
  static final int CHECKSUM_OFFSET = KEPT_TO_OFFSET + Integer.BYTES;
  public static final int KEY_OFFSET = CHECKSUM_OFFSET + Integer.BYTES;

  /** What no envelope begins with. */
  static final long NO_MAGIC = 0;

  private Envelope() {}

  /** How long it is around a value of that length, under a key of that length. */
  public static int length(int keyLength, int valueLength) {
    return KEY_OFFSET + keyLength + valueLength;
  }

  /**
   * Writes all but the first eight bytes.
   *
   * @param target in a buffer of bytes, which the JDK's checksum takes without a copy
   * @param keptFrom where the bytes of the value begin that stay as they are
   * @param keptTo where they end; those before and after may be edited in place
   */
  public static void seal(
      MutableDirectBuffer target,
      long sequence,
      int map,
      byte[] key,
      DirectBuffer value,
      int keptFrom,
      int keptTo) {
    target.putLong(SEQUENCE_OFFSET, sequence, LITTLE_ENDIAN);
    target.putInt(MAP_OFFSET, map, LITTLE_ENDIAN);
    target.putInt(KEY_LENGTH_OFFSET, key.length, LITTLE_ENDIAN);
    target.putInt(VALUE_LENGTH_OFFSET, value.capacity(), LITTLE_ENDIAN);
    target.putInt(KEPT_FROM_OFFSET, keptFrom, LITTLE_ENDIAN);
    target.putInt(KEPT_TO_OFFSET, keptTo, LITTLE_ENDIAN);
    target.putBytes(KEY_OFFSET, key);
    target.putBytes(KEY_OFFSET + key.length, value, 0, value.capacity());
    target.putInt(CHECKSUM_OFFSET, checksum(target), LITTLE_ENDIAN);
  }

  /**
   * Whether there is a whole envelope at the start of the buffer, which may hold more or anything.
   */
  static boolean isSound(DirectBuffer buffer) {
    if (buffer.capacity() < KEY_OFFSET) {
      return false;
    }
    int key = keyLength(buffer);
    int value = valueLength(buffer);
    int from = keptFrom(buffer);
    int to = keptTo(buffer);
    return key >= 0
        && value >= 0
        && (long) KEY_OFFSET + key + value <= buffer.capacity()
        && from >= 0
        && from <= to
        && to <= value
        && buffer.getInt(CHECKSUM_OFFSET, LITTLE_ENDIAN) == checksum(buffer);
  }

  public static long magic(DirectBuffer envelope) {
    return envelope.getLong(MAGIC_OFFSET, LITTLE_ENDIAN);
  }

  public static void magic(MutableDirectBuffer envelope, long magic) {
    envelope.putLong(MAGIC_OFFSET, magic, LITTLE_ENDIAN);
  }

  public static long sequence(DirectBuffer envelope) {
    return envelope.getLong(SEQUENCE_OFFSET, LITTLE_ENDIAN);
  }

  public static int map(DirectBuffer envelope) {
    return envelope.getInt(MAP_OFFSET, LITTLE_ENDIAN);
  }

  public static int keyLength(DirectBuffer envelope) {
    return envelope.getInt(KEY_LENGTH_OFFSET, LITTLE_ENDIAN);
  }

  public static int valueLength(DirectBuffer envelope) {
    return envelope.getInt(VALUE_LENGTH_OFFSET, LITTLE_ENDIAN);
  }

  public static int valueOffset(DirectBuffer envelope) {
    return KEY_OFFSET + keyLength(envelope);
  }

  private static int keptFrom(DirectBuffer envelope) {
    return envelope.getInt(KEPT_FROM_OFFSET, LITTLE_ENDIAN);
  }

  static int keptTo(DirectBuffer envelope) {
    return envelope.getInt(KEPT_TO_OFFSET, LITTLE_ENDIAN);
  }

  /** Over what says how long the parts are, the key, and what is kept of the value. */
  private static int checksum(DirectBuffer envelope) {
    var checksum = new CRC32C();
    update(checksum, envelope, SEQUENCE_OFFSET, CHECKSUM_OFFSET - SEQUENCE_OFFSET);
    update(checksum, envelope, KEY_OFFSET, keyLength(envelope));
    int from = keptFrom(envelope);
    update(checksum, envelope, valueOffset(envelope) + from, keptTo(envelope) - from);
    return (int) checksum.getValue();
  }

  private static void update(CRC32C checksum, DirectBuffer buffer, int offset, int length) {
    ByteBuffer bytes = buffer.byteBuffer();
    if (bytes == null) {
      throw new IllegalArgumentException("not in a buffer of bytes: capacity=" + buffer.capacity());
    }
    int start = buffer.wrapAdjustment() + offset;
    checksum.update(bytes.duplicate().clear().position(start).limit(start + length));
  }
}
