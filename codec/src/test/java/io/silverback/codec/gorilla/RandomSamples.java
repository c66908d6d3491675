package io.silverback.codec.gorilla;

import java.util.Random;

/** Times and values of every kind that pushes bring, and of some that they should not. */
final class RandomSamples {
  private static final long[] ODD_VALUES = {
    0x7ff0000000000002L, // Prometheus' StaleNaN
    0x7ff8000000000001L,
    0x7ff0000000000001L,
    0xfff8000000000123L,
    0x7ff0000000000000L,
    0xfff0000000000000L,
    0x8000000000000000L,
    0x0000000000000000L,
    0x0000000000000001L,
    0x800fffffffffffffL,
    0x7fefffffffffffffL,
    -1L,
  };

  private RandomSamples() {}

  static long[] times(Random random, int count) {
    long[] times = new long[count];
    long time = random.nextBoolean() ? 0 : 1_700_000_000_000L;
    for (int i = 0; i < count; i++) {
      time =
          switch (random.nextInt(10)) {
            case 0 -> time;
            case 1 -> random.nextLong();
            case 2 -> time - (random.nextLong() >>> (1 + random.nextInt(63)));
            case 3 -> time + (random.nextLong() >>> (1 + random.nextInt(63)));
            case 4 -> 0;
            case 5 -> Long.MIN_VALUE + random.nextInt(2);
            case 6 -> Long.MAX_VALUE - random.nextInt(2);
            default -> time + 10_000 + random.nextInt(-5, 6);
          };
      times[i] = time;
    }
    return times;
  }

  static long[] values(Random random, int count) {
    long[] values = new long[count];
    long value = Double.doubleToRawLongBits(random.nextInt(100));
    for (int i = 0; i < count; i++) {
      value =
          switch (random.nextInt(7)) {
            case 0 -> value;
            case 1 -> random.nextLong();
            case 2 -> ODD_VALUES[random.nextInt(ODD_VALUES.length)];
            case 3 -> value ^ (1L << random.nextInt(64));
            case 4 -> Double.doubleToRawLongBits(random.nextInt(100_000) / 1000.0);
            default -> Double.doubleToRawLongBits(random.nextInt(100));
          };
      values[i] = value;
    }
    return values;
  }
}
