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

  private final ShapeReader reader;
  private final Room room;
  private @Nullable Labels @Nullable [] kept;
  private Labels last = Labels.EMPTY;

  /** A reader with room that others may take, too. */
  HeldShape(ShapeReader reader, Room room) {
    this.reader = reader;
    this.room = room;
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
