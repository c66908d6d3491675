package io.silverback.codec.row;

import io.silverback.codec.page.ColumnRanges;
import java.util.Random;

/** Rows of every kind that pushes bring, and of some that they should not. */
public final class RandomPushes {
  private static final long[] ODD_VALUES = {
    0x7ff0000000000002L, // Prometheus' StaleNaN
    0x7ff8000000000001L,
    0xfff8000000000123L,
    0x7ff0000000000000L,
    0xfff0000000000000L,
    0x8000000000000000L,
    0x0000000000000000L,
    0x0000000000000001L,
    0x800fffffffffffffL,
    0x7fefffffffffffffL,
    -1L,
    Double.doubleToRawLongBits(0x1p53),
    Double.doubleToRawLongBits(-0x1p53),
    Double.doubleToRawLongBits(0x1p53 + 2),
    Double.doubleToRawLongBits(0x1p53 / 1e3),
  };

  private RandomPushes() {}

  public static PushedRows rows(Random random, int columns, int count) {
    var rows = new PushedRows(columns);
    int[] styles = random.ints(columns, 0, 9).toArray();
    double[] values = new double[columns];
    long[] valueBits = new long[columns];
    long timeMillis = random.nextInt(5) == 0 ? random.nextLong() : 1_700_000_000_000L;
    int partial = random.nextInt(3);
    ColumnRanges usual = ranges(random, columns);
    for (int row = 0; row < count; row++) {
      for (int column = 0; column < columns; column++) {
        values[column] = next(random, styles[column], values[column]);
        valueBits[column] =
            styles[column] == 8 && random.nextInt(4) == 0
                ? ODD_VALUES[random.nextInt(ODD_VALUES.length)]
                : Double.doubleToRawLongBits(values[column]);
      }
      ColumnRanges ranges =
          switch (partial) {
            case 0 -> ColumnRanges.all(columns);
            case 1 -> random.nextBoolean() ? usual : ColumnRanges.all(columns);
            default -> ranges(random, columns);
          };
      rows.push(timeMillis, valueBits, ranges);
      timeMillis =
          random.nextInt(20) == 0
              ? timeMillis + random.nextLong()
              : timeMillis + 10_000 + random.nextInt(-5, 6);
    }
    return rows;
  }

  public static ColumnRanges ranges(Random random, int columns) {
    var ranges = new ColumnRanges();
    for (int at = random.nextInt(columns); at < columns; ) {
      int end = Math.min(columns, at + 1 + random.nextInt(random.nextBoolean() ? 3 : columns));
      ranges.add(at, end);
      at = end + random.nextInt(4);
    }
    return ranges;
  }

  private static double next(Random random, int style, double before) {
    return switch (style) {
      case 0 -> before == 0 ? random.nextInt(300) / 2.0 : before;
      case 1 -> random.nextInt(-50, 50);
      case 2 -> random.nextInt(30) == 0 ? 0 : before + random.nextInt(100);
      case 3 -> before + 10;
      case 4 -> random.nextInt(1_000_000) / 1000.0;
      case 5 -> random.nextInt(10) == 0 ? random.nextLong() : random.nextInt(5);
      case 6 -> random.nextDouble();
      case 7 -> random.nextInt(10) / Math.pow(10, random.nextInt(11));
      default -> random.nextInt(100);
    };
  }
}
