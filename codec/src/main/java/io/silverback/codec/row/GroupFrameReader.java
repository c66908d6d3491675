package io.silverback.codec.row;

import static io.silverback.codec.row.GroupFrameLayout.*;
import static java.nio.ByteOrder.LITTLE_ENDIAN;

import io.silverback.codec.bytes.CorruptFrameException;
import io.silverback.codec.bytes.FrameChecksum;
import io.silverback.codec.bytes.FrameInput;
import io.silverback.codec.model.Expiry;
import io.silverback.codec.model.Fingerprint;
import io.silverback.codec.model.GroupBounds;
import io.silverback.codec.model.PushRhythm;
import io.silverback.codec.model.Stamp;
import io.silverback.codec.model.Version;
import java.util.ArrayList;
import java.util.List;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Reads single fields of an encoded frame where they stand.
 *
 * <p>Borrows the bytes. Not thread-safe. Whatever the bytes are, it throws {@link
 * CorruptFrameException} at the worst, and takes time and memory in proportion to them; but only
 * after {@link #verify} are they known to be what was written.
 */
public final class GroupFrameReader {
  private final DirectBuffer buffer;
  private final int offset;
  private final int length;
  private final FrameInput in;
  private final Fingerprint shape;
  private final int columnCount;
  private final int familyStampCount;
  private final int stampCount;
  private final int stampsPosition;
  private final int wordsPosition;

  /**
   * A reader of the frame that fills a region.
   *
   * @throws CorruptFrameException if the region cannot hold one
   */
  public GroupFrameReader(DirectBuffer buffer, int offset, int length) {
    int end = length - FrameChecksum.CHECKSUM_LENGTH;
    if (end < OLDEST_STAMPS_OFFSET) {
      throw new CorruptFrameException("frame is cut off: length=" + length);
    }
    this.buffer = buffer;
    this.offset = offset;
    this.length = length;
    in = new FrameInput(buffer, offset, end);
    int format = in.u8();
    int version = in.u8();
    if (format != FORMAT || version < OLDEST_VERSION || version > GroupFrameLayout.VERSION) {
      throw in.fault("not a frame of this version");
    }
    stampsPosition = version == OLDEST_VERSION ? OLDEST_STAMPS_OFFSET : STAMPS_OFFSET;
    if (end < stampsPosition) {
      throw new CorruptFrameException("frame is cut off: length=" + length);
    }
    in.position(SHAPE_OFFSET);
    shape = in.fingerprint();
    columnCount = in.u32();
    familyStampCount = in.u32();
    stampCount = in.u32();
    in.position(stampsPosition);
    in.skip((long) stampCount * STAMP_LENGTH);
    wordsPosition = in.position();
    in.skip((long) columnCount * Long.BYTES);
    if (familyStampCount > in.length() - in.position()) {
      throw in.fault("stamps of families do not fit");
    }
  }

  /**
   * Checks the checksum over all bytes.
   *
   * @throws CorruptFrameException if it does not match
   */
  public void verify() {
    FrameChecksum.verify(buffer, offset, length);
  }

  /** When what happened to the group, copied. */
  public GroupBounds bounds() {
    return new GroupBounds(
        deletedAt(),
        stamp(index(REPLACED_OFFSET)).version(),
        expiry(),
        push(),
        failure(),
        rhythm());
  }

  public Expiry expiry() {
    boolean keepsPushTime =
        knowsStaleness() && (buffer.getByte(offset + FLAGS_OFFSET) & KEEPS_PUSH_TIME_FLAG) != 0;
    return new Expiry(stamp(index(EXPIRED_OFFSET)), keepsPushTime);
  }

  public Stamp push() {
    return stamp(index(PUSH_OFFSET));
  }

  /** As {@link GroupBounds#exists}. */
  public boolean exists() {
    return GroupBounds.exists(deletedAt(), push(), failure());
  }

  /** As {@link GroupBounds#isStale}. */
  public boolean isStale() {
    // Most groups never expired, and this is asked for each of them in each scrape.
    return index(EXPIRED_OFFSET) != NEVER && bounds().isStale();
  }

  /** As {@link GroupBounds#pushMillis}. */
  public long pushMillis() {
    return GroupBounds.millis(push(), deletedAt());
  }

  /** As {@link GroupBounds#failureMillis}. */
  public long failureMillis() {
    return GroupBounds.millis(failure(), deletedAt());
  }

  private Version deletedAt() {
    return stamp(index(DELETED_OFFSET)).version();
  }

  private Stamp failure() {
    return stamp(index(FAILURE_OFFSET));
  }

  private PushRhythm rhythm() {
    if (!knowsStaleness()) {
      return PushRhythm.NONE;
    }
    return new PushRhythm(
        buffer.getByte(offset + RHYTHM_PUSHES_OFFSET) & 0xff,
        buffer.getInt(offset + RHYTHM_INTERVAL_OFFSET, LITTLE_ENDIAN) & PushRhythm.MOST_MILLIS,
        buffer.getInt(offset + RHYTHM_DEVIATION_OFFSET, LITTLE_ENDIAN) & PushRhythm.MOST_MILLIS);
  }

  /** The fingerprint of the shape; {@link Fingerprint#NONE} for a group without families. */
  public Fingerprint shape() {
    return shape;
  }

  public int columnCount() {
    return columnCount;
  }

  /** Where in the buffer the first word stands. */
  public int wordsOffset() {
    return offset + wordsPosition;
  }

  /** The same for a frame that fills a buffer, without looking at the rest of it. */
  public static int wordsOffset(DirectBuffer frame) {
    boolean isOldest = frame.getByte(VERSION_OFFSET) == OLDEST_VERSION;
    int stamps = frame.getInt(STAMP_COUNT_OFFSET, LITTLE_ENDIAN);
    return (isOldest ? OLDEST_STAMPS_OFFSET : STAMPS_OFFSET) + stamps * STAMP_LENGTH;
  }

  /** A view of the words and nothing else; it borrows the bytes. */
  public DirectBuffer words() {
    return new UnsafeBuffer(buffer, wordsOffset(), columnCount * Long.BYTES);
  }

  /** When each family of the shape was written; empty if the push wrote them all. */
  public List<Stamp> families() {
    in.position(wordsPosition + columnCount * Long.BYTES);
    var families = new ArrayList<Stamp>(familyStampCount);
    for (int i = 0; i < familyStampCount; i++) {
      families.add(stamp(in.index(stampCount + 1)));
    }
    return families;
  }

  /** How many families have a stamp of their own; none if the push wrote them all. */
  public int familyStampCount() {
    return familyStampCount;
  }

  /** Where the stamp of the first family stands; 0 if the push wrote them all. */
  public int firstFamilyStamp() {
    return familyStampCount == 0 ? 0 : wordsPosition + columnCount * Long.BYTES;
  }

  /** When the family was written whose stamp stands at a position. */
  public Stamp familyStamp(int position) {
    in.position(position);
    return stamp(in.index(stampCount + 1));
  }

  /** Where the stamp of the next family stands. */
  public int nextFamilyStamp(int position) {
    in.position(position);
    in.varint();
    return in.position();
  }

  /** The extras, copied. */
  public Extras extras() {
    moveToExtras();
    return Extras.read(in);
  }

  /** The offset of the extras in the frame, for an {@link ExtrasCursor}; 0 without extras. */
  public int extrasPosition() {
    moveToExtras();
    int at = in.position();
    return in.varint() == 0 ? 0 : at;
  }

  private void moveToExtras() {
    in.position(wordsPosition + columnCount * Long.BYTES);
    for (int i = 0; i < familyStampCount; i++) {
      in.varint();
    }
  }

  /** The whole frame, copied. */
  public GroupFrame decode() {
    Extras extras = extras();
    if (in.position() != in.length()) {
      throw in.fault("bytes after the end");
    }
    MutableDirectBuffer words = new UnsafeBuffer(new byte[columnCount * Long.BYTES]);
    words.putBytes(0, buffer, wordsOffset(), words.capacity());
    return new GroupFrame(bounds(), shape, families(), words, extras);
  }

  private boolean knowsStaleness() {
    return stampsPosition == STAMPS_OFFSET;
  }

  private int index(int field) {
    int index = buffer.getByte(offset + field) & 0xff;
    if (index > stampCount) {
      throw in.fault("no such stamp");
    }
    return index;
  }

  private Stamp stamp(int index) {
    if (index == NEVER) {
      return Stamp.NEVER;
    }
    int at = offset + stampsPosition + (index - 1) * STAMP_LENGTH;
    return new Stamp(
        new Version(
            word(at + STAMP_EPOCH_OFFSET),
            word(at + STAMP_CLOCK_OFFSET),
            word(at + STAMP_INCARNATION_OFFSET)),
        word(at + STAMP_WALL_OFFSET));
  }

  private long word(int at) {
    return buffer.getLong(at, LITTLE_ENDIAN);
  }
}
