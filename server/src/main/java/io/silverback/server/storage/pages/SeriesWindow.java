package io.silverback.server.storage.pages;

import io.silverback.codec.row.ExtrasCursor;
import io.silverback.codec.row.ShapeReader;

/**
 * The next few series of one family of a group, in the order of an exposition: of all that come
 * after one, as many of the first as there is room for.
 *
 * <p>A series is known by a number that grows in that order: its label set, then its place among
 * the metrics of the group. Not thread-safe.
 */
public final class SeriesWindow {
  /** What each series takes. */
  public static final int BYTES_OF_SERIES = 3 * Long.BYTES;

  private static final int FIELDS = 3;
  private static final int VALUES = 1;
  private static final int PLACES = 2;

  private final long[] fields;
  private int count;
  private int at;
  private boolean isWhole;

  /** A window of nothing yet. */
  public SeriesWindow(int most) {
    this.fields = new long[FIELDS * most];
  }

  /** The least number of a series that has a label set. */
  public static long firstOf(int labelSet) {
    return (long) labelSet << Integer.SIZE;
  }

  public static int labelSetOf(long series) {
    return (int) (series >>> Integer.SIZE);
  }

  public static int metricOf(long series) {
    return (int) series;
  }

  /**
   * Starts before the first series from one number up to another.
   *
   * @param family stands at the family, and is moved through its metrics
   * @param extras stands before the extras of the group, and is moved through them
   */
  public void fill(ShapeReader family, long from, long to, ExtrasCursor extras) {
    int most = fields.length / FIELDS;
    boolean isHeap = false;
    boolean isSorted = true;
    at = -1;
    count = 0;
    isWhole = true;
    family.rewind();
    while (family.nextMetric()) {
      long series = firstOf(family.labelSet()) | family.metric();
      if (series < from || series > to) {
        continue;
      }
      if (count < most) {
        isSorted &= count == 0 || fields[FIELDS * (count - 1)] < series;
        put(count++, series, family, extras);
        continue;
      }
      isWhole = false;
      if (!isHeap && !(isSorted && fields[FIELDS * (count - 1)] < series)) {
        heapify();
        isHeap = true;
      }
      if (isHeap && series < fields[0]) {
        put(0, series, family, extras);
        sink(0, count);
      }
    }
    if (isHeap || !isSorted) {
      if (!isHeap) {
        heapify();
      }
      sortHeap();
    }
    for (int i = 0; i < count; i++) {
      long labels = family.labelsPosition(labelSetOf(fields[FIELDS * i]));
      fields[FIELDS * i + PLACES] |= labels << Integer.SIZE;
    }
  }

  private void put(int index, long series, ShapeReader family, ExtrasCursor extras) {
    fields[FIELDS * index] = series;
    fields[FIELDS * index + VALUES] =
        (long) family.layoutPosition() << Integer.SIZE | family.column();
    fields[FIELDS * index + PLACES] = extras.find(family.metric());
  }

  private void heapify() {
    for (int i = count / 2 - 1; i >= 0; i--) {
      sink(i, count);
    }
  }

  private void sortHeap() {
    for (int end = count - 1; end > 0; end--) {
      swap(0, end);
      sink(0, end);
    }
  }

  /** Restores the heap, whose largest is first, below a place. */
  private void sink(int from, int end) {
    int place = from;
    while (2 * place + 1 < end) {
      int child = 2 * place + 1;
      if (child + 1 < end && fields[FIELDS * child] < fields[FIELDS * (child + 1)]) {
        child++;
      }
      if (fields[FIELDS * place] >= fields[FIELDS * child]) {
        return;
      }
      swap(place, child);
      place = child;
    }
  }

  private void swap(int left, int right) {
    for (int i = 0; i < FIELDS; i++) {
      long field = fields[FIELDS * left + i];
      fields[FIELDS * left + i] = fields[FIELDS * right + i];
      fields[FIELDS * right + i] = field;
    }
  }

  /** Goes to the next series; false if the window has no more. */
  public boolean next() {
    at++;
    return at < count;
  }

  public boolean isEmpty() {
    return count == 0;
  }

  /** True if there are no others in the family, up to the number that was asked for. */
  public boolean isWhole() {
    return isWhole;
  }

  /** The number of the current series. */
  public long series() {
    return fields[FIELDS * at];
  }

  /** Where in the shape the label set of the current series stands. */
  public int labels() {
    return (int) (fields[FIELDS * at + PLACES] >>> Integer.SIZE);
  }

  /** Where in the shape the layout of the current series stands. */
  public int layout() {
    return (int) (fields[FIELDS * at + VALUES] >>> Integer.SIZE);
  }

  /** The first column of the current series in its group. */
  public int column() {
    return (int) fields[FIELDS * at + VALUES];
  }

  /** Where in the frame the extra of the current series stands; 0 if it has none. */
  public int extra() {
    return (int) fields[FIELDS * at + PLACES];
  }
}
