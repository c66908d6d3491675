package io.silverback.server.storage.snapshot;

import io.silverback.codec.model.Labels;
import io.silverback.codec.model.Metric;
import io.silverback.codec.model.SeriesSink;
import io.silverback.codec.model.StoredSeries;
import io.silverback.codec.row.ExtrasCursor;
import io.silverback.codec.row.ShapeReader;
import io.silverback.server.storage.pages.SeriesWindow;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.agrona.collections.IntArrayList;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/**
 * The series of one family of many groups in the order of an exposition, within a fixed amount of
 * memory however many there are. Not thread-safe.
 */
final class SeriesMerge {
  /*
   * Implementation notes
   *
   * (1) A run is a sequence of series that is in order as it is stored. Within a group those whose
   * own labels have the same names are one: their label sets are numbered in order, and what the key
   * adds is the same for all. Groups of one shape, in the order of their keys, mostly continue one
   * another's run; where one does not, another begins.
   *
   * (2) Runs are merged through a heap of what each has next. Each looks at its groups through a
   * window of a few series, since those of a group are stored in the order of the push.
   *
   * (3) If there are more runs than there is room for, those with the smallest first series are
   * merged up to the first series of all others, again and again from there on. Each pass looks at
   * all runs, and writes at least as many series as there is room for runs.
   */

  private static final int BYTES_OF_RUN = 192;
  private static final SeriesWindow NOTHING = new SeriesWindow(0);

  /** Most series through which borders between label names are looked for at a time. */
  private static final int SCANNED = 1024;

  private final GroupRows rows;
  private final HeldShapes shapes;
  private final MetricReader metrics;
  private final LabelTexts texts;
  private final long roomBytes;
  private final SeriesComparison comparison;
  private final ExtrasCursor extras = new ExtrasCursor();
  private final UnsafeBuffer frame = new UnsafeBuffer();
  private final List<Run> runs = new ArrayList<>();
  private final NumberHeap smallest = new NumberHeap(this::compareRuns);
  private final NumberHeap largest = new NumberHeap((left, right) -> compareRuns(right, left));

  /** Where all that was written before ends; null at first. */
  private @Nullable Place floor;

  /** What must not be written yet, since a run that begins there has no room; null if all have. */
  private @Nullable Place ceiling;

  /**
   * A merge of families of some shapes.
   *
   * @param roomBytes what it may take on the heap
   */
  SeriesMerge(GroupRows rows, HeldShapes shapes, MetricReader metrics, long roomBytes) {
    this.rows = rows;
    this.shapes = shapes;
    this.metrics = metrics;
    this.texts = new LabelTexts(rows);
    this.roomBytes = roomBytes;
    this.comparison = new SeriesComparison(rows);
  }

  /**
   * A series of a shape.
   *
   * @param number as {@link SeriesWindow} has it
   * @param labels where in the shape its labels stand
   */
  private record Series(long number, int labels) {}

  /** A series of a group. */
  private record Place(int row, int shape, Series series) {}

  /** Series that are in order as they are stored, from the next one that is to be written on. */
  private final class Run {
    private final int shape;
    private final Series first;
    private final Series last;
    private final int end;
    private int group;
    private Series next;
    private SeriesWindow window = NOTHING;

    /**
     * A run at its first series.
     *
     * @param first of each group
     * @param last of each group
     * @param group the first one's place among the groups
     * @param end the place after the last one
     */
    private Run(int shape, Series first, Series last, int group, int end) {
      this.shape = shape;
      this.first = first;
      this.last = last;
      this.group = group;
      this.end = end;
      this.next = first;
    }

    private int row() {
      return shapes.group(group);
    }

    private Place place() {
      return new Place(row(), shape, next);
    }

    private void open(long most) {
      int metricCount = shapes.held(shape).reader().metricCount();
      window = new SeriesWindow((int) Math.min(most, metricCount));
      refill(next.number);
    }

    /** Goes to the next series; false at the end. */
    private boolean advance() {
      if (window.next()) {
        next = new Series(window.series(), window.labels());
        return true;
      }
      return window.isWhole() ? nextGroup() : refill(next.number + 1);
    }

