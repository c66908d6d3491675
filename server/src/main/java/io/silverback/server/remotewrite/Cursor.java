package io.silverback.server.remotewrite;

import java.util.Comparator;

/**
 * How far a target got, in milliseconds since the epoch. What is after the first time and up to the
 * second one may have been delivered or not, so it is sent again, and in requests of its own.
 *
 * @param doneMillis all samples up to that time were delivered, or given up
 * @param begunMillis up to which sending has begun, the same or later
 */
record Cursor(long doneMillis, long begunMillis) implements Comparable<Cursor> {
  private static final Comparator<Cursor> ORDER =
      Comparator.comparingLong(Cursor::doneMillis).thenComparingLong(Cursor::begunMillis);

  /** One before which everything is done. */
  static Cursor at(long millis) {
    return new Cursor(millis, millis);
  }

  @Override
  public int compareTo(Cursor other) {
    return ORDER.compare(this, other);
  }
}
