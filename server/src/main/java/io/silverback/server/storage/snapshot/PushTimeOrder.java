package io.silverback.server.storage.snapshot;

import org.jspecify.annotations.Nullable;

/** The groups of a snapshot in the order in which an exposition shows their push times. */
final class PushTimeOrder {
  private final GroupRows rows;
  private int @Nullable [] order;

  PushTimeOrder(GroupRows rows) {
    this.rows = rows;
  }

  GroupRows rows() {
    return rows;
  }

  /** All rows; not to be changed. */
  int[] order() {
    int[] sorted = order;
    if (sorted == null) {
      sorted = rows.byKey().clone();
      NumberOrder pushTimes = new SeriesComparison(rows)::comparePushTimes;
      pushTimes.sort(sorted);
      order = sorted;
    }
    return sorted;
  }
}