    private boolean nextGroup() {
      group++;
      return group < end && refill(first.number);
    }

    private boolean refill(long from) {
      ShapeReader family = shapes.held(shape).reader();
      int row = row();
      rows.readInt(
          () -> {
            rows.frame(row, frame);
            extras.start(frame, frame.capacity() == 0 ? 0 : rows.extras(row));
            window.fill(family, from, last.number, extras);
            return 0;
          });
      return window.isEmpty() ? nextGroup() : advance();
    }

    /** Goes to the first series after one of any group; false at the end. */
    private boolean seekAfter(Place floor) {
      while (group < end && compare(row(), shape, last, floor) <= 0) {
        group++;
      }
      if (group == end) {
        return false;
      }
      open(SCANNED);
      boolean hasNext = true;
      while (hasNext && compare(row(), shape, next, floor) <= 0) {
        hasNext = advance();
      }
      window = NOTHING;
      return hasNext;
    }
  }

  /** Hands over the series of the current families of these shapes. */
  void forEach(IntArrayList familyShapes, Consumer<? super Metric> consumer) {
    forEachPlace(familyShapes, at -> metric(at).ifPresent(consumer));
  }

  /** Hands over the same as they are stored, but for those whose labels have no text. */
  void forEachSeries(IntArrayList familyShapes, SeriesSink sink) {
    forEachPlace(familyShapes, at -> handOver(at, sink));
  }

  /** Shows each run when it is at the next series. */
  private void forEachPlace(IntArrayList familyShapes, Consumer<Run> consumer) {
    floor = null;
    do {
      ceiling = null;
      runs.clear();
      familyShapes.forEachInt(this::addRunsOf);
      open();
      write(consumer);
    } while (ceiling != null);
  }

  private void addRunsOf(int shape) {
    ShapeReader family = shapes.held(shape).reader();
    long least = Long.MAX_VALUE;
    long most = 0;
    family.rewind();
    while (family.nextMetric()) {
      long series = SeriesWindow.firstOf(family.labelSet()) | family.metric();
      least = Math.min(least, series);
      most = Math.max(most, series);
    }
    var first = new Series(least, family.labelsPosition(SeriesWindow.labelSetOf(least)));
    var last = new Series(most, family.labelsPosition(SeriesWindow.labelSetOf(most)));
    if (family.haveSameNames(first.labels, last.labels)) {
      addRuns(shape, first, last);
    } else {
      addRunsByNames(shape, first, last);
    }
  }

  private void addRunsByNames(int shape, Series first, Series last) {
    ShapeReader family = shapes.held(shape).reader();
    var scan = new SeriesWindow(SCANNED);
    Series start = first;
    Series before = first;
    while (before.number < last.number) {
      extras.start(frame, 0);
      scan.fill(family, before.number + 1, last.number, extras);
      while (scan.next()) {
        var series = new Series(scan.series(), scan.labels());
        if (!family.haveSameNames(before.labels, series.labels)) {
          addRuns(shape, start, before);
          start = series;
        }
        before = series;
      }
    }
    addRuns(shape, start, last);
  }

  /** Adds the series of all groups that have the same names. */
  private void addRuns(int shape, Series first, Series last) {
    ShapeReader family = shapes.held(shape).reader();
    int end = shapes.endOfGroups(shape);
    int start = shapes.firstGroup(shape);
    for (int group = start + 1; group <= end; group++) {
      if (group == end
          || comparison.compare(
                  shapes.group(group - 1),
                  family,
                  last.labels,
                  shapes.group(group),
                  family,
                  first.labels)
              > 0) {
        add(new Run(shape, first, last, start, group));
        start = group;
      }
    }
  }

  private void add(Run run) {
    Place written = floor;
    if (written != null && !run.seekAfter(written)) {
      return;
    }
    if (runs.size() < roomBytes / (BYTES_OF_RUN + SeriesWindow.BYTES_OF_SERIES)) {
      runs.add(run);
      return;
    }
    if (ceiling == null) {
      largest.clear();
      for (int i = 0; i < runs.size(); i++) {
        largest.add(i);
      }
    }
    Run last = runs.get(largest.first());
    boolean isBefore = compare(run.row(), run.shape, run.next, last.place()) < 0;
    Place passedOver = isBefore ? last.place() : run.place();
    if (isBefore) {
      runs.set(largest.first(), run);
      largest.firstGrew();
    }
    if (ceiling == null
        || compare(passedOver.row, passedOver.shape, passedOver.series, ceiling) < 0) {
      ceiling = passedOver;
    }
  }

