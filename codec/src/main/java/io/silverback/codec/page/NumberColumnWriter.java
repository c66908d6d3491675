package io.silverback.codec.page;

import static io.silverback.codec.bits.IntegerCodes.varintLength;
import static io.silverback.codec.bits.IntegerCodes.writeVarint;
import static io.silverback.codec.bits.IntegerCodes.zigZag;

import io.silverback.codec.bits.BitWriter;

/**
 * Chooses and writes the code of a column of whole or decimal numbers.
 *
 * <p>Not thread-safe. Layout: {@code docs/formats/column-page.md}.
 */
final class NumberColumnWriter {
  /* Implementation notes
   *
   * Sealing happens while a push waits, so codes are not tried out. A residual takes about its length
   * in binary and a bit and a half, and none needs to take more than the longest; so the code is
   * chosen by sums of lengths, and only its Rice parameters are then looked for. One wild residual
   * adds no more than its own length to a sum; so a counter that was reset does not hide which code
   * suits the other steps.
   */

  /** What {@link #fit} returns for values that are no numbers. */
  static final long IMPOSSIBLE = Long.MAX_VALUE;

  private static final int HEADER_BITS =
      ColumnCode.BITS + ColumnCode.DECIMALS_BITS + RiceCode.PARAMETER_BITS;

  private final DecimalNumbers decimals = new DecimalNumbers();
  private final RiceCode rice = new RiceCode();
  private final long[] residuals = new long[RowPage.MAX_ROWS];
  private int residualCount;
  private ColumnCode code = ColumnCode.OFFSET;
  private long smallest;
  private long smallestStep;

  /**
   * Takes the values of a column, two at least, for {@link #write}.
   *
   * @return how many bits they will take, or {@link #IMPOSSIBLE}
   */
  long fit(long[] valueBits, int start, int count) {
    if (!decimals.find(valueBits, start, count)) {
      return IMPOSSIBLE;
    }
    long[] numbers = decimals.numbers();
    findSmallest(numbers, count);
    int lengthSum = chooseCode(numbers, count);
    fillResiduals(numbers, count);
    int lengthBytes = varintLength(zigZag(base()));
    if (code == ColumnCode.STEP) {
      lengthBytes += varintLength(zigZag(smallestStep));
    }
    return HEADER_BITS
        + lengthBytes * Byte.SIZE
        + rice.fit(residuals, residualCount, lengthSum / residualCount);
  }

  /** False, with perhaps something written, if the writer is full. */
  boolean write(BitWriter out) {
    boolean fits =
        out.write(code.number(), ColumnCode.BITS)
            && out.write(decimals.decimals(), ColumnCode.DECIMALS_BITS)
            && rice.writeParameters(out)
            && writeVarint(out, zigZag(base()))
            && (code != ColumnCode.STEP || writeVarint(out, zigZag(smallestStep)));
    for (int i = 0; i < residualCount && fits; i++) {
      fits = rice.write(out, residuals[i]);
    }
    return fits;
  }

  private long base() {
    return code == ColumnCode.OFFSET ? smallest : decimals.numbers()[0];
  }

  private void findSmallest(long[] numbers, int count) {
    smallest = numbers[0];
    smallestStep = Long.MAX_VALUE;
    for (int i = 1; i < count; i++) {
      smallest = Math.min(smallest, numbers[i]);
      smallestStep = Math.min(smallestStep, numbers[i] - numbers[i - 1]);
    }
  }

  /** The sum of the lengths in binary of the residuals that the code leaves. */
  private int chooseCode(long[] numbers, int count) {
    long anyOffset = numbers[0] - smallest;
    int offsets = length(anyOffset);
    long anyStep = 0;
    int steps = 0;
    long anyZigZag = 0;
    int zigZags = 0;
    for (int i = 1; i < count; i++) {
      long offset = numbers[i] - smallest;
      long step = numbers[i] - numbers[i - 1];
      anyOffset |= offset;
      offsets += length(offset);
      anyStep |= step - smallestStep;
      steps += length(step - smallestStep);
      anyZigZag |= zigZag(step);
      zigZags += length(zigZag(step));
    }
    int offsetCost = cost(offsets, anyOffset, count);
    int stepCost = cost(steps, anyStep, count);
    int zigZagCost = cost(zigZags, anyZigZag, count);
    if (offsetCost <= stepCost && offsetCost <= zigZagCost) {
      code = ColumnCode.OFFSET;
      return offsets;
    }
    code = stepCost < zigZagCost ? ColumnCode.STEP : ColumnCode.ZIGZAG;
    return code == ColumnCode.STEP ? steps : zigZags;
  }

  /** About how many bits residuals take that are so long together, and have these bits. */
  private static int cost(int lengthSum, long anyBits, int count) {
    return Math.min(lengthSum + count + count / 2, length(anyBits) * count);
  }

  private void fillResiduals(long[] numbers, int count) {
    if (code == ColumnCode.OFFSET) {
      residualCount = count;
      for (int i = 0; i < count; i++) {
        residuals[i] = numbers[i] - smallest;
      }
      return;
    }
    residualCount = count - 1;
    for (int i = 1; i < count; i++) {
      long step = numbers[i] - numbers[i - 1];
      residuals[i - 1] = code == ColumnCode.STEP ? step - smallestStep : zigZag(step);
    }
  }

  private static int length(long number) {
    return Long.SIZE - Long.numberOfLeadingZeros(number);
  }
}
