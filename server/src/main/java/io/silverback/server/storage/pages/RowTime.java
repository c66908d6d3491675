package io.silverback.server.storage.pages;

/** Which times rows of history may have. */
public final class RowTime {
  /** How far the clocks of servers may differ without anybody having to act. */
  static final long TOLERANCE_MILLIS = 60_000;

  private RowTime() {}

  /** True if a time is so far in the future that a clock was, or is, wrong. */
  static boolean isAhead(long millis, long nowMillis) {
    return millis > nowMillis + TOLERANCE_MILLIS;
  }

  /**
   * The time of the row of a push that another server, or a client, stamped: a little ahead of our
   * clock is theirs, so that all servers keep the same times; far ahead is now.
   */
  public static long of(long stampMillis, long nowMillis) {
    return isAhead(stampMillis, nowMillis) ? nowMillis : stampMillis;
  }
}
