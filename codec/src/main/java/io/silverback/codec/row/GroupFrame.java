package io.silverback.codec.row;

import static io.silverback.codec.row.GroupFrameLayout.*;

import io.silverback.codec.bytes.CorruptFrameException;
import io.silverback.codec.bytes.FrameOutput;
import io.silverback.codec.model.Fingerprint;
import io.silverback.codec.model.GroupBounds;
import io.silverback.codec.model.Stamp;
import io.silverback.codec.model.Version;
import java.util.List;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * The current state of one group, the same at rest and on the wire: when what happened to it, and
 * the values of its families. What the values mean is said by a {@link GroupShape}.
 *
 * <p>Immutable: it takes over the words, which nobody writes to any more. Equal frames are equal
 * bytes. Layout: {@code docs/formats/group-frame.md}.
 *
 * @param bounds when what happened to the group
 * @param shape {@link Fingerprint#NONE} for a group without families
 * @param families of each family of the shape, when it was written; empty if the last push wrote
 *     them all
 * @param words the columns of the shape, little-endian words and nothing else
 * @param extras of the metrics of the shape
 */
public record GroupFrame(
    GroupBounds bounds,
    Fingerprint shape,
    List<Stamp> families,
    DirectBuffer words,
    Extras extras) {

  /** That of a group that nobody has pushed to. */
  public static final GroupFrame EMPTY =
      new GroupFrame(
          GroupBounds.NEVER,
          Fingerprint.NONE,
          List.of(),
          new UnsafeBuffer(new byte[0]),
          Extras.NONE);

  public GroupFrame {
    families =
        families.stream().allMatch(bounds.push()::equals) ? List.of() : List.copyOf(families);
    if (words.capacity() % Long.BYTES != 0) {
      throw new IllegalArgumentException("not whole words: length=" + words.capacity());
    }
  }

  /** True if the group was pushed to, with or without success, since it was last deleted. */
  public boolean exists() {
    return bounds.exists();
  }

  /** The same frame, deleted at that version unless it was later. */
  public GroupFrame deletedAt(Version version) {
    return new GroupFrame(
        bounds.max(GroupBounds.ofDelete(version)), shape, families, words, extras);
  }

  public int columnCount() {
    return words.capacity() / Long.BYTES;
  }

  /** How many bytes {@link #encode} takes at most. */
  public long lengthBytes() {
    long stamps = families.size() + 5L;
    return GroupFrameLayout.STAMPS_OFFSET
        + stamps * (GroupFrameLayout.STAMP_LENGTH + Integer.BYTES + 1)
        + words.capacity()
        + extras.lengthBytes()
        + Integer.BYTES;
  }

  /**
   * When a family of the shape was written.
   *
   * @throws CorruptFrameException if the frame is not of a shape with that many families
   */
  public Stamp written(int family) {
    if (families.isEmpty()) {
      return bounds.push();
    }
    if (family >= families.size()) {
      throw new CorruptFrameException(
          "no such family: count=" + families.size() + " family=" + family);
    }
    return families.get(family);
  }

  /**
   * The frame that fills a region, copied out of it.
   *
   * @throws CorruptFrameException if the bytes are damaged or no frame
   */
  public static GroupFrame decode(DirectBuffer buffer, int offset, int length) {
    var reader = new GroupFrameReader(buffer, offset, length);
    reader.verify();
    return reader.decode();
  }

  /**
   * Writes the frame into a buffer that grows or has room.
   *
   * @return the length in bytes
   */
  public int encode(MutableDirectBuffer buffer, int offset) {
    var out = new FrameOutput(buffer, offset);
    var stamps = new StampTable();
    // These five come first, so that their indexes fit into a byte however many families there are.
    int pushIndex = stamps.add(bounds.push());
    int failureIndex = stamps.add(bounds.failure());
    out.u8(FORMAT);
    out.u8(GroupFrameLayout.VERSION);
    out.u8(stamps.add(stampOf(bounds.deletedAt())));
    out.u8(stamps.add(stampOf(bounds.replacedAt())));
    out.u8(stamps.add(bounds.expiry().at()));
    out.u8(pushIndex);
    out.u8(failureIndex);
    int[] indexes = families.stream().mapToInt(stamps::add).toArray();
    out.fingerprint(shape);
    out.u32(words.capacity() / Long.BYTES);
    out.u32(indexes.length);
    out.u32(stamps.stamps().size());
    out.u8(bounds.expiry().keepsPushTime() ? KEEPS_PUSH_TIME_FLAG : 0);
    out.u8(bounds.rhythm().pushes());
    out.u32((int) bounds.rhythm().intervalMillis());
    out.u32((int) bounds.rhythm().deviationMillis());
    stamps.stamps().forEach(stamp -> write(stamp, out));
    out.bytes(words);
    for (int index : indexes) {
      out.varint(index);
    }
    extras.write(out);
    return out.finish();
  }

  private static void write(Stamp stamp, FrameOutput out) {
    out.u64(stamp.version().epoch());
    out.u64(stamp.version().clock());
    out.u64(stamp.version().incarnation());
    out.u64(stamp.wallMillis());
  }

  /** A stamp with that version, one that is there anyway if possible. */
  private Stamp stampOf(Version version) {
    if (bounds.push().version().equals(version)) {
      return bounds.push();
    }
    if (bounds.failure().version().equals(version)) {
      return bounds.failure();
    }
    return families.stream()
        .filter(stamp -> stamp.version().equals(version))
        .findFirst()
        .orElse(new Stamp(version, 0));
  }
}
