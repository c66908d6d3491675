package io.silverback.server.storage.snapshot;

import io.silverback.server.group.HeldFamily;
import io.silverback.server.group.PushTimes;
import io.silverback.server.storage.maps.ShapeTable;
import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.stream.Stream;
import org.agrona.collections.IntArrayList;
import org.jspecify.annotations.Nullable;

/**
 * The families of a snapshot in the order of their names, push times included.
 *
 * <p>Walks through the shapes side by side, all groups of one shape together, so that nothing is
 * decoded before it is asked for. Not thread-safe.
 */
final class FamilyMerge implements Iterator<HeldFamily> {
  private final GroupRows rows;
  private final HeldShapes shapes;
  private final MetricReader metrics;
  private final SeriesMerge merge;
  private final NumberHeap waiting;
  private final IntArrayList current = new IntArrayList();
  private final Iterator<HeldPushTime> pushTimes;
  private @Nullable HeldPushTime nextPushTime;

  FamilyMerge(GroupRows rows, ShapeTable table, SnapshotMemory memory) {
    this.rows = rows;
    this.shapes = new HeldShapes(rows, table, memory);
    this.metrics = new MetricReader(rows);
    this.merge = new SeriesMerge(rows, shapes, metrics, memory.workBytes());
    this.waiting = new NumberHeap(shapes::compareNames);
    var held = new PushTimeOrder(rows);
    this.pushTimes =
        Stream.of(PushTimes.FAILURE, PushTimes.SUCCESS)
            .map(name -> HeldPushTime.of(name, held))
            .flatMap(Optional::stream)
            .iterator();
    this.nextPushTime = followingPushTime();
    for (int shape = 0; shape < shapes.count(); shape++) {
      queue(shape);
    }
  }

  @Override
  public boolean hasNext() {
    advance();
    return !waiting.isEmpty() || nextPushTime != null;
  }

  @Override
  public HeldFamily next() {
    if (!hasNext()) {
      throw new NoSuchElementException("no more families");
    }
    HeldPushTime pushTime = nextPushTime;
    if (pushTime != null
        && (waiting.isEmpty() || pushTime.name().compareTo(shapes.name(waiting.first())) < 0)) {
      nextPushTime = followingPushTime();
      return pushTime;
    }
    int first = waiting.removeFirst();
    current.addInt(first);
    while (!waiting.isEmpty() && shapes.compareNames(first, waiting.first()) == 0) {
      current.addInt(waiting.removeFirst());
    }
    return new HeldByShapes(current, rows, shapes, metrics, merge);
  }

  /** Steps on with the shapes that the last family was in. */
  private void advance() {
    current.forEachInt(this::queue);
    current.clear();
  }

  private void queue(int shape) {
    if (shapes.nextFamily(shape)) {
      waiting.add(shape);
    }
  }

  private @Nullable HeldPushTime followingPushTime() {
    return pushTimes.hasNext() ? pushTimes.next() : null;
  }
}
