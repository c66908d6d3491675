package io.silverback.server.storage.pages;

import java.util.function.LongSupplier;

/**
 * Tells how long ago a page was sealed, whatever the wall clock shows: counts on from where the
 * process before this one ended, and does not go on without one. Thread-safe.
 */
public final class PageClock {
  private final LongSupplier ownMillis;
  private volatile long startMillis;

  /**
   * A clock that starts at 0.
   *
   * @param ownMillis time since the process or the store began, which nobody can set
   */
  public PageClock(LongSupplier ownMillis) {
    this.ownMillis = ownMillis;
  }

  /** Goes on after the last time that an earlier process sealed a page at. */
  public void continueAfter(long millis) {
    startMillis = millis;
  }

  long nowMillis() {
    return startMillis + ownMillis.getAsLong();
  }

  /**
   * What the wall clock that shows {@code wallMillis} now would have shown at a time of this one.
   */
  long wallMillis(long millis, long wallMillis) {
    return wallMillis - (nowMillis() - millis);
  }
}
