package io.silverback.server.storage.snapshot;

import io.silverback.codec.model.Labels;
import io.silverback.codec.row.ShapeReader;
import org.jspecify.annotations.Nullable;

/**
 * A reader of one shape that keeps the label sets which it decoded, as long as there is room for
 * them: families share them. Not thread-safe.
 */
final class HeldShape {
  /** What a reader takes on the heap, about, with what it knows of small tables. */
  static final int BYTES = 1024;

  /** In larger shapes a set is hardly ever asked for again before all others were. */
  private static final int MOST_KEPT_SETS = 4096;

  private static final int BYTES_OF_LABELS = 48;
  private static final int BYTES_OF_PAIR = 8;
  private static final int BYTES_OF_STRING = 56;
  private static final int BYTES_OF_ARRAY = 24;
  private static final int BYTES_OF_GROUP = 40;
  private static final int BYTES_OF_REFERENCE = 4;

  private final ShapeReader reader;
  private final Room room;
  private @Nullable Labels @Nullable [] kept;
  private Labels last = Labels.EMPTY;

  /** What is kept of the groups of the shape, each by its place among them. */
  private @Nullable GroupTexts @Nullable [] texts;

  /** A reader with room that others may take, too. */
  HeldShape(ShapeReader reader, Room room) {
    this.reader = reader;
    this.room = room;
  }

  /** The label texts of one group, null for sets of which none is kept. */
  private static final class GroupTexts {
    private final byte[][] bySet;

    private GroupTexts(int sets) {
      this.bySet = new byte[sets][];
    }
  }

  /** Bytes of the heap that several share. */
  static final class Room {
    private long left;

    Room(long bytes) {
      this.left = bytes;
    }

    boolean take(long bytes) {
      boolean isThere = bytes <= left;
      left -= isThere ? bytes : 0;
      return isThere;
    }
  }

  ShapeReader reader() {
    return reader;
  }

  /**
   * The labels of a set, without those of the grouping key.
   *
   * @param position where the set stands
   */
  Labels labels(int set, int position) {
    @Nullable Labels[] known = kept();
    if (known.length == 0) {
      return reader.labels(position);
    }
    Labels labels = known[set];
    if (labels == null) {
      labels = reader.labels(position);
      if (room.take(newBytes(labels))) {
        known[set] = labels;
        last = labels;
      }
    }
    return labels;
  }

  private @Nullable Labels[] kept() {
    @Nullable Labels[] known = kept;
    if (known == null) {
      int sets = reader.labelSetCount();
      boolean keeps = sets <= MOST_KEPT_SETS && room.take((long) sets * Integer.BYTES);
      known = new Labels[keeps ? sets : 0];
      kept = known;
    }
    return known;
  }

  /**
   * The label text of a set with the labels of a group, if it is kept; else null.
   *
   * @param group the place of the group among those of the shape
   */
  byte @Nullable [] labelText(int group, int set) {
    @Nullable GroupTexts ofGroup = texts == null ? null : texts[group];
    return ofGroup == null ? null : ofGroup.bySet[set];
  }

  /**
   * Keeps a label text, if others will ask for it and there is room.
   *
   * @param groups how many groups have the shape
   */
  void keepLabelText(byte[] text, int group, int groups, int set) {
    int sets = reader.labelSetCount();
    if (sets > MOST_KEPT_SETS || reader.shapeColumnCount() < 2 * sets) {
      return;
    }
    if (texts == null && room.take((long) groups * BYTES_OF_REFERENCE)) {
      texts = new GroupTexts[groups];
    }
    @Nullable GroupTexts[] known = texts;
    if (known == null) {
      return;
    }
    if (known[group] == null && room.take(BYTES_OF_GROUP + (long) sets * BYTES_OF_REFERENCE)) {
      known[group] = new GroupTexts(sets);
    }
    GroupTexts ofGroup = known[group];
    if (ofGroup != null && room.take(BYTES_OF_ARRAY + (long) text.length)) {
      ofGroup.bySet[set] = text;
    }
  }

  /** What labels take besides the texts that they share with the set that was kept last. */
  @SuppressWarnings("ReferenceEquality") // Only the same string takes no memory of its own.
  private long newBytes(Labels labels) {
    long bytes = BYTES_OF_LABELS;
    for (int i = 0; i < labels.size(); i++) {
      boolean knows = i < last.size();
      bytes += BYTES_OF_PAIR;
      bytes += knows && last.name(i) == labels.name(i) ? 0 : bytesOf(labels.name(i));
      bytes += knows && last.value(i) == labels.value(i) ? 0 : bytesOf(labels.value(i));
    }
    return bytes;
  }

  private static long bytesOf(String text) {
    return (long) BYTES_OF_STRING + text.length();
  }
}
