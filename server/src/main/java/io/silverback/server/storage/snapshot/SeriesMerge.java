package io.silverback.server.storage.snapshot;

import io.silverback.codec.model.Metric;
import io.silverback.codec.model.SeriesSink;
import io.silverback.codec.row.ExtrasCursor;
import io.silverback.codec.row.ShapeReader;
import io.silverback.server.storage.pages.SeriesWindow;
import io.silverback.server.storage.snapshot.SeriesRun.Place;
import io.silverback.server.storage.snapshot.SeriesRun.Series;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.agrona.collections.IntArrayList;
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
   * another's run; where one does not, another begins. See SeriesRun.
   *
   * (2) Runs are merged through a heap of what each has next. Each looks at its groups through a
   * window of a few series, since those of a group are stored in the order of the push.
   *
   * (3) If there are more runs than there is room for, those with the smallest first series are
   * merged up to the first series of all others, again and again from there on. Each pass looks at
   * all runs, and writes at least as many series as there is room for runs.
   *
   * (4) Whole groups of one run that come before all others are announced as a passage, which a sink
   * may have the text of. See PassageIdentity. No series beside a passage has the labels of one in
   * it, since of those only the first is shown.
   */

  private static final int BYTES_OF_RUN = 192;

  /** Most series through which borders between label names are looked for at a time. */
  private static final int SCANNED = 1024;

  private final GroupRows rows;
  private final HeldShapes shapes;
  private final SeriesReader reader;
  private final long roomBytes;
  private final SeriesComparison comparison;
  private final SeriesRun.Source source;
  private final PassageIdentity identity;
  private final List<SeriesRun> runs = new ArrayList<>();
  private final NumberHeap smallest = new NumberHeap(this::compareRuns);
  private final NumberHeap largest = new NumberHeap((left, right) -> compareRuns(right, left));

  /** Where all that was written before ends; null at first. */
  private @Nullable Place floor;

  /** What must not be written yet, since a run that begins there has no room; null if all have. */
  private @Nullable Place ceiling;

  /** False if a series since the start of the passage was not handed over as it is stored. */
  private boolean isStored;

  /**
   * A merge of families of some shapes.
   *
   * @param roomBytes what it may take on the heap
   */
  SeriesMerge(GroupRows rows, HeldShapes shapes, MetricReader metrics, long roomBytes) {
    this.rows = rows;
    this.shapes = shapes;
    this.reader = new SeriesReader(rows, shapes, metrics);
    this.roomBytes = roomBytes;
    this.comparison = new SeriesComparison(rows);
    this.source = new SeriesRun.Source(rows, shapes);
    this.identity = new PassageIdentity(rows);
  }

  /** Hands over the series of the current families of these shapes. */
  void forEach(IntArrayList familyShapes, Consumer<? super Metric> consumer) {
    forEachPlace(familyShapes, at -> reader.metric(at).ifPresent(consumer), Optional.empty());
  }

  /** Hands over the same as they are stored, but for those whose labels have no text. */
  void forEachSeries(IntArrayList familyShapes, SeriesSink sink) {
    forEachPlace(familyShapes, at -> isStored &= reader.handOver(at, sink), Optional.of(sink));
  }

  /** Shows each run when it is at the next series. */
  private void forEachPlace(
      IntArrayList familyShapes, Consumer<SeriesRun> visitor, Optional<SeriesSink> passages) {
    floor = null;
    do {
      ceiling = null;
      runs.clear();
      familyShapes.forEachInt(this::addRunsOf);
      open();
      write(visitor, passages);
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
    if (family.haveSameNames(first.labels(), last.labels())) {
      addRuns(shape, first, last);
    } else {
      addRunsByNames(shape, first, last);
    }
  }

  private void addRunsByNames(int shape, Series first, Series last) {
    ShapeReader family = shapes.held(shape).reader();
    var scan = new SeriesWindow(SCANNED);
    var noExtras = new ExtrasCursor();
    Series start = first;
    Series before = first;
    while (before.number() < last.number()) {
      scan.fill(family, before.number() + 1, last.number(), noExtras);
      while (scan.next()) {
        var series = new Series(scan.series(), scan.labels());
        if (!family.haveSameNames(before.labels(), series.labels())) {
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
    boolean haveSameLabels = first.labels() == last.labels();
    if (haveSameLabels && shapes.areKeysInOrder(shape, comparison)) {
      add(new SeriesRun(source, shape, first, last, start, end));
      return;
    }
    for (int group = start + 1; group <= end; group++) {
      if (group == end
          || comparison.compare(
                  shapes.group(group - 1),
                  family,
                  last.labels(),
                  shapes.group(group),
                  family,
                  first.labels())
              > 0) {
        add(new SeriesRun(source, shape, first, last, start, group));
        start = group;
      }
    }
  }

  private void add(SeriesRun run) {
    Place before = floor;
    if (before != null && !seekAfter(run, before)) {
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
    SeriesRun last = runs.get(largest.first());
    boolean isBefore = compare(run, run.group(), run.next(), last.place()) < 0;
    Place passedOver = isBefore ? last.place() : run.place();
    if (isBefore) {
      runs.set(largest.first(), run);
      largest.firstGrew();
    }
    if (ceiling == null || compare(passedOver, ceiling) < 0) {
      ceiling = passedOver;
    }
  }

  /** Goes to the first series after one of any group; false at the end. */
  private boolean seekAfter(SeriesRun run, Place before) {
    boolean hasNext = true;
    while (hasNext && compare(run, run.group(), run.last(), before) <= 0) {
      hasNext = run.goTo(run.group() + 1);
    }
    run.open(SCANNED);
    while (hasNext && compare(run, run.group(), run.next(), before) <= 0) {
      hasNext = run.show() ? run.advance() : run.goTo(run.group() + 1);
    }
    return hasNext;
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

  private void write(Consumer<SeriesRun> visitor, Optional<SeriesSink> passages) {
    int least = passages.map(SeriesSink::leastPassage).orElse(Integer.MAX_VALUE);
    while (!smallest.isEmpty()) {
      SeriesRun run = runs.get(smallest.first());
      if (ceiling != null && compare(run, run.group(), run.next(), ceiling) >= 0) {
        return;
      }
      // Most groups come one after the other, which takes no more than this look to see.
      boolean isAlone = run.isAtFirst() && isBeforeAllOthers(run, run.group());
      int start = run.group();
      int passageEnd = isAlone && least < Integer.MAX_VALUE ? endOfPassage(run, least) : start;
      Place last;
      boolean hasNext;
      if (passageEnd > start) {
        last = lastOf(run, passageEnd - 1);
        hasNext = writePassage(run, passageEnd, visitor, passages.orElseThrow());
      } else if (isAlone) {
        last = lastOf(run, start);
        hasNext = writeGroups(run, start + 1, visitor);
      } else {
        last = run.place();
        hasNext = writeNext(run, visitor);
      }
      floor = last;
      if (hasNext) {
        smallest.firstGrew();
      } else {
        smallest.removeFirst();
      }
    }
  }

  private static Place lastOf(SeriesRun run, int group) {
    return new Place(run.row(group), run.shape(), run.last());
  }

  /** True if a whole group of the first run is to be written before any other run. */
  private boolean isBeforeAllOthers(SeriesRun run, int group) {
    return (smallest.size() == 1
            || compare(run, group, run.last(), runs.get(smallest.second()).place()) < 0)
        && (ceiling == null || compare(run, group, run.last(), ceiling) < 0);
  }

  private static boolean writeNext(SeriesRun run, Consumer<SeriesRun> visitor) {
    if (!run.show()) {
      return run.goTo(run.group() + 1);
    }
    visitor.accept(run);
    return run.advance();
  }

  /** Writes all groups before some place. */
  private static boolean writeGroups(SeriesRun run, int end, Consumer<SeriesRun> visitor) {
    boolean hasNext;
    do {
      hasNext = writeNext(run, visitor);
    } while (hasNext && run.group() < end);
    return hasNext;
  }

  private boolean writePassage(
      SeriesRun run, int end, Consumer<SeriesRun> visitor, SeriesSink passages) {
    if (passages.passage(identity.bytes(), identity.length())) {
      return run.goTo(end);
    }
    isStored = true;
    int lost = rows.lost();
    boolean hasNext = writeGroups(run, end, visitor);
    passages.endPassage(isStored && lost == rows.lost());
    return hasNext;
  }

  /** Where a passage ends that begins with the current group; there, if none does. */
  private int endOfPassage(SeriesRun run, int least) {
    ShapeReader family = shapes.held(run.shape()).reader();
    int start = run.group();
    if (run.isPassedOver() || (long) (run.end() - start) * family.metricCount() < least) {
      return start;
    }
    identity.start(family, run.first().number(), run.last().number(), least);
    int end = start;
    while (end < run.end()
        && (end == start || isBeforeAllOthers(run, end))
        && identity.add(run.row(end))) {
      end++;
    }
    if (identity.isPassage() && isBetweenOtherLabels(run, end)) {
      return end;
    }
    run.passOver(Math.max(end, start + 1));
    return start;
  }

  private boolean isBetweenOtherLabels(SeriesRun run, int end) {
    Place before = floor;
    Place last = lastOf(run, end - 1);
    Place unopened = ceiling;
    return (before == null || !haveSameLabels(before, run.place()))
        && (unopened == null || !haveSameLabels(last, unopened))
        && (smallest.size() == 1 || !haveSameLabels(last, runs.get(smallest.second()).place()))
        && (end == run.end()
            || !haveSameLabels(last, new Place(run.row(end), run.shape(), run.first())));
  }

  private boolean haveSameLabels(Place left, Place right) {
    return comparison.haveSameLabels(
        left.row(),
        shapes.held(left.shape()).reader(),
        left.series().labels(),
        right.row(),
        shapes.held(right.shape()).reader(),
        right.series().labels());
  }

  private int compareRuns(int left, int right) {
    return compare(runs.get(left).place(), runs.get(right).place());
  }

  private int compare(SeriesRun run, int group, Series series, Place place) {
    return compare(new Place(run.row(group), run.shape(), series), place);
  }

  private int compare(Place left, Place right) {
    int order =
        comparison.compare(
            left.row(),
            shapes.held(left.shape()).reader(),
            left.series().labels(),
            right.row(),
            shapes.held(right.shape()).reader(),
            right.series().labels());
    // The same series of one group, pushed twice.
    return order != 0 ? order : Long.compare(left.series().number(), right.series().number());
  }
}
