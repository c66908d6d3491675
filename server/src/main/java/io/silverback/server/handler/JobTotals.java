package io.silverback.server.handler;

import io.silverback.server.handler.HeavyNames.Heavy;
import java.util.Collection;
import java.util.List;

/** What jobs have and do, at one server or at all of a cluster. Thread-safe. */
public interface JobTotals {
  /** Of that many jobs, or fewer, all sums are exact; more are never asked for. */
  int MOST_JOBS = 1000;

  /** What jobs are ordered by. */
  enum Order {
    SERIES,
    BYTES,
    PUSHES,
    REFUSALS
  }

  /** What there is of a job. */
  record Totals(long groups, long series, long bytes, long pushes, long refusals) {
    public static final Totals NONE = new Totals(0, 0, 0, 0, 0);

    public Totals plus(Totals other) {
      return new Totals(
          groups + other.groups,
          series + other.series,
          bytes + other.bytes,
          pushes + other.pushes,
          refusals + other.refusals);
    }

    long weight(Order order) {
      return switch (order) {
        case SERIES -> series;
        case BYTES -> bytes;
        case PUSHES -> pushes;
        case REFUSALS -> refusals;
      };
    }
  }

  /**
   * The jobs that have the most, with sums that may be too low, as {@link HeavyNames} has them; at
   * most two for each of {@link #MOST_JOBS}.
   *
   * @throws io.silverback.server.storage.StoreNotReadyException if a server does not answer
   */
  List<Heavy> heaviest(Order order);

  /**
   * What there is of each of the jobs, in their order.
   *
   * @param jobs names as they are shown
   * @throws io.silverback.server.storage.StoreNotReadyException if a server does not answer
   */
  List<Totals> totals(Collection<String> jobs);
}
