package io.silverback.codec.page;

import static io.silverback.codec.bits.IntegerCodes.readVarint;
import static io.silverback.codec.bits.IntegerCodes.unZigZag;

import io.silverback.codec.bits.BitReader;
import io.silverback.codec.bits.CorruptBitsException;
import io.silverback.codec.gorilla.ValueReader;
import java.util.Arrays;
import org.agrona.DirectBuffer;

/**
 * Reads what a {@link ColumnWriter} wrote: the samples of one column.
 *
 * <p>Bits that end too early or too late, or name an impossible code, throw {@link
 * CorruptBitsException}. Not thread-safe. Layout: {@code docs/formats/column-page.md}.
 */
final class ColumnReader {
  private final BitReader in = new BitReader();
  private final ValueReader values = new ValueReader();
  private final RiceCode rice = new RiceCode();

  /** Fills the first {@code count} values; the others stay as they are. */
  void readConstant(DirectBuffer buffer, int offset, int length, long[] valueBits, int count) {
    long bits = 0;
    if (length == 1) {
      bits = Double.doubleToRawLongBits(buffer.getByte(offset));
    } else {
      for (int i = 0; i < length; i++) {
        bits |= (buffer.getByte(offset + i) & 0xffL) << (Long.SIZE - Byte.SIZE * (i + 1));
      }
    }
    Arrays.fill(valueBits, 0, count, bits);
  }

  /** Fills the first {@code count} values, one at least; the others stay as they are. */
  void readCode(DirectBuffer buffer, int offset, int length, long[] valueBits, int count) {
    in.wrap(buffer, offset, length);
    ColumnCode code = ColumnCode.of(in.read(ColumnCode.BITS));
    switch (code) {
      case XOR -> readXor(valueBits, count);
      case OFFSET, STEP, ZIGZAG -> readNumbers(code, valueBits, count);
    }
    if (in.remaining() >= Byte.SIZE) {
      throw new CorruptBitsException("bits after the last sample: bits=" + in.remaining());
    }
  }

  private void readXor(long[] valueBits, int count) {
    valueBits[0] = values.readFirst(in);
    for (int i = 1; i < count; i++) {
      valueBits[i] = values.readNext(in);
    }
  }

  private void readNumbers(ColumnCode code, long[] valueBits, int count) {
    int decimals = (int) in.read(ColumnCode.DECIMALS_BITS);
    if (decimals > DecimalNumbers.MAX_DECIMALS) {
      throw new CorruptBitsException("more decimals than there can be: decimals=" + decimals);
    }
    rice.readParameters(in);
    long base = unZigZag(readVarint(in));
    if (code == ColumnCode.OFFSET) {
      for (int i = 0; i < count; i++) {
        valueBits[i] = DecimalNumbers.valueBits(base + rice.read(in), decimals);
      }
      return;
    }
    long smallestStep = code == ColumnCode.STEP ? unZigZag(readVarint(in)) : 0;
    long number = base;
    valueBits[0] = DecimalNumbers.valueBits(number, decimals);
    for (int i = 1; i < count; i++) {
      long residual = rice.read(in);
      number += code == ColumnCode.STEP ? smallestStep + residual : unZigZag(residual);
      valueBits[i] = DecimalNumbers.valueBits(number, decimals);
    }
  }
}
