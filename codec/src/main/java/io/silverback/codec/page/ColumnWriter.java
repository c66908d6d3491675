package io.silverback.codec.page;

import static io.silverback.codec.page.ColumnPage.CONSTANT_LIMIT;

import io.silverback.codec.bits.BitWriter;
import io.silverback.codec.gorilla.ValueWriter;
import org.agrona.MutableDirectBuffer;

/**
 * Writes the samples of one column of a {@link ColumnPage} as the shortest of a constant, numbers
 * and XOR differences.
 *
 * <p>Not thread-safe. Layout: {@code docs/formats/column-page.md}.
 */
final class ColumnWriter {
  /** A difference with a window of its own as wide as a value. */
  private static final int MAX_SAMPLE_BITS = 2 + 11 + Long.SIZE;

  /** The bits before the middle of an XOR difference that it cannot do without. */
  private static final int LEAST_CONTROL_BITS = 2;

  private final BitWriter out = new BitWriter();
  private final ValueWriter values = new ValueWriter();
  private final NumberColumnWriter numbers = new NumberColumnWriter();

  /** How many bytes that many samples take at most. */
  static int maxLengthBytes(int count) {
    return (count + 1) * MAX_SAMPLE_BITS / Byte.SIZE + 1;
  }

  /**
   * Writes samples to a region that has room for the most that they can take.
   *
   * @return the size that the page names for the column
   */
  int write(long[] valueBits, int start, int count, MutableDirectBuffer buffer, int offset) {
    if (isConstant(valueBits, start, count)) {
      return count == 0 ? 0 : writeConstant(valueBits[start], buffer, offset);
    }
    int maxLength = maxLengthBytes(count);
    long numberBits = numbers.fit(valueBits, start, count);
    out.wrap(buffer, offset, maxLength);
    boolean fits;
    if (numberBits <= leastXorBits(valueBits, start, count)) {
      fits = numbers.write(out);
    } else {
      fits = writeXor(valueBits, start, count);
      if (numberBits < out.position()) {
        out.wrap(buffer, offset, maxLength);
        fits = numbers.write(out);
      }
    }
    if (!fits) {
      throw new IllegalStateException(
          "column longer than it can be: count=" + count + " maxLength=" + maxLength);
    }
    return CONSTANT_LIMIT + out.flush();
  }

  private static boolean isConstant(long[] valueBits, int start, int count) {
    for (int i = 1; i < count; i++) {
      if (valueBits[start + i] != valueBits[start]) {
        return false;
      }
    }
    return true;
  }

  private static int writeConstant(long bits, MutableDirectBuffer buffer, int offset) {
    if (bits == 0) {
      return 0;
    }
    byte number = (byte) Double.longBitsToDouble(bits);
    if (bits == Double.doubleToRawLongBits(number)) {
      buffer.putByte(offset, number);
      return 1;
    }
    int length = 0;
    for (long rest = bits; rest != 0 || length < 2; rest <<= Byte.SIZE) {
      buffer.putByte(offset + length, (byte) (rest >>> (Long.SIZE - Byte.SIZE)));
      length++;
    }
    return length;
  }

  /** What XOR takes if no difference needs a window of its own and none wastes a bit of one. */
  private static long leastXorBits(long[] valueBits, int start, int count) {
    long bits = ColumnCode.BITS + Long.SIZE;
    for (int i = start + 1; i < start + count; i++) {
      long difference = valueBits[i] ^ valueBits[i - 1];
      bits +=
          difference == 0
              ? 1
              : LEAST_CONTROL_BITS
                  + Long.SIZE
                  - Long.numberOfLeadingZeros(difference)
                  - Long.numberOfTrailingZeros(difference);
    }
    return bits;
  }

  private boolean writeXor(long[] valueBits, int start, int count) {
    boolean fits =
        out.write(ColumnCode.XOR.number(), ColumnCode.BITS)
            && values.writeFirst(out, valueBits[start]);
    for (int i = start + 1; i < start + count && fits; i++) {
      fits = values.writeNext(out, valueBits[i]);
    }
    return fits;
  }
}
