package io.silverback.server.storage.snapshot;

import io.silverback.codec.exposition.LabelText;
import org.agrona.concurrent.UnsafeBuffer;

/** Makes {@link LabelText}s of stored series, without strings. Not thread-safe. */
final class LabelTexts {
  /** Instead of the text of labels that {@link LabelText} does not take. */
  static final byte[] NONE = {};

  private final GroupRows rows;
  private final LabelWalk walk = new LabelWalk();
  private final LabelText text = new LabelText();
  private byte[] name = new byte[64];
  private byte[] value = new byte[256];

  LabelTexts(GroupRows rows) {
    this.rows = rows;
  }

  /**
   * The text of the labels of a series.
   *
   * @param group the place of its group among those of the shape
   * @param groups how many groups have the shape
   * @param set its label set
   * @param position at which the labels of the set begin in the shape
   * @return {@link #NONE} if they have none, or if the group is lost
   */
  byte[] of(int row, HeldShape shape, int group, int groups, int set, int position) {
    byte[] known = shape.labelText(group, set);
    if (known != null) {
      return known;
    }
    byte[] made = rows.read(() -> make(row, shape, position));
    if (!rows.isLost(row)) {
      shape.keepLabelText(made, group, groups, set);
    }
    return made;
  }

  private byte[] make(int row, HeldShape shape, int position) {
    rows.key(row, walk.key());
    if (walk.key().capacity() == 0) {
      return NONE;
    }
    shape.reader().labels(position, walk.own());
    text.clear();
    walk.start();
    while (walk.next()) {
      name = copied(walk.name(), name);
      value = copied(walk.value(), value);
      if (!text.add(name, walk.name().capacity(), value, walk.value().capacity())) {
        return NONE;
      }
    }
    return text.toByteArray();
  }

  private static byte[] copied(UnsafeBuffer source, byte[] room) {
    int length = source.capacity();
    byte[] copy = room.length < length ? new byte[Math.max(length, 2 * room.length)] : room;
    source.getBytes(0, copy, 0, length);
    return copy;
  }
}
