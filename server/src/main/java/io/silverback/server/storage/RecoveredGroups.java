package io.silverback.server.storage;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import java.nio.ByteBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Makes the entries of groups that an earlier process left those of this one: a head knows since
 * when its group is quiet by a clock that ended with its process. Not thread-safe.
 */
final class RecoveredGroups {
  /** The last format whose heads do not know it at all. */
  private static final int FORMAT_WITHOUT_QUIET = 1;

  private final int format;
  private ByteBuffer room = ByteBuffer.allocateDirect(1024);

  /** For files of that format. */
  RecoveredGroups(int format) {
    this.format = format;
  }

  /** The envelope of such an entry, which may be changed; what is given back is good until then. */
  UnsafeBuffer renewed(UnsafeBuffer envelope, byte[] key) {
    int valueOffset = Envelope.valueOffset(envelope);
    if (format > FORMAT_WITHOUT_QUIET) {
      // Not among the bytes that the checksum is over.
      HistoryHead.quietSince(
          new UnsafeBuffer(envelope, valueOffset, Envelope.valueLength(envelope)),
          HistoryHead.QUIET_SINCE_START);
      return envelope;
    }
    int length = Envelope.valueLength(envelope) + HistoryHead.EDITED_LENGTH;
    var value = new UnsafeBuffer(new byte[length]);
    value.putBytes(
        HistoryHead.EDITED_LENGTH, envelope, valueOffset, length - HistoryHead.EDITED_LENGTH);
    HistoryHead.quietSince(value, HistoryHead.QUIET_SINCE_START);
    int whole = Envelope.length(key.length, length);
    if (room.capacity() < whole) {
      room = ByteBuffer.allocateDirect(whole);
    }
    var renewed = new UnsafeBuffer(room, 0, whole);
    renewed.putLong(Envelope.MAGIC_OFFSET, Envelope.magic(envelope), LITTLE_ENDIAN);
    long sequence = Envelope.sequence(envelope);
    int map = Envelope.map(envelope);
    Envelope.seal(renewed, sequence, map, key, value, HistoryHead.EDITED_LENGTH, length);
    return renewed;
  }
}
