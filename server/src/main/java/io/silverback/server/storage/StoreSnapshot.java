package io.silverback.server.storage;

import io.silverback.codec.model.GroupingKey;
import io.silverback.codec.row.GroupFrameReader;
import io.silverback.codec.row.GroupShape;
import io.silverback.server.group.GroupState;
import io.silverback.server.group.HeldFamily;
import io.silverback.server.group.PushTimes;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import java.util.function.Predicate;
import org.agrona.DirectBuffer;

/**
 * Frames as they were copied out of a store, outside of the heap, with their shapes where they lie.
 */
final class StoreSnapshot implements Snapshot {
  private final CopiedBytes copies = new CopiedBytes();
  private final List<Group> groups = new ArrayList<>();
  private final ShapeTable shapes;
  private final ShapeTable.Visit visit;
  private final Runnable onClose;

  /**
   * A group of the snapshot.
   *
   * @param key as {@link GroupKeys} encodes it
   * @param frame its encoded frame
   */
  record Group(DirectBuffer key, DirectBuffer frame) {
    GroupingKey groupingKey() {
      return GroupKeys.decode(key, 0, key.capacity());
    }

    boolean showsPushTime(String name) {
      GroupFrameReader frame = reader();
      return !frame.isStale() || PushTimes.isKept(name, frame.expiry());
    }

    GroupFrameReader reader() {
      return new GroupFrameReader(frame, 0, frame.capacity());
    }
  }

  private StoreSnapshot(ShapeTable shapes, Runnable onClose) {
    this.shapes = shapes;
    this.visit = shapes.visit();
    this.onClose = onClose;
  }

  /**
   * Copies the groups that exist.
   *
   * @param wanted tells by its encoded key whether a group is to be in it
   * @param onClose told once that the snapshot does not need the store any more
   */
  static StoreSnapshot of(
      OffHeapMap groups, ShapeTable shapes, Predicate<DirectBuffer> wanted, Runnable onClose) {
    var snapshot = new StoreSnapshot(shapes, onClose);
    try {
      groups.forEach((key, entry) -> snapshot.add(key, entry, wanted));
      snapshot.groups.sort(Comparator.comparing(Group::key, GroupKeys::compare));
      return snapshot;
    } catch (RuntimeException | Error e) {
      snapshot.close();
      throw e;
    }
  }

  private void add(DirectBuffer key, DirectBuffer entry, Predicate<DirectBuffer> wanted) {
    int headLength = HistoryHead.length(entry);
    int frameLength = entry.capacity() - headLength;
    if (new GroupFrameReader(entry, headLength, frameLength).exists() && wanted.test(key)) {
      groups.add(
          new Group(
              copies.copy(key, 0, key.capacity()), copies.copy(entry, headLength, frameLength)));
    }
  }

  @Override
  public int size() {
    return groups.size();
  }

  @Override
  public Iterable<GroupState> groups() {
    return () -> groups.stream().map(this::decode).iterator();
  }

  @Override
  public Iterable<HeldFamily> families() {
    return this::mergedFamilies;
  }

  @Override
  public void close() {
    visit.close();
    copies.close();
    onClose.run();
  }

  private Iterator<HeldFamily> mergedFamilies() {
    return new FamilyMerge(groups, shapes);
  }

  private GroupState decode(Group group) {
    var frame = group.reader().decode();
    GroupShape shape = shapes.shape(frame.shape());
    return GroupStates.decode(group.groupingKey(), frame, shape);
  }
}
