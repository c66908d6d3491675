package io.silverback.server.storage.snapshot;

import io.silverback.codec.model.GroupingKey;
import io.silverback.codec.model.Labels;
import io.silverback.codec.row.GroupFrame;
import io.silverback.codec.row.GroupFrameReader;
import io.silverback.server.group.GroupState;
import io.silverback.server.group.HeldFamily;
import io.silverback.server.storage.ListedGroup;
import io.silverback.server.storage.Snapshot;
import io.silverback.server.storage.maps.GroupKeys;
import io.silverback.server.storage.maps.GroupStates;
import io.silverback.server.storage.maps.ShapeTable;
import java.util.Arrays;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Groups as they were in a store, and what has changed since, with their shapes where they are
 * stored.
 */
public final class StoreSnapshot implements Snapshot {
  private final GroupRows rows;
  private final ShapeTable shapes;
  private final SnapshotMemory memory;
  private final Runnable onClose;
  private final UnsafeBuffer frame = new UnsafeBuffer();

  /**
   * A snapshot of the groups of some rows.
   *
   * @param memory is given back by the close
   * @param onClose told once that the snapshot does not need the rows any more
   */
  public StoreSnapshot(GroupRows rows, ShapeTable shapes, SnapshotMemory memory, Runnable onClose) {
    this.rows = rows;
    this.shapes = shapes;
    this.memory = memory;
    this.onClose = onClose;
  }

  @Override
  public int size() {
    return rows.count();
  }

  @Override
  public int lost() {
    return rows.lost();
  }

  @Override
  public Iterable<GroupState> groups() {
    return () ->
        Arrays.stream(rows.byKey()).mapToObj(this::state).flatMap(Optional::stream).iterator();
  }

  private Optional<GroupState> state(int row) {
    Labels key = rows.keyLabels(row);
    Optional<GroupFrame> decoded =
        rows.read(
            () -> {
              rows.frame(row, frame);
              return frame.capacity() == 0
                  ? Optional.empty()
                  : Optional.of(new GroupFrameReader(frame, 0, frame.capacity()).decode());
            });
    return key.isEmpty()
        ? Optional.empty()
        : decoded
            .map(it -> GroupStates.decode(new GroupingKey(key), it, shapes.shape(it.shape())))
            .map(all -> rows.shown().map(some -> some.state(all)).orElse(all));
  }

  @Override
  public Iterable<ListedGroup> listedGroups() {
    return () -> listed(Arrays.stream(rows.byKey())).iterator();
  }

  @Override
  public Iterable<ListedGroup> listedGroupsAfter(GroupingKey key) {
    var encoded = new UnsafeBuffer(GroupKeys.encode(key));
    return () ->
        listed(Arrays.stream(rows.byKey()).dropWhile(row -> !rows.isAfter(row, encoded)))
            .iterator();
  }

  private Stream<ListedGroup> listed(IntStream wanted) {
    var listing = new Listing();
    return wanted.mapToObj(listing::group).flatMap(Optional::stream);
  }

  /** Keeps the reader of one shape, as groups next to one another mostly have the same. */
  private final class Listing {
    private final MetricReader metrics = new MetricReader(rows);
    private long shape;
    private Optional<HeldShape> held = Optional.empty();

    private Optional<ListedGroup> group(int row) {
      Labels key = rows.keyLabels(row);
      if (key.isEmpty()) {
        return Optional.empty();
      }
      if (shape != rows.shape(row)) {
        shape = rows.shape(row);
        held = shape == 0 ? Optional.empty() : Optional.of(open(row));
      }
      return Optional.of(new StoredGroup(row, rows, new GroupingKey(key), held, metrics));
    }

    private HeldShape open(int row) {
      var bytes = new UnsafeBuffer(rows.shape(row), rows.shapeLength(row));
      return new HeldShape(shapes.reader(bytes), new HeldShape.Room(memory.cacheBytes()));
    }
  }

  @Override
  public Iterable<HeldFamily> families() {
    return () -> new FamilyMerge(rows, shapes, memory);
  }

  @Override
  public void close() {
    onClose.run();
    rows.close();
    memory.close();
  }
}
