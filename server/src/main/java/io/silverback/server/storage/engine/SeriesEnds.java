package io.silverback.server.storage.engine;

import io.silverback.server.storage.HistoryQuery;
import io.silverback.server.storage.pages.GroupPages;
import io.silverback.server.storage.pages.GroupPages.Page;
import io.silverback.server.storage.pages.SeriesWalk;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.ToIntFunction;
import java.util.stream.LongStream;

/**
 * When the series of one group ended, in the time of a query: at each change of its shape those
 * that the shape before has and the one after has not. Not thread-safe.
 *
 * <p>A page is of one shape, which is that of the whole group, so the first row of the next page is
 * the push that took series away. What takes series away without a row, as a DELETE does, leaves
 * the group with another shape than its last page, or was between two pages.
 */
final class SeriesEnds {
  /** The number of no shape: no series is in it. */
  static final int NO_SHAPE = -1;

  private final HistoryQuery query;
  private final List<Change> changes = new ArrayList<>();

  private record Change(int before, int after, long millis) {
    boolean ends(SeriesWalk.Columns series) {
      return series.isIn(before) && !series.isIn(after);
    }
  }

  /** Reads when the first row of a page was pushed. */
  @FunctionalInterface
  interface FirstMillis {
    long of(Page page) throws IOException;
  }

  SeriesEnds(HistoryQuery query) {
    this.query = query;
  }

  /**
   * Notes each change of the shape from the page before the first one that is read up to the last
   * one, or to the group as it is now.
   *
   * @param read the pages that have rows in the time of the query
   * @param shapes the number of the shape of a page, or {@link #NO_SHAPE} if it is gone
   * @param current the number of the shape that the group has now
   * @return whether the group has any page
   */
  boolean find(
      GroupPages pages,
      List<Page> read,
      ToIntFunction<Page> shapes,
      int current,
      FirstMillis firstMillis)
      throws IOException {
    List<Page> all = pages.between(Long.MIN_VALUE, Long.MAX_VALUE);
    int first = read.isEmpty() ? all.size() : placeOf(read.getFirst(), all);
    int last = read.isEmpty() ? all.size() - 1 : placeOf(read.getLast(), all);
    int before = NO_SHAPE;
    for (int i = Math.max(0, first - 1); i <= last; i++) {
      int shape = shapes.applyAsInt(all.get(i));
      if (before != NO_SHAPE) {
        noteBetween(pages, all.get(i - 1), before, all.get(i), shape, firstMillis);
      }
      before = shape;
    }
    if (before != NO_SHAPE && before != current && last == all.size() - 1) {
      long lastMillis = pages.lastMillis(all.getLast());
      note(before, current, Math.max(pages.bounds().removedMillis(), lastMillis + 1));
    }
    return !all.isEmpty();
  }

  private static int placeOf(Page page, List<Page> pages) {
    return (int) pages.stream().takeWhile(it -> it.number() != page.number()).count();
  }

  private void noteBetween(
      GroupPages pages, Page left, int before, Page entered, int after, FirstMillis firstMillis)
      throws IOException {
    long lastMillis = pages.lastMillis(left);
    long endedMillis = pages.bounds().endedMillis();
    boolean mayHaveEnded = endedMillis >= lastMillis;
    if (!mayHaveEnded && before == after) {
      return;
    }
    long millis = firstMillis.of(entered);
    if (mayHaveEnded && endedMillis <= millis) {
      note(before, NO_SHAPE, Math.max(endedMillis, lastMillis + 1));
    } else if (before != after) {
      note(before, after, millis);
    }
  }

  private void note(int before, int after, long millis) {
    if (isAskedFor(millis)) {
      changes.add(new Change(before, after, millis));
    }
  }

  boolean isAskedFor(long millis) {
    return millis >= query.startMillis() && millis <= query.endMillis();
  }

  /** How many ends a series has at most. */
  int count() {
    return changes.size();
  }

  /** When the series ended, in the order of time. */
  long[] of(SeriesWalk.Columns series) {
    return changes.stream()
        .filter(change -> change.ends(series))
        .flatMapToLong(change -> LongStream.of(change.millis()))
        .toArray();
  }
}
