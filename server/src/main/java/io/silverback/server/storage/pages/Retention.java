package io.silverback.server.storage.pages;

import java.time.Duration;

/**
 * How far back history goes: as long as was asked for, and less while memory is short.
 *
 * <p>What was given up need not be undone later: as time passes, the moment of the loss falls
 * behind the retention. Thread-safe.
 */
public final class Retention {
  private final long askedMillis;
  private volatile long floorMillis = Long.MIN_VALUE;
  private volatile boolean paused;

  public Retention(Duration asked) {
    this.askedMillis = asked.toMillis();
  }

  /** As long as history goes back while there is memory for it; 0 for none at all. */
  public long askedMillis() {
    return askedMillis;
  }

  /** False if rows are not to be kept now. */
  public boolean keepsRows() {
    return askedMillis > 0 && !paused;
  }

  public boolean isPaused() {
    return paused;
  }

  /** False if something younger than what was asked for had to go. */
  public boolean isWhole(long nowMillis) {
    return !paused && floorMillis(nowMillis) <= nowMillis - askedMillis;
  }

  /** What is older need not be kept. */
  public long oldestMillis(long nowMillis) {
    return Math.max(nowMillis - askedMillis, floorMillis(nowMillis));
  }

  /**
   * The moment before which history was given up. One in the future was set by a clock that was
   * wrong, and says nothing of what was pushed by one that is right.
   */
  private long floorMillis(long nowMillis) {
    if (RowTime.isAhead(floorMillis, nowMillis)) {
      floorMillis = Long.MIN_VALUE;
    }
    return floorMillis;
  }

  /** How long history goes back now. */
  public long effectiveMillis(long nowMillis) {
    return paused ? 0 : Math.max(0, nowMillis - oldestMillis(nowMillis));
  }

  /** Gives up what is older than a moment. For one thread at a time. */
  public void forgetBefore(long millis) {
    floorMillis = Math.max(floorMillis, millis);
  }

  /** Keeps no rows until {@link #resume}. */
  public void pause() {
    paused = true;
  }

  public void resume() {
    paused = false;
  }
}
