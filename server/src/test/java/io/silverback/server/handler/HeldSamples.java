package io.silverback.server.handler;

import io.silverback.server.storage.Samples;

/** Samples in arrays. */
public final class HeldSamples implements Samples {
  private final long[] timesMillis;
  private final double[] values;

  /** As many times as values, which belong to the samples from now on. */
  public HeldSamples(long[] timesMillis, double... values) {
    this.timesMillis = timesMillis;
    this.values = values;
  }

  @Override
  public int size() {
    return values.length;
  }

  @Override
  public long timeMillis(int index) {
    return timesMillis[index];
  }

  @Override
  public double value(int index) {
    return values[index];
  }
}
