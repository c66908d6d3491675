package io.silverback.codec.bits;

/**
 * Whole numbers in as few bits as their size asks for: Elias gamma for counts, and the varint and
 * zigzag forms that protobuf and Prometheus use.
 *
 * <p>Layout: {@code docs/formats/bit-streams.md}.
 */
public final class IntegerCodes {
  private static final int VARINT_BITS = 7;
  private static final int VARINT_MORE_FLAG = 0x80;

  /** How many bits of a number the tenth and last byte of a varint still holds. */
  private static final int VARINT_LAST_BITS = Long.SIZE % VARINT_BITS;

  /**
   * Writes a number from 1 on.
   *
   * @return false, with nothing written, if the writer is full
   */
  public static boolean writeGamma(BitWriter out, int number) {
    if (number < 1) {
      throw new IllegalArgumentException("not a positive number: number=" + number);
    }
    int bits = highestBit(number);
    long ones = (1L << bits) - 1;
    return out.write(ones << 1 << bits | (number & ones), 2 * bits + 1);
  }

  /** A number from 1 to {@code limit}; any other throws {@link CorruptBitsException}. */
  public static int readGamma(BitReader in, int limit) {
    if (limit > 0) {
      int most = highestBit(limit);
      int bits = in.readOnes(most + 1);
      if (bits <= most) {
        int number = 1 << bits | (bits == 0 ? 0 : (int) in.read(bits));
        if (number <= limit) {
          return number;
        }
      }
    }
    throw new CorruptBitsException(
        "number above its limit: position=" + in.position() + " limit=" + limit);
  }

  /**
   * Writes an unsigned number in 1 to 10 bytes.
   *
   * @return false, with perhaps some of the bytes written, if the writer is full
   */
  public static boolean writeVarint(BitWriter out, long value) {
    long rest = value;
    while (rest >>> VARINT_BITS != 0) {
      if (!out.write(rest | VARINT_MORE_FLAG, Byte.SIZE)) {
        return false;
      }
      rest >>>= VARINT_BITS;
    }
    return out.write(rest, Byte.SIZE);
  }

  /** An unsigned number; one of more than 64 bits throws {@link CorruptBitsException}. */
  public static long readVarint(BitReader in) {
    long value = 0;
    for (int shift = 0; shift < Long.SIZE; shift += VARINT_BITS) {
      long next = in.read(Byte.SIZE);
      if (shift + VARINT_BITS > Long.SIZE && next >>> VARINT_LAST_BITS != 0) {
        break;
      }
      value |= (next & ~VARINT_MORE_FLAG) << shift;
      if ((next & VARINT_MORE_FLAG) == 0) {
        return value;
      }
    }
    throw new CorruptBitsException("number of more than 64 bits: position=" + in.position());
  }

  /** How many bytes {@link #writeVarint} takes for the value. */
  public static int varintLength(long value) {
    return (Math.max(Long.SIZE - Long.numberOfLeadingZeros(value), 1) + VARINT_BITS - 1)
        / VARINT_BITS;
  }

  /** A signed number as an unsigned one that is small if the signed one is near 0. */
  public static long zigZag(long value) {
    return value << 1 ^ value >> (Long.SIZE - 1);
  }

  public static long unZigZag(long value) {
    return value >>> 1 ^ -(value & 1);
  }

  private static int highestBit(int number) {
    return Integer.SIZE - 1 - Integer.numberOfLeadingZeros(number);
  }

  private IntegerCodes() {}
}
