package io.silverback.server.gzip;

/**
 * The CRC-32 of bytes one after the other, from the CRC-32 of each part.
 *
 * <p>A CRC is the remainder of a polynomial over GF(2), and bytes that follow multiply it by x to
 * the power of their number of bits: so the checksum of the first part is multiplied by that, and
 * added to that of the second. A polynomial is an int with the coefficient of x^0 in the highest
 * bit. Stateless.
 */
final class CrcShift {
  /** What is left of x^32. */
  private static final int POLYNOMIAL = 0xEDB88320;

  private static final int ONE = 1 << 31;

  /** x to the power of 8, 16, 32 and so on: what a length multiplies by for each of its bits. */
  private static final int[] POWERS = new int[Integer.SIZE - 1];

  static {
    int power = ONE >>> Byte.SIZE;
    for (int i = 0; i < POWERS.length; i++) {
      POWERS[i] = power;
      power = times(power, power);
    }
  }

  private CrcShift() {}

  /**
   * The checksum of two parts.
   *
   * @param length of the second part, not negative
   */
  static int combined(int first, int second, int length) {
    int shifted = first;
    for (int rest = length; rest != 0; rest &= rest - 1) {
      shifted = times(shifted, POWERS[Integer.numberOfTrailingZeros(rest)]);
    }
    return shifted ^ second;
  }

  /** The remainder of a product. */
  private static int times(int left, int right) {
    int product = 0;
    int multiple = left;
    for (int bit = ONE; bit != 0; bit >>>= 1) {
      product ^= (right & bit) != 0 ? multiple : 0;
      multiple = multiple >>> 1 ^ (-(multiple & 1) & POLYNOMIAL);
    }
    return product;
  }
}
