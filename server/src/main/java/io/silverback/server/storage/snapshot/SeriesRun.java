package io.silverback.server.storage.snapshot;

import io.silverback.codec.row.ExtrasCursor;
import io.silverback.codec.row.ShapeReader;
import io.silverback.server.storage.pages.SeriesWindow;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Series of one family of groups of one shape that are in order as they are stored, from the next
 * one that is to be written on. Looks at its groups through a window of a few series. Not
 * thread-safe.
 */
final class SeriesRun {
  private static final SeriesWindow NOTHING = new SeriesWindow(0);

  private final Source source;
  private final int shape;
  private final Series first;
  private final Series last;
  private final int end;
  private int group;
  private Series next;
  private SeriesWindow window = NOTHING;
  private long most;
  private boolean isShown;
  private int passedOver;

  /**
   * A run at its first series.
   *
   * @param first of each group
   * @param last of each group
   * @param group the first one's place among the groups
   * @param end the place after the last one
   */
  SeriesRun(Source source, int shape, Series first, Series last, int group, int end) {
    this.source = source;
    this.shape = shape;
    this.first = first;
    this.last = last;
    this.group = group;
    this.end = end;
    this.next = first;
  }

  int shape() {
    return shape;
  }

  /** The place of the current group among the groups. */
  int group() {
    return group;
  }

  /** The place after the last group. */
  int end() {
    return end;
  }

  /** The row of the current group. */
  int row() {
    return row(group);
  }

  int row(int place) {
    return source.shapes.group(place);
  }

  Series next() {
    return next;
  }

  Series first() {
    return first;
  }

  Series last() {
    return last;
  }

  /** The next series. */
  Place place() {
    return new Place(row(), shape, next);
  }

  boolean isAtFirst() {
    return next.number == first.number;
  }

  /** True if no passage begins with the current group. */
  boolean isPassedOver() {
    return group < passedOver;
  }

  /** Says that no passage begins before a group, so that it is looked for only once. */
  void passOver(int before) {
    passedOver = before;
  }

  /** What the next series is made of; only after {@link #show}. */
  SeriesWindow window() {
    return window;
  }

  /** Gives it room for some series at a time, of which it takes no more than it needs. */
  void open(long mostSeries) {
    most = mostSeries;
    window = NOTHING;
    isShown = false;
  }

  /** Lets the window show the next series; false if the group is lost. */
  boolean show() {
    if (!isShown) {
      if (window == NOTHING) {
        int metricCount = source.shapes.held(shape).reader().metricCount();
        window = new SeriesWindow((int) Math.min(most, metricCount));
      }
      isShown = fill(next.number);
    }
    return isShown;
  }

  private boolean fill(long from) {
    return source.fill(window, row(), shape, from, last.number) && window.next();
  }

  /** Goes to the series after the one that is shown; false at the end. */
  boolean advance() {
    if (window.next() || (!window.isWhole() && fill(next.number + 1))) {
      next = new Series(window.series(), window.labels());
      return true;
    }
    return goTo(group + 1);
  }

  /** Goes to the first series of a group; false at the end. */
  boolean goTo(int place) {
    group = place;
    next = first;
    isShown = false;
    return group < end;
  }

  /** What all runs of a merge read from. Not thread-safe. */
  record Source(GroupRows rows, HeldShapes shapes, ExtrasCursor extras, UnsafeBuffer frame) {
    Source(GroupRows rows, HeldShapes shapes) {
      this(rows, shapes, new ExtrasCursor(), new UnsafeBuffer());
    }

    /** Fills a window with series of a group; false if that is lost. */
    private boolean fill(SeriesWindow window, int row, int shape, long from, long to) {
      ShapeReader family = shapes.held(shape).reader();
      int length =
          rows.readInt(
              () -> {
                rows.frame(row, frame);
                if (frame.capacity() > 0) {
                  extras.start(frame, rows.extras(row));
                  window.fill(family, from, to, extras);
                }
                return frame.capacity();
              });
      return length > 0;
    }
  }

  /**
   * A series of a shape.
   *
   * @param number as {@link SeriesWindow} has it
   * @param labels where in the shape its labels stand
   */
  record Series(long number, int labels) {}

  /** A series of a group. */
  record Place(int row, int shape, Series series) {}
}
