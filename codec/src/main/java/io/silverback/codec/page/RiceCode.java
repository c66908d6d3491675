package io.silverback.codec.page;

import io.silverback.codec.bits.BitReader;
import io.silverback.codec.bits.BitWriter;
import io.silverback.codec.bits.CorruptBitsException;

/**
 * Small numbers as Rice codes: the lowest bits as they are, after a count of ones for the rest.
 *
 * <p>Two choices hold for all numbers of a column: how many bits stand as they are, and the highest
 * count of ones, which needs no zero after it. So numbers that fill a range are as long as that
 * range asks for. If there are outliers, the highest count says that the number stands whole. Not
 * thread-safe. Layout: {@code docs/formats/column-page.md}.
 */
final class RiceCode {
  private static final int SHIFT_BITS = 6;
  private static final int LIMIT_BITS = 4;

  /** What a column needs to say about its code. */
  static final int PARAMETER_BITS = SHIFT_BITS + LIMIT_BITS;

  /** The count of ones after which a number is written whole. */
  private static final int ESCAPE = 15;

  /** What two steps between numbers up to 2^53, of either sign, can differ by. */
  private static final int WHOLE_BITS = 56;

  private int shift;
  private int limit;

  /**
   * Chooses the code for some numbers from 0 to 2^56 - 1.
   *
   * @param guess how many bits a number has on average, from where the best choice is near
   * @return how many bits they will take
   */
  long fit(long[] numbers, int count, int guess) {
    long most = 0;
    for (int i = 0; i < count; i++) {
      most = Math.max(most, numbers[i]);
    }
    shift = Math.min(guess, WHOLE_BITS - 1);
    long bits = cost(numbers, count, most, shift);
    for (int step = -1; step <= 1; step += 2) {
      int next = shift + step;
      while (next >= 0 && next < WHOLE_BITS) {
        long nextBits = cost(numbers, count, most, next);
        if (nextBits >= bits) {
          break;
        }
        bits = nextBits;
        shift = next;
        next += step;
      }
    }
    limit = (int) Math.min(most >>> shift, ESCAPE);
    return bits;
  }

  boolean writeParameters(BitWriter out) {
    return out.write((long) shift << LIMIT_BITS | limit, PARAMETER_BITS);
  }

  void readParameters(BitReader in) {
    shift = (int) in.read(SHIFT_BITS);
    limit = (int) in.read(LIMIT_BITS);
    if (shift >= WHOLE_BITS) {
      throw new CorruptBitsException("number wider than a value: shift=" + shift);
    }
  }

  /** False, with perhaps something written, if the writer is full. */
  boolean write(BitWriter out, long number) {
    long quotient = number >>> shift;
    if (quotient >= ESCAPE) {
      return out.writePrefixed((1L << ESCAPE) - 1, ESCAPE, number, WHOLE_BITS);
    }
    int ones = (int) quotient;
    int end = ones == limit ? 0 : 1;
    long prefix = ((1L << ones) - 1) << end;
    int prefixBits = ones + end;
    if (shift == 0) {
      return prefixBits == 0 || out.write(prefix, prefixBits);
    }
    return prefixBits == 0
        ? out.write(number, shift)
        : out.writePrefixed(prefix, prefixBits, number, shift);
  }

  long read(BitReader in) {
    int quotient = limit == 0 ? 0 : in.readOnes(limit);
    if (quotient == ESCAPE) {
      return in.read(WHOLE_BITS);
    }
    return shift == 0 ? quotient : (long) quotient << shift | in.read(shift);
  }

  private static long cost(long[] numbers, int count, long most, int shift) {
    long mostOnes = most >>> shift;
    long bits = 0;
    if (mostOnes < ESCAPE) {
      for (int i = 0; i < count; i++) {
        bits += Math.min((numbers[i] >>> shift) + 1, mostOnes);
      }
      return bits + (long) count * shift;
    }
    for (int i = 0; i < count; i++) {
      long ones = numbers[i] >>> shift;
      bits += ones < ESCAPE ? ones + 1 + shift : ESCAPE + WHOLE_BITS;
    }
    return bits;
  }
}
