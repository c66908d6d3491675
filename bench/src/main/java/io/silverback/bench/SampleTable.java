package io.silverback.bench;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import java.util.SplittableRandom;
import org.agrona.concurrent.UnsafeBuffer;

/** The samples of some series over some pushes. Immutable by promise. */
final class SampleTable {
  private final long[] timesMillis;
  private final UnsafeBuffer[] rows;
  private final int columns;

  /**
   * Samples of one pattern.
   *
   * @param jitterMillis how far a push may be off its time, in either direction
   */
  SampleTable(
      SamplePattern pattern, int rowCount, int columns, long intervalMillis, int jitterMillis) {
    SplittableRandom random = Workloads.random(pattern.name(), rowCount, columns, jitterMillis);
    this.columns = columns;
    timesMillis = new long[rowCount];
    rows = new UnsafeBuffer[rowCount];
    double[] last = new double[columns];
    for (int column = 0; column < columns; column++) {
      last[column] = random.nextInt(1_000_000);
    }
    for (int row = 0; row < rowCount; row++) {
      timesMillis[row] =
          1_800_000_000_000L
              + row * intervalMillis
              + random.nextInt(2 * jitterMillis + 1)
              - jitterMillis;
      rows[row] = new UnsafeBuffer(new byte[columns * Long.BYTES]);
      for (int column = 0; column < columns; column++) {
        last[column] = pattern.next(column, last[column], random);
        rows[row].putLong(
            column * Long.BYTES, Double.doubleToRawLongBits(last[column]), LITTLE_ENDIAN);
      }
    }
  }

  int rows() {
    return rows.length;
  }

  int columns() {
    return columns;
  }

  long timeMillis(int row) {
    return timesMillis[row];
  }

  long bits(int row, int column) {
    return rows[row].getLong(column * Long.BYTES, LITTLE_ENDIAN);
  }

  double value(int row, int column) {
    return Double.longBitsToDouble(bits(row, column));
  }

  /** All columns of a row, a little-endian word each. */
  UnsafeBuffer words(int row) {
    return rows[row];
  }
}
