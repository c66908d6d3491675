package io.silverback.cluster.node;

import io.silverback.cluster.Clock;

/** The clocks of the machine. Thread-safe. */
public final class SystemClock implements Clock {

  @Override
  public long nanoTime() {
    return System.nanoTime();
  }

  @Override
  public long wallMillis() {
    return System.currentTimeMillis();
  }
}
