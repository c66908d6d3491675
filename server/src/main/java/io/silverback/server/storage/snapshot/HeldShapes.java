package io.silverback.server.storage.snapshot;

import io.silverback.codec.row.ShapeReader;
import io.silverback.server.storage.maps.ShapeTable;
import java.util.Optional;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/**
 * The shapes of a snapshot's groups, numbered from 0, each with the groups that have it and a walk
 * through its families. Where not all families are shown, a shape has a number for each choice of
 * them.
 *
 * <p>Takes a little for each shape, whatever that is; what it keeps besides, to save work, is
 * bounded. Not thread-safe.
 */
final class HeldShapes {
  private static final int ADDRESS = 0;
  private static final int NAME = ADDRESS + Long.BYTES;
  private static final int LENGTH = NAME + Long.BYTES;
  private static final int FIRST_GROUP = LENGTH + Integer.BYTES;
  private static final int PLACE = FIRST_GROUP + Integer.BYTES;
  private static final int ENTRY_LENGTH = PLACE + ShapeReader.PLACE_LENGTH;

  /** An entry, a reference to a reader, and a place in two lists of shapes. */
  private static final int BYTES_OF_SHAPE = ENTRY_LENGTH + 3 * Integer.BYTES + Byte.BYTES;

  private static final byte IN_ORDER = 1;
  private static final byte NOT_IN_ORDER = 2;

  private final ShapeTable shapes;
  private final Optional<ShownFamilies> shown;
  private final int[] groups;
  private final int count;
  private final UnsafeBuffer table;
  private final HeldShape.Room room;
  private final @Nullable HeldShape[] kept;
  private final byte[] keyOrders;

  /** Readers that there is no room to keep; two, as two shapes are compared. */
  private @Nullable Passing newer;

  private @Nullable Passing older;

  private record Passing(int number, HeldShape shape) {}

  /** The shapes before their first families. */
  HeldShapes(GroupRows rows, ShapeTable shapes, SnapshotMemory memory) {
    this.shapes = shapes;
    this.shown = rows.shown();
    this.groups = rows.byShape();
    this.room = new HeldShape.Room(memory.cacheBytes());
    int shapeless = 0;
    while (shapeless < groups.length && rows.shape(groups[shapeless]) == 0) {
      shapeless++;
    }
    int shapeCount = 0;
    for (int i = shapeless; i < groups.length; i++) {
      shapeCount += i == shapeless || !rows.areAlike(groups[i], groups[i - 1]) ? 1 : 0;
    }
    memory.take((long) shapeCount * BYTES_OF_SHAPE);
    this.count = shapeCount;
    this.kept = new HeldShape[shapeCount];
    this.keyOrders = new byte[shapeCount];
    this.table = rows.allocate((long) Math.max(1, shapeCount) * ENTRY_LENGTH);
    int number = 0;
    for (int i = shapeless; i < groups.length; i++) {
      if (i == shapeless || !rows.areAlike(groups[i], groups[i - 1])) {
        int at = number++ * ENTRY_LENGTH;
        table.putLong(at + ADDRESS, rows.shape(groups[i]));
        table.putInt(at + LENGTH, rows.shapeLength(groups[i]));
        table.putInt(at + FIRST_GROUP, i);
      }
    }
  }

  int count() {
    return count;
  }

  /** Goes to the next family of a shape that has a metric; false at the end. */
  boolean nextFamily(int shape) {
    ShapeReader reader = held(shape).reader();
    do {
      if (!reader.nextFamily()) {
        return false;
      }
    } while (reader.metricCount() == 0 || isHidden(shape, reader));
    reader.save(table, shape * ENTRY_LENGTH + PLACE);
    table.putLong(shape * ENTRY_LENGTH + NAME, reader.nameId());
    return true;
  }

  private boolean isHidden(int shape, ShapeReader reader) {
    return shown.isPresent() && !shown.get().shows(groups[firstGroup(shape)], reader.familyPlace());
  }

  /** The shape at its current family; good until two others were asked for. */
  HeldShape held(int shape) {
    HeldShape known = kept[shape];
    if (known != null) {
      return known;
    }
    if (newer != null && newer.number == shape) {
      return newer.shape;
    }
    if (older != null && older.number == shape) {
      Passing again = older;
      older = newer;
      newer = again;
      return again.shape;
    }
    HeldShape opened = open(shape);
    if (room.take(HeldShape.BYTES)) {
      kept[shape] = opened;
    } else {
      older = newer;
      newer = new Passing(shape, opened);
    }
    return opened;
  }

  private HeldShape open(int shape) {
    int at = shape * ENTRY_LENGTH;
    var bytes = new UnsafeBuffer(table.getLong(at + ADDRESS), table.getInt(at + LENGTH));
    ShapeReader reader = shapes.reader(bytes);
    if (ShapeReader.isPlace(table, at + PLACE)) {
      reader.restore(table, at + PLACE);
    }
    return new HeldShape(reader, room);
  }

  /** Compares the names of the current families of two shapes, as strings compare. */
  int compareNames(int left, int right) {
    long leftName = table.getLong(left * ENTRY_LENGTH + NAME);
    long rightName = table.getLong(right * ENTRY_LENGTH + NAME);
    return leftName == rightName ? 0 : shapes.text(leftName).compareTo(shapes.text(rightName));
  }

  /** The name of the current family of a shape. */
  String name(int shape) {
    return shapes.text(table.getLong(shape * ENTRY_LENGTH + NAME));
  }

  /** Where the groups of a shape begin among all; they are in the order of their keys. */
  int firstGroup(int shape) {
    return table.getInt(shape * ENTRY_LENGTH + FIRST_GROUP);
  }

  /** Where the groups of a shape end among all. */
  int endOfGroups(int shape) {
    return shape + 1 == count ? groups.length : firstGroup(shape + 1);
  }

  /**
   * True if series that have the same labels besides their keys are in order, group by group, and
   * would be with any other labels.
   */
  boolean areKeysInOrder(int shape, SeriesComparison comparison) {
    if (keyOrders[shape] == 0) {
      int end = endOfGroups(shape);
      int group = firstGroup(shape) + 1;
      while (group < end && comparison.areKeysInOrder(groups[group - 1], groups[group])) {
        group++;
      }
      keyOrders[shape] = group == end ? IN_ORDER : NOT_IN_ORDER;
    }
    return keyOrders[shape] == IN_ORDER;
  }

  /** The row of a group. */
  int group(int place) {
    return groups[place];
  }
}
