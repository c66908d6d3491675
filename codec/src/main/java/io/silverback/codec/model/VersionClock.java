package io.silverback.codec.model;

import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

/**
 * A hybrid logical clock (Kulkarni et al., "Logical Physical Clocks", 2014) in one 64-bit integer.
 *
 * <p>Follows the wall clock and never goes back: a step back of the wall clock only advances the
 * counter, which carries into the milliseconds and so never wraps. Thread-safe.
 */
public final class VersionClock {
  private static final int COUNTER_BITS = 16;

  private final AtomicLong last = new AtomicLong();
  private final LongSupplier wallMillis;
  private final long incarnation;

  /**
   * A clock that has given no version yet.
   *
   * @param wallMillis the wall clock, in milliseconds since the epoch
   * @param incarnation a number that no other process start uses
   */
  public VersionClock(LongSupplier wallMillis, long incarnation) {
    this.wallMillis = wallMillis;
    this.incarnation = incarnation;
  }

  /** A version newer than all that this clock gave or saw, within one epoch. */
  public Version next(long epoch) {
    long now = wallMillis.getAsLong() << COUNTER_BITS;
    long clock = last.accumulateAndGet(now, (before, wall) -> Math.max(wall, before + 1));
    return new Version(epoch, clock, incarnation);
  }

  /** Makes later versions newer than one that came from elsewhere. */
  public void observe(Version version) {
    last.accumulateAndGet(version.clock(), Math::max);
  }
}
