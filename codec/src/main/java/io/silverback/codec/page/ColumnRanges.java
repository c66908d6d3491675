package io.silverback.codec.page;

import io.silverback.codec.bits.BitReader;
import io.silverback.codec.bits.BitWriter;
import io.silverback.codec.bits.IntegerCodes;
import java.util.Arrays;

/**
 * Which columns of a page a row has: ranges in ascending order that do not touch each other.
 *
 * <p>Made to be filled again and again; grows to what its fullest filling needs, which the limit on
 * columns bounds. Not thread-safe. Layout: {@code docs/formats/row-page.md}.
 */
public final class ColumnRanges {
  /** Start and end of each range in turn. */
  private int[] bounds = new int[8];

  private int size;
  private int columnCount;

  /** All columns of a page that has that many. */
  public static ColumnRanges all(int columns) {
    var ranges = new ColumnRanges();
    ranges.add(0, columns);
    return ranges;
  }

  public void clear() {
    size = 0;
    columnCount = 0;
  }

  /** Adds the columns from {@code start} to before {@code end}, all after those added earlier. */
  public void add(int start, int end) {
    int last = last();
    if (start < last || end <= start || end > RowPage.MAX_COLUMNS) {
      throw new IllegalArgumentException(
          "not a next range: last=" + last + " start=" + start + " end=" + end);
    }
    columnCount += end - start;
    if (size > 0 && start == last) {
      bounds[2 * size - 1] = end;
      return;
    }
    if (2 * size == bounds.length) {
      bounds = Arrays.copyOf(bounds, 2 * bounds.length);
    }
    bounds[2 * size] = start;
    bounds[2 * size + 1] = end;
    size++;
  }

  /** How many ranges there are. */
  public int size() {
    return size;
  }

  /** The first column of a range. */
  public int start(int range) {
    return bounds[2 * range];
  }

  /** The column after the last one of a range. */
  public int end(int range) {
    return bounds[2 * range + 1];
  }

  /** How many columns there are in all ranges. */
  public int columnCount() {
    return columnCount;
  }

  public boolean contains(int column) {
    int at = Arrays.binarySearch(bounds, 0, 2 * size, column);
    // Starts have even indexes. A column between a start and its end would stand at the odd index
    // of
    // the end, which the search gives as minus that minus 1: even again.
    return (at & 1) == 0;
  }

  /** The column after the last one. */
  int last() {
    return size == 0 ? 0 : bounds[2 * size - 1];
  }

  void copyFrom(ColumnRanges other) {
    if (bounds.length < 2 * other.size) {
      bounds = new int[other.bounds.length];
    }
    System.arraycopy(other.bounds, 0, bounds, 0, 2 * other.size);
    size = other.size;
    columnCount = other.columnCount;
  }

  boolean holdsTheSameAs(ColumnRanges other) {
    return Arrays.equals(bounds, 0, 2 * size, other.bounds, 0, 2 * other.size);
  }

  /** The same number for the same ranges. */
  int fingerprint() {
    int sum = size;
    for (int i = 0; i < 2 * size; i++) {
      sum = 31 * sum + bounds[i];
    }
    return sum;
  }

  /** False, with perhaps something written, if the writer is full. */
  boolean write(BitWriter out) {
    boolean fits = IntegerCodes.writeGamma(out, size);
    int end = -1;
    for (int i = 0; i < size && fits; i++) {
      fits =
          IntegerCodes.writeGamma(out, start(i) - end)
              && IntegerCodes.writeGamma(out, end(i) - start(i));
      end = end(i);
    }
    return fits;
  }

  /** Takes the place of what was there; ranges that no row can have throw. */
  void read(BitReader in, int columns) {
    clear();
    int count = IntegerCodes.readGamma(in, (columns + 1) / 2);
    int end = -1;
    for (int i = 0; i < count; i++) {
      int start = end + IntegerCodes.readGamma(in, columns - end - 1);
      end = start + IntegerCodes.readGamma(in, columns - start);
      add(start, end);
    }
  }
}
