package io.silverback.server.storage.engine;

import io.silverback.codec.row.GroupFrame;
import java.util.concurrent.atomic.AtomicLong;

/**
 * How many groups exist, how many of them are stale, and how many series they have.
 *
 * <p>A series is what has a value of its own in an exposition: each bucket, quantile, sum and count
 * is one. The times of pushes do not count. Thread-safe.
 */
public final class Holdings {
  private final AtomicLong groups = new AtomicLong();
  private final AtomicLong stale = new AtomicLong();
  private final AtomicLong series = new AtomicLong();

  /** Counts a group that was one way and is another. */
  void replace(GroupFrame old, GroupFrame next) {
    groups.addAndGet((next.exists() ? 1 : 0) - (old.exists() ? 1 : 0));
    stale.addAndGet((next.bounds().isStale() ? 1 : 0) - (old.bounds().isStale() ? 1 : 0));
    series.addAndGet(next.columnCount() - old.columnCount());
  }

  /** Counts a group that was found. */
  void add(boolean exists, boolean isStale, int columns) {
    groups.addAndGet(exists ? 1 : 0);
    stale.addAndGet(isStale ? 1 : 0);
    series.addAndGet(columns);
  }

  long groups() {
    return groups.get();
  }

  long stale() {
    return stale.get();
  }

  long series() {
    return series.get();
  }
}
