package io.silverback.codec.page;

import io.silverback.codec.bits.BitReader;
import io.silverback.codec.bits.BitWriter;
import io.silverback.codec.bits.CorruptBitsException;
import io.silverback.codec.bits.IntegerCodes;
import io.silverback.codec.gorilla.TimestampReader;
import io.silverback.codec.gorilla.TimestampWriter;
import java.util.ArrayList;
import java.util.List;

/**
 * The rows of a {@link ColumnPage} without their values: when each was pushed, and which columns it
 * has.
 *
 * <p>Made to be filled again and again; not thread-safe. Layout: {@code
 * docs/formats/column-page.md}.
 */
final class PageRows {
  /** A prefix and a whole time. */
  private static final int MAX_TIME_BITS = 5 + Long.SIZE;

  /** A number of at most 2,048: 11 bits after its highest one. */
  private static final int MAX_GAMMA_BITS = 2 * 11 + 1;

  private final TimestampWriter timeWriter = new TimestampWriter();
  private final TimestampReader timeReader = new TimestampReader();
  private final long[] timesMillis = new long[RowPage.MAX_ROWS];

  /** The different sets of columns that rows have, and which of them each row has. */
  private final List<ColumnRanges> sets = new ArrayList<>();

  private final int[] setOfRow = new int[RowPage.MAX_ROWS];
  private final int[] fingerprints = new int[RowPage.MAX_ROWS];
  private int setCount;
  private int columns;
  private int rowCount;

  /** Forgets all rows. */
  void start(int columns) {
    this.columns = columns;
    rowCount = 0;
    setCount = 0;
  }

  void add(long timeMillis, ColumnRanges ranges) {
    timesMillis[rowCount] = timeMillis;
    setOfRow[rowCount] = setOf(ranges);
    rowCount++;
  }

  int rowCount() {
    return rowCount;
  }

  long timeMillis(int row) {
    return timesMillis[row];
  }

  boolean isPresent(int row, int column) {
    return sets.get(setOfRow[row]).contains(column);
  }

  /** Whether every row has every column. */
  boolean areFull() {
    return setCount == 1 && sets.getFirst().columnCount() == columns;
  }

  long firstMillis() {
    long first = Long.MAX_VALUE;
    for (int row = 0; row < rowCount; row++) {
      first = Math.min(first, timesMillis[row]);
    }
    return first;
  }

  long lastMillis() {
    long last = Long.MIN_VALUE;
    for (int row = 0; row < rowCount; row++) {
      last = Math.max(last, timesMillis[row]);
    }
    return last;
  }

  /** How many bytes {@link #write} takes at most. */
  int maxLengthBytes() {
    int bits = rowCount * (MAX_TIME_BITS + Byte.SIZE) + 1 + MAX_GAMMA_BITS;
    for (int i = 0; i < setCount; i++) {
      bits += (1 + 2 * sets.get(i).size()) * MAX_GAMMA_BITS;
    }
    return bits / Byte.SIZE + 1;
  }

  /** False, with perhaps something written, if the writer is full. */
  boolean write(BitWriter out) {
    timeWriter.resume(firstMillis(), 0);
    boolean fits = true;
    for (int row = 0; row < rowCount; row++) {
      fits &= timeWriter.writeNext(out, timesMillis[row]);
    }
    if (areFull()) {
      return fits && out.write(RowPage.FULL_ROW, 1);
    }
    fits &= out.write(RowPage.PARTIAL_ROW, 1) && IntegerCodes.writeGamma(out, setCount);
    for (int i = 0; i < setCount; i++) {
      fits &= sets.get(i).write(out);
    }
    int setBits = setBits();
    for (int row = 0; row < rowCount && setBits > 0; row++) {
      fits &= out.write(setOfRow[row], setBits);
    }
    return fits;
  }

  /** Takes the place of what was there; rows that nobody can have written throw. */
  void read(BitReader in, int columns, int rowCount, long firstMillis) {
    start(columns);
    this.rowCount = rowCount;
    timeReader.resume(firstMillis, 0);
    for (int row = 0; row < rowCount; row++) {
      timesMillis[row] = timeReader.readNext(in);
      setOfRow[row] = 0;
    }
    if (in.read(1) == RowPage.FULL_ROW) {
      nextSet().add(0, columns);
      return;
    }
    int count = IntegerCodes.readGamma(in, rowCount);
    while (setCount < count) {
      nextSet().read(in, columns);
    }
    int setBits = setBits();
    for (int row = 0; row < rowCount && setBits > 0; row++) {
      int set = (int) in.read(setBits);
      if (set >= setCount) {
        throw new CorruptBitsException("no such set of columns: row=" + row + " set=" + set);
      }
      setOfRow[row] = set;
    }
  }

  private int setOf(ColumnRanges ranges) {
    int fingerprint = ranges.fingerprint();
    for (int i = 0; i < setCount; i++) {
      if (fingerprints[i] == fingerprint && sets.get(i).holdsTheSameAs(ranges)) {
        return i;
      }
    }
    fingerprints[setCount] = fingerprint;
    nextSet().copyFrom(ranges);
    return setCount - 1;
  }

  /** One more set, empty. */
  private ColumnRanges nextSet() {
    if (setCount == sets.size()) {
      sets.add(new ColumnRanges());
    }
    ColumnRanges set = sets.get(setCount++);
    set.clear();
    return set;
  }

  private int setBits() {
    return Integer.SIZE - Integer.numberOfLeadingZeros(setCount - 1);
  }
}
