package io.silverback.bench;

import java.util.SplittableRandom;

/** What the values of a series do over time. */
public enum SamplePattern {
  CONSTANT("constant"),
  BOUNDED("bounded integer, 0 to 100"),
  COUNTER("counter, +0 to +20"),
  DECIMALS("three decimals, 0 to 1000"),
  RANDOM("random double"),
  FLINK("Flink mix");

  private static final SamplePattern[] MIX = {CONSTANT, COUNTER, DECIMALS, BOUNDED};

  private final String label;

  SamplePattern(String label) {
    this.label = label;
  }

  String label() {
    return label;
  }

  /**
   * The next value of a series.
   *
   * @param series its number, which in a mix decides what it does
   * @param last the value before; at first some whole number up to a million
   */
  double next(int series, double last, SplittableRandom random) {
    return switch (this) {
      case CONSTANT -> last;
      case BOUNDED -> random.nextInt(101);
      case COUNTER -> last + random.nextInt(21);
      case DECIMALS -> random.nextInt(1_000_000) / 1e3;
      case RANDOM -> random.nextDouble();
      case FLINK -> MIX[series % MIX.length].next(series, last, random);
    };
  }
}
