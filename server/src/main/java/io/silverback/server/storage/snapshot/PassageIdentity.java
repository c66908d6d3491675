package io.silverback.server.storage.snapshot;

import io.silverback.codec.row.GroupFrameReader;
import io.silverback.codec.row.ShapeReader;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * The bytes that decide what the series of one family of some groups look like, one group after the
 * other: their shape, which of its series are meant, the grouping keys and the values. Groups are
 * added until there are enough for a passage. Where passages end depends on the keys, so that most
 * are the same again when groups come and go. Not thread-safe.
 */
final class PassageIdentity {
  /** A passage of small groups has as many and its least on average. */
  private static final int SERIES_TO_BORDER = 64;

  private static final int MOST_SERIES = 1024;
  private static final int MOST_BYTES = 32 * 1024;

  private final GroupRows rows;
  private final byte[] bytes = new byte[MOST_BYTES];
  private final UnsafeBuffer out = new UnsafeBuffer(bytes);
  private final UnsafeBuffer key = new UnsafeBuffer();
  private final UnsafeBuffer frame = new UnsafeBuffer();
  private int length;
  private int firstColumn;
  private int columns;
  private int seriesOfGroup;
  private int series;
  private int least;
  private boolean isAtBorder;

  PassageIdentity(GroupRows rows) {
    this.rows = rows;
  }

  /**
   * Starts with no group.
   *
   * @param family at the family
   * @param first number of the first series of each group
   * @param last number of the last one
   * @param leastSeries of a passage
   */
  void start(ShapeReader family, long first, long last, int leastSeries) {
    out.putLong(0, family.fingerprint().high());
    out.putLong(Long.BYTES, family.fingerprint().low());
    out.putLong(2 * Long.BYTES, first);
    out.putLong(3 * Long.BYTES, last);
    out.putInt(4 * Long.BYTES, family.familyPlace());
    length = 4 * Long.BYTES + Integer.BYTES;
    firstColumn = family.firstColumn();
    columns = family.columnCount();
    seriesOfGroup = family.metricCount();
    series = 0;
    least = leastSeries;
    isAtBorder = false;
  }

  /** Adds a group, if the passage goes on and the group has no more than its values. */
  boolean add(int row) {
    int needed = Integer.BYTES + rows.keyLength(row) + columns * Long.BYTES;
    if (isAtBorder
        || rows.extras(row) != 0
        || needed > MOST_BYTES - length
        || seriesOfGroup > MOST_SERIES - series) {
      return false;
    }
    boolean isLost =
        rows.readInt(
                () -> {
                  rows.key(row, key);
                  rows.frame(row, frame);
                  return frame.capacity() == 0 ? 0 : copy();
                })
            == 0;
    if (isLost) {
      return false;
    }
    length += needed;
    series += seriesOfGroup;
    isAtBorder = series >= least && isBorder();
    return true;
  }

  private int copy() {
    out.putInt(length, key.capacity());
    out.putBytes(length + Integer.BYTES, key, 0, key.capacity());
    out.putBytes(
        length + Integer.BYTES + key.capacity(),
        frame,
        GroupFrameReader.wordsOffset(frame) + firstColumn * Long.BYTES,
        columns * Long.BYTES);
    return key.capacity();
  }

  /** Those who choose their keys can have passages as small or large as allowed, and no more. */
  private boolean isBorder() {
    int end = length - columns * Long.BYTES;
    // The last bytes of a short key, and a part of its length before it.
    long hash = out.getLong(end - Long.BYTES);
    for (int at = end - key.capacity(); at <= end - Long.BYTES; at += Long.BYTES) {
      hash = hash * 0x9E3779B97F4A7C15L + out.getLong(at);
    }
    hash *= 0x9E3779B97F4A7C15L;
    return (int) (hash >>> Integer.SIZE & Short.MAX_VALUE) % SERIES_TO_BORDER < seriesOfGroup;
  }

  /** True if it has enough series. */
  boolean isPassage() {
    return series >= least;
  }

  byte[] bytes() {
    return bytes;
  }

  int length() {
    return length;
  }
}
