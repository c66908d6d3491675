package io.silverback.codec.model;

import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

/**
 * A hybrid logical clock (Kulkarni et al., "Logical Physical Clocks", 2014) in one 64-bit integer.
 *
 * <p>Follows the wall clock and never goes back: a step back of the wall clock only advances the
 * counter, which carries into the milliseconds and so never wraps. Thread-safe.
 *
 * <p>Versions of one epoch have to come from one such clock, or from a next one that was shown the
 * versions of the one before. A single node does the latter at its start. A node of a cluster hears
 * of no clock but its own: each process that leads a slot does so from an epoch of its own, so the
 * epoch alone orders what two processes gave.
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

  /** The number of this process start, which all its versions have. */
  public long incarnation() {
    return incarnation;
  }

  /** A version newer than all that this clock gave or saw, within one epoch. */
  public Version next(long epoch) {
    long now = wallMillis.getAsLong() << COUNTER_BITS;
    long clock = last.accumulateAndGet(now, (before, wall) -> Math.max(wall, before + 1));
    return new Version(epoch, clock, incarnation);
  }

  /** What the wall clock showed when a version was given, or more. */
  public static long millisOf(Version version) {
    return version.clock() >>> COUNTER_BITS;
  }

  /** Makes later versions newer than one that another process gave, however far ahead that is. */
  public void observe(Version version) {
    last.accumulateAndGet(version.clock(), Math::max);
  }
}
