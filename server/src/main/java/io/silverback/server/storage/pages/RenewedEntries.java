package io.silverback.server.storage.pages;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import io.silverback.codec.model.Fingerprint;
import io.silverback.codec.page.ColumnPage;
import io.silverback.server.storage.maps.Envelope;
import io.silverback.server.storage.maps.HistoryHead;
import java.nio.ByteBuffer;
import org.agrona.ExpandableArrayBuffer;
import org.agrona.MutableDirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Makes entries that an earlier process left those of this one: brings those of older formats into
 * the one that is written, and forgets since when groups are quiet, by a clock that ended with its
 * process. Not thread-safe.
 */
public final class RenewedEntries {
  /** The format whose heads do not know since when their group is quiet. */
  private static final int FORMAT_WITHOUT_QUIET = 1;

  /**
   * The last format whose pages do not know when they were sealed, and whose heads have the number
   * of the first page after that of the group.
   */
  private static final int SECOND_FORMAT = 2;

  private final int format;
  private ByteBuffer room = ByteBuffer.allocateDirect(1024);

  /** For files of that format. */
  public RenewedEntries(int format) {
    this.format = format;
  }

  /** A group's envelope, which may be changed; what is given back is good until the next call. */
  public UnsafeBuffer group(UnsafeBuffer envelope, byte[] key) {
    UnsafeBuffer found = valueOf(envelope);
    if (format > SECOND_FORMAT) {
      renew(found);
      return envelope;
    }
    int group = format == FORMAT_WITHOUT_QUIET ? 0 : Long.BYTES;
    int firstPage = group + HistoryHead.OLD_FIRST_PAGE_OFFSET;
    int rest = firstPage + Integer.BYTES;
    var value =
        new UnsafeBuffer(
            new byte[HistoryHead.EDITED_LENGTH + Long.BYTES + found.capacity() - rest]);
    HistoryHead.firstPage(value, found.getInt(firstPage, LITTLE_ENDIAN));
    value.putBytes(HistoryHead.EDITED_LENGTH, found, group, Long.BYTES);
    value.putBytes(HistoryHead.EDITED_LENGTH + Long.BYTES, found, rest, found.capacity() - rest);
    renew(value);
    return sealed(envelope, key, value, HistoryHead.EDITED_LENGTH);
  }

  /** Changes bytes that no checksum is over. */
  private static void renew(UnsafeBuffer head) {
    HistoryHead.quietSince(head, HistoryHead.QUIET_SINCE_START);
    HistoryHead.mendFirstPage(head);
  }

  /** The envelope of a sealed page; what is given back is good until the next call. */
  public UnsafeBuffer page(UnsafeBuffer envelope, byte[] key) {
    UnsafeBuffer found = valueOf(envelope);
    int length = found.capacity() - SealedPage.OLD_END_LENGTH;
    if (format > SECOND_FORMAT) {
      return envelope;
    }
    int blocks = found.getShort(length, LITTLE_ENDIAN);
    MutableDirectBuffer value = new ExpandableArrayBuffer();
    int end =
        length == SealedPage.OLD_EMPTY_LENGTH
            ? finishEmpty(value, found, blocks)
            : finish(value, found, length, blocks);
    return sealed(envelope, key, new UnsafeBuffer(value, 0, end), 0);
  }

  private static int finish(MutableDirectBuffer value, UnsafeBuffer found, int length, int blocks) {
    value.putBytes(0, found, 0, length);
    return SealedPage.finish(value, length, ColumnPage.lastMillis(found, 0), 0, blocks);
  }

  private static int finishEmpty(MutableDirectBuffer value, UnsafeBuffer found, int blocks) {
    var shape =
        new Fingerprint(
            found.getLong(Long.BYTES, LITTLE_ENDIAN), found.getLong(2 * Long.BYTES, LITTLE_ENDIAN));
    int length = SealedPage.writeEmpty(value, shape);
    return SealedPage.finish(value, length, found.getLong(0, LITTLE_ENDIAN), 0, blocks);
  }

  private UnsafeBuffer sealed(UnsafeBuffer envelope, byte[] key, UnsafeBuffer value, int keptFrom) {
    int whole = Envelope.length(key.length, value.capacity());
    if (room.capacity() < whole) {
      room = ByteBuffer.allocateDirect(whole);
    }
    var renewed = new UnsafeBuffer(room, 0, whole);
    renewed.putLong(Envelope.MAGIC_OFFSET, Envelope.magic(envelope), LITTLE_ENDIAN);
    long sequence = Envelope.sequence(envelope);
    int map = Envelope.map(envelope);
    Envelope.seal(renewed, sequence, map, key, value, keptFrom, value.capacity());
    return renewed;
  }

  private static UnsafeBuffer valueOf(UnsafeBuffer envelope) {
    return new UnsafeBuffer(
        envelope, Envelope.valueOffset(envelope), Envelope.valueLength(envelope));
  }
}
