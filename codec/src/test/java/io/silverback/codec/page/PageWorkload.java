package io.silverback.codec.page;

import io.silverback.codec.row.PushedRows;
import java.util.Arrays;
import java.util.Random;

/** What the series of a group do from push to push, and what a sample may take once sealed. */
enum PageWorkload {
  CONSTANT(0.2) {
    @Override
    double next(double before, Random random) {
      return Double.isNaN(before) ? random.nextDouble() : before;
    }
  },
  BOUNDED(0.95) {
    @Override
    double next(double before, Random random) {
      return random.nextInt(101);
    }
  },
  SLOW_COUNTER(0.85) {
    @Override
    double next(double before, Random random) {
      return (Double.isNaN(before) ? random.nextInt(1_000_000) : before) + random.nextInt(21);
    }
  },
  FAST_COUNTER(1.6) {
    @Override
    double next(double before, Random random) {
      return (Double.isNaN(before) ? random.nextInt(100_000_000) : before) + random.nextInt(2001);
    }
  },
  THREE_DECIMALS(2.7) {
    @Override
    double next(double before, Random random) {
      return random.nextInt(1_000_000) / 1000.0;
    }
  },
  RANDOM(7.6) {
    @Override
    double next(double before, Random random) {
      return random.nextDouble();
    }
  };

  private static final long FIRST_MILLIS = 1_700_000_000_000L;

  /** The most bytes of a sample, everything included, in a page of 1,600 columns and 64 rows. */
  final double goalBytes;

  PageWorkload(double goalBytes) {
    this.goalBytes = goalBytes;
  }

  /** The value after another one; NaN comes before the first. */
  abstract double next(double before, Random random);

  /** Pushes every 10 s, up to 5 ms off the beat. */
  PushedRows rows(int columns, int count, long seed) {
    var random = new Random(seed);
    var rows = new PushedRows(columns);
    double[] values = new double[columns];
    Arrays.fill(values, Double.NaN);
    for (int row = 0; row < count; row++) {
      long[] valueBits = new long[columns];
      for (int column = 0; column < columns; column++) {
        values[column] = next(values[column], random);
        valueBits[column] = Double.doubleToRawLongBits(values[column]);
      }
      rows.push(FIRST_MILLIS + row * 10_000L + random.nextInt(-5, 6), valueBits);
    }
    return rows;
  }
}
