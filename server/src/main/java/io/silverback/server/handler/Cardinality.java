package io.silverback.server.handler;

import io.silverback.server.handler.HeavyNames.Heavy;
import java.util.List;

/** Which names and values the series of one server, or of a cluster, have most. Thread-safe. */
public interface Cardinality {
  /** Of that many names, or fewer, all sums are exact; more are never asked for. */
  int MOST_NAMES = 1000;

  /** What series are counted by. */
  enum Dimension {
    METRIC,
    LABEL,
    VALUE
  }

  /**
   * A question.
   *
   * @param metric only series of this name of a metric; empty for all
   * @param label whose values are counted; empty unless values are
   */
  record Query(Dimension by, String metric, String label) {}

  /**
   * How many series have what.
   *
   * @param isExact false if the sums may be too low, and names may be missing, as {@link
   *     HeavyNames} says
   * @param series that were counted
   * @param names in descending order of the sums
   */
  record Ranking(boolean isExact, long series, List<Heavy> names) {
    public Ranking {
      names = List.copyOf(names);
    }
  }

  /**
   * Counts the series of the groups that are shown; at most two names for each of {@link
   * #MOST_NAMES}.
   *
   * @throws io.silverback.server.storage.StoreNotReadyException if a server does not answer
   */
  Ranking rank(Query query);
}