  private void open() {
    long room = roomBytes / Math.max(1, runs.size()) - BYTES_OF_RUN;
    long most = Math.max(1, room / SeriesWindow.BYTES_OF_SERIES);
    smallest.clear();
    for (int i = 0; i < runs.size(); i++) {
      runs.get(i).open(most);
      smallest.add(i);
    }
  }

  private void write(Consumer<Run> consumer) {
    while (!smallest.isEmpty()) {
      Run run = runs.get(smallest.first());
      if (ceiling != null && compare(run.row(), run.shape, run.next, ceiling) >= 0) {
        return;
      }
      int group = run.group;
      // Most groups come one after the other, which takes no more than this look to see.
      boolean isAlone = run.next.number == run.first.number && isBeforeAllOthers(run);
      boolean hasNext;
      do {
        write(run, consumer);
        hasNext = run.advance();
      } while (hasNext && isAlone && run.group == group);
      if (hasNext) {
        smallest.firstGrew();
      } else {
        smallest.removeFirst();
      }
    }
  }

  /** True if the whole group of the first run is to be written before anything else. */
  private boolean isBeforeAllOthers(Run run) {
    return (smallest.size() == 1
            || compare(run.row(), run.shape, run.last, runs.get(smallest.second()).place()) < 0)
        && (ceiling == null || compare(run.row(), run.shape, run.last, ceiling) < 0);
  }

  private void write(Run run, Consumer<Run> consumer) {
    if (ceiling != null) {
      floor = run.place();
    }
    consumer.accept(run);
  }

  private void handOver(Run at, SeriesSink sink) {
    int firstGroup = shapes.firstGroup(at.shape);
    byte[] text =
        texts.of(
            at.row(),
            shapes.held(at.shape),
            at.group - firstGroup,
            shapes.endOfGroups(at.shape) - firstGroup,
            SeriesWindow.labelSetOf(at.window.series()),
            at.window.labels());
    if (text.length == 0) {
      metric(at).ifPresent(sink::metric);
    } else {
      metric(at, Labels.EMPTY).ifPresent(it -> sink.stored(new Stored(text, it, () -> metric(at))));
    }
  }

  private Optional<Metric> metric(Run at) {
    int set = SeriesWindow.labelSetOf(at.window.series());
    Labels own = shapes.held(at.shape).labels(set, at.window.labels());
    return metrics.labels(at.row(), own).flatMap(labels -> metric(at, labels));
  }

  private Optional<Metric> metric(Run at, Labels labels) {
    SeriesWindow window = at.window;
    return metrics.readWith(
        labels,
        at.row(),
        shapes.held(at.shape).reader().layout(window.layout()),
        SeriesWindow.metricOf(window.series()),
        window.column(),
        window.extra());
  }

  /** The series that a run is at. */
  @SuppressWarnings("ArrayRecordComponent") // Nobody compares them.
  private record Stored(byte[] labelText, Metric unlabelled, Supplier<Optional<Metric>> whole)
      implements StoredSeries {
    @Override
    public Optional<Metric> metric() {
      return whole.get();
    }
  }

  private int compareRuns(int left, int right) {
    Run a = runs.get(left);
    Run b = runs.get(right);
    return compare(a.row(), a.shape, a.next, b.row(), b.shape, b.next);
  }

  private int compare(int row, int shape, Series series, Place place) {
    return compare(row, shape, series, place.row, place.shape, place.series);
  }

  private int compare(
      int leftRow, int leftShape, Series left, int rightRow, int rightShape, Series right) {
    int order =
        comparison.compare(
            leftRow,
            shapes.held(leftShape).reader(),
            left.labels,
            rightRow,
            shapes.held(rightShape).reader(),
            right.labels);
    // The same series of one group, pushed twice.
    return order != 0 ? order : Long.compare(left.number, right.number);
  }
}
