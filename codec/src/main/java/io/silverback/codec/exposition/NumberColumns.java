package io.silverback.codec.exposition;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * The column of each number of a body. Immutable.
 *
 * <p>What a parser makes of the bytes between the numbers does not depend on the numbers, but for
 * one thing: it turns counts into integers, and treats a histogram as another kind of metric if one
 * is negative, too large or no integer. So a count has to be a small integer here.
 */
final class NumberColumns {
  private static final VarHandle WORDS =
      MethodHandles.byteArrayViewVarHandle(long[].class, LITTLE_ENDIAN);

  /** Above, not every integer is a double. */
  private static final double MOST_COUNT = 1L << 53;

  private final int[] columns;
  private final BitSet counts;
  private final int columnCount;

  private NumberColumns(int[] columns, BitSet counts, int columnCount) {
    this.columns = columns;
    this.counts = counts;
    this.columnCount = columnCount;
  }

  /**
   * Where the numbers 1, 2, 3 and so on went.
   *
   * @param words the columns that a parser filled with them
   * @param counts the columns that are counts
   * @return empty unless each number ended in a column of its own, and all other columns are zero
   */
  static Optional<NumberColumns> of(byte[] words, BitSet counts, int numbers) {
    int[] columns = new int[numbers];
    Arrays.fill(columns, -1);
    int found = 0;
    int columnCount = words.length / Long.BYTES;
    for (int column = 0; column < columnCount; column++) {
      long bits = (long) WORDS.get(words, column * Long.BYTES);
      if (bits == 0) {
        continue;
      }
      double value = Double.longBitsToDouble(bits);
      int number = (int) value;
      if (number != value || number < 1 || number > numbers || columns[number - 1] >= 0) {
        return Optional.empty();
      }
      columns[number - 1] = column;
      found++;
    }
    return found < numbers
        ? Optional.empty()
        : Optional.of(new NumberColumns(columns, (BitSet) counts.clone(), columnCount));
  }

  int columnCount() {
    return columnCount;
  }

  /** The column of the number that is written as that double; empty for any other double. */
  OptionalInt of(double number) {
    int index = (int) number - 1;
    return index == number - 1 && index >= 0 && index < columns.length
        ? OptionalInt.of(columns[index])
        : OptionalInt.empty();
  }

  /** Puts a number into its column; false if it is a count that a parser has to look at. */
  boolean put(int index, long bits, byte[] words) {
    int column = columns[index];
    long put = bits;
    if (counts.get(column)) {
      double count = Double.longBitsToDouble(bits);
      if (!(count >= 0 && count <= MOST_COUNT && count == (long) count)) {
        return false;
      }
      // Without the sign that a zero may have.
      put = Double.doubleToRawLongBits(count + 0.0);
    }
    WORDS.set(words, column * Long.BYTES, put);
    return true;
  }

  /** About how many bytes of heap it takes. */
  long weight() {
    return 64 + (long) Integer.BYTES * columns.length + counts.size() / Byte.SIZE;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof NumberColumns known
        && columnCount == known.columnCount
        && Arrays.equals(columns, known.columns)
        && counts.equals(known.counts);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(columns);
  }
}
