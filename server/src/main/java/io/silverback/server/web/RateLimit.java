package io.silverback.server.web;

import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;

/**
 * A token bucket: full at first, one token more each interval, one token less each request.
 * Thread-safe.
 *
 * <p>Tokens are counted in the nanoseconds that it takes to earn them, so nothing is ever rounded.
 */
public final class RateLimit {
  private final long intervalNanos;
  private final long capacityNanos;
  private final LongSupplier nanoClock;
  private final ReentrantLock lock = new ReentrantLock();
  private long creditNanos;
  private long countedAt;

  /**
   * A full bucket.
   *
   * @param nanoClock as {@link System#nanoTime()}
   */
  public RateLimit(WebConfig.Rate rate, LongSupplier nanoClock) {
    this.intervalNanos = rate.interval().toNanos();
    this.capacityNanos = saturatedProduct(intervalNanos, rate.burst());
    this.nanoClock = nanoClock;
    this.creditNanos = capacityNanos;
    this.countedAt = nanoClock.getAsLong();
  }

  /** Takes a token if there is one; else the request must be turned away. */
  public boolean allow() {
    lock.lock();
    try {
      long now = nanoClock.getAsLong();
      long elapsed = Math.max(0, now - countedAt);
      countedAt = now;
      creditNanos += Math.min(elapsed, capacityNanos - creditNanos);
      if (capacityNanos == 0 || creditNanos < intervalNanos) {
        return intervalNanos == 0;
      }
      creditNanos -= intervalNanos;
      return true;
    } finally {
      lock.unlock();
    }
  }

  private static long saturatedProduct(long nanos, int count) {
    return Math.multiplyHigh(nanos, count) == 0 && nanos * count >= 0
        ? nanos * count
        : Long.MAX_VALUE;
  }
}
