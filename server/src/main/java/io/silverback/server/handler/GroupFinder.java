package io.silverback.server.handler;

import io.silverback.codec.model.GroupBounds;
import io.silverback.codec.model.GroupingKey;
import io.silverback.codec.model.PushRhythm;
import io.silverback.server.group.select.MalformedSelectorException;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * Finds groups by what they are called and how they are, a page at a time, at one server or in all
 * of a cluster. Thread-safe.
 *
 * <p>Each page takes a look at every group and a fixed amount of memory.
 */
public interface GroupFinder {
  /** Of a page. */
  int MOST_ROWS = 500;

  /** Characters of the keys of a page, about; one row is told in any case. */
  long MOST_WEIGHT = 2 << 20;

  /** A group is overdue once it missed that many pushes of its rhythm. */
  int MISSED_PUSHES = 3;

  /**
   * A page of the groups that the query is about, and how many groups there are.
   *
   * @throws io.silverback.server.storage.StoreNotReadyException if a server does not answer
   * @throws MalformedSelectorException if a selector is not valid
   */
  Page find(Query query);

  /** How groups may be. */
  enum State {
    ANY,
    FAILED,
    OVERDUE,
    STALE
  }

  /** What groups are ordered by, and then by their jobs and keys, as people look for a job. */
  enum Order {
    NAME,
    LAST_PUSH,
    LAST_FAILURE,
    SERIES,
    BYTES
  }

  /** Where a row is in an order. */
  record Place(long weight, GroupingKey key) {
    private static final Comparator<Place> ASCENDING =
        Comparator.comparingLong(Place::weight)
            .thenComparing(place -> place.key().job())
            .thenComparing(Place::key);

    static Comparator<Place> comparator(boolean isDescending) {
      return isDescending ? ASCENDING.reversed() : ASCENDING;
    }
  }

  /**
   * What is asked.
   *
   * @param search words, each of which is in some {@code name=value} of the key, in any case
   * @param matches selectors of which one has to match; if there are any
   * @param most rows of a page
   * @param after the place before the first row
   */
  record Query(
      String search,
      List<String> matches,
      State state,
      Order order,
      boolean isDescending,
      int most,
      Optional<Place> after) {
    public Query {
      matches = List.copyOf(matches);
      most = Math.clamp(most, 1, MOST_ROWS);
    }

    /** The order of the rows. */
    public Comparator<Row> comparator() {
      return Comparator.comparing(this::placeOf, Place.comparator(isDescending));
    }

    /** Where a row is in the order. */
    Place placeOf(Row row) {
      return new Place(weight(row), row.key());
    }

    private long weight(Row row) {
      return switch (order) {
        case NAME -> 0;
        case LAST_PUSH -> row.pushMillis();
        case LAST_FAILURE -> row.failureMillis();
        case SERIES -> row.series();
        case BYTES -> row.bytes();
      };
    }
  }

  /**
   * A group in short. Times are in milliseconds since the epoch.
   *
   * @param pushMillis of the last push that was taken, 0 for none
   * @param failureMillis of the last push that was refused, 0 for none
   * @param staleMillis since when it is stale, 0 if it is not
   * @param intervalMillis between two pushes, 0 if they come in no rhythm
   * @param series each bucket, quantile, sum and count is one
   * @param bytes of its key, its current values and its open page of history
   */
  record Row(
      GroupingKey key,
      long pushMillis,
      long failureMillis,
      long staleMillis,
      long intervalMillis,
      long series,
      long bytes) {
    /** A job that pushes in a burst is not overdue right after it. */
    private static final long SHORTEST_QUIET_MILLIS = 60_000;

    static Row of(GroupingKey key, GroupBounds bounds, long series, long bytes) {
      PushRhythm rhythm = bounds.rhythm();
      return new Row(
          key,
          bounds.pushMillis(),
          bounds.failureMillis(),
          bounds.isStale() ? bounds.expiry().at().wallMillis() : 0,
          rhythm.isRegular() ? rhythm.intervalMillis() : 0,
          series,
          bytes);
    }

    boolean isFailed() {
      return failureMillis > pushMillis;
    }

    boolean isStale() {
      return staleMillis > 0;
    }

    boolean isOverdue(long nowMillis) {
      return intervalMillis > 0
          && !isStale()
          && nowMillis - Math.max(pushMillis, failureMillis)
              > Math.max(MISSED_PUSHES * intervalMillis, SHORTEST_QUIET_MILLIS);
    }

    boolean is(State state, long nowMillis) {
      return switch (state) {
        case ANY -> true;
        case FAILED -> isFailed();
        case OVERDUE -> isOverdue(nowMillis);
        case STALE -> isStale();
      };
    }
  }

  /**
   * How many groups there are.
   *
   * @param found that the query is about
   */
  record Counts(long all, long found, long failed, long overdue, long stale) {
    public static final Counts NONE = new Counts(0, 0, 0, 0, 0);

    public Counts plus(Counts other) {
      return new Counts(
          all + other.all,
          found + other.found,
          failed + other.failed,
          overdue + other.overdue,
          stale + other.stale);
    }
  }

  /**
   * Some of the groups.
   *
   * @param rows in the order that was asked for
   * @param isMore true if others follow
   */
  record Page(List<Row> rows, boolean isMore, Counts counts) {
    public Page {
      rows = List.copyOf(rows);
    }
  }
}
