package io.silverback.codec.page;

/**
 * Values as whole numbers over a power of ten.
 *
 * <p>A value is {@code n / 10^p} bit for bit or not one of these; NaNs, infinities and the negative
 * zero never are. Not thread-safe.
 */
final class DecimalNumbers {
  /** How many decimals a column can have. */
  static final int MAX_DECIMALS = 9;

  /** Up to here, every whole number is a double. */
  private static final long MAX_NUMBER = 1L << 53;

  private static final double[] POWERS = {1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9};

  private final long[] numbers = new long[RowPage.MAX_ROWS];
  private int decimals;

  static long valueBits(long number, int decimals) {
    double value = number;
    return Double.doubleToRawLongBits(decimals == 0 ? value : value / POWERS[decimals]);
  }

  /** Looks for the fewest decimals that all values come back with; false if none will do. */
  boolean find(long[] valueBits, int start, int count) {
    for (decimals = 0; decimals <= MAX_DECIMALS; decimals++) {
      if (holds(valueBits, start, count)) {
        return true;
      }
    }
    return false;
  }

  int decimals() {
    return decimals;
  }

  /** The numbers that were found, good until the next search. */
  long[] numbers() {
    return numbers;
  }

  private boolean holds(long[] valueBits, int start, int count) {
    double power = POWERS[decimals];
    for (int i = 0; i < count; i++) {
      long bits = valueBits[start + i];
      long number = (long) Math.rint(Double.longBitsToDouble(bits) * power);
      if (number > MAX_NUMBER || number < -MAX_NUMBER || valueBits(number, decimals) != bits) {
        return false;
      }
      numbers[i] = number;
    }
    return true;
  }
}
