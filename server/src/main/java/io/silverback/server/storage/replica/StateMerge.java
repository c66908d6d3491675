package io.silverback.server.storage.replica;

import io.silverback.cluster.ReplicaStore.Merged;
import io.silverback.codec.bytes.CorruptFrameException;
import io.silverback.codec.model.Fingerprint;
import io.silverback.codec.model.GroupBounds;
import io.silverback.codec.model.GroupingKey;
import io.silverback.codec.model.Stamp;
import io.silverback.codec.row.GroupFrame;
import io.silverback.codec.row.GroupShape;
import io.silverback.server.group.GroupMerge;
import io.silverback.server.group.GroupState;
import io.silverback.server.storage.Obstacle;
import io.silverback.server.storage.engine.GroupChange;
import io.silverback.server.storage.engine.StateOrder;
import io.silverback.server.storage.engine.StoreParts;
import io.silverback.server.storage.engine.Workspace;
import io.silverback.server.storage.maps.GroupStates;
import io.silverback.server.storage.maps.PreparedTexts;
import io.silverback.server.storage.pages.PushedColumns;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * One state that came, on its way into the group that is here.
 *
 * @param sentShape the shape of the frame, if it came along
 * @param noRoom why nothing but deletes may be stored, if so
 */
record StateMerge(
    StoreParts store,
    GroupingKey group,
    GroupFrame frame,
    Supplier<Optional<GroupShape>> sentShape,
    Optional<Obstacle> noRoom) {

  /** Called under the lock of the group. */
  Merged into(byte[] key, Workspace workspace) {
    long above = StateOrder.newest(workspace.frame()).epochAbove(StateOrder.newest(frame));
    Merged merged = merge(key, workspace);
    return merged instanceof Merged.Done && above > 0 ? new Merged.Overtaken(above) : merged;
  }

  private Merged merge(byte[] key, Workspace workspace) {
    GroupFrame old = workspace.frame();
    if (hasSameSeries(old)) {
      if (StateOrder.knowsAllOf(old, frame)) {
        return new Merged.Done();
      }
      if (StateOrder.knowsAllOf(frame, old)) {
        if (noRoom.isPresent()) {
          return new Merged.Refused(noRoom.get().reason());
        }
        Stamp row = rowOf(old);
        store.writer().adopt(key, frame, row, columnsOf(row), workspace);
        return new Merged.Done();
      }
    }
    try (var _ = store.shapes().visit()) {
      Optional<GroupShape> shape = shape(old);
      return shape.isPresent() ? unite(key, shape.get(), workspace) : new Merged.ShapeMissing();
    }
  }

  /** True if only values and times can differ. */
  private boolean hasSameSeries(GroupFrame old) {
    if (!old.exists()
        || !frame.exists()
        || frame.shape().equals(Fingerprint.NONE)
        || !frame.shape().equals(old.shape())) {
      return false;
    }
    if (frame.columnCount() != old.columnCount()) {
      throw new CorruptFrameException(
          "not of its shape: columns=" + frame.columnCount() + " expected=" + old.columnCount());
    }
    return true;
  }

  /**
   * The shape of what came. One that only other groups have is not enough: two shapes that anyone
   * made to have the same fingerprint are told apart by a store that has both.
   */
  private Optional<GroupShape> shape(GroupFrame old) {
    Optional<GroupShape> sent = sentShape.get();
    if (sent.isPresent()) {
      return sent;
    }
    boolean isKnown = frame.shape().equals(Fingerprint.NONE) || frame.shape().equals(old.shape());
    return isKnown ? Optional.of(store.shapes().shape(frame.shape())) : Optional.empty();
  }

  private Merged unite(byte[] key, GroupShape shape, Workspace workspace) {
    GroupFrame oldFrame = workspace.frame();
    GroupState old = GroupStates.decode(group, oldFrame, store.shapes().shape(oldFrame.shape()));
    GroupState next = GroupMerge.merge(old, GroupStates.decode(group, frame, shape));
    var change = GroupChange.of(old, oldFrame, next);
    if (change.nextFrame().equals(oldFrame)) {
      return new Merged.Done();
    }
    if (noRoom.isPresent() && frame.exists()) {
      return new Merged.Refused(noRoom.get().reason());
    }
    try (var texts =
        store
            .shapes()
            .prepare(
                change.shape(),
                store.shapeChanges(),
                () -> store.growth().memoryObstacle(change, false).isEmpty())) {
      return publish(key, change, texts, workspace);
    }
  }

  private Merged publish(byte[] key, GroupChange change, PreparedTexts texts, Workspace workspace) {
    store.shapeChanges().lock();
    try {
      boolean knowsShape = store.shapes().knows(change.shape().fingerprint());
      return store
          .growth()
          .memoryObstacle(change, knowsShape)
          .or(() -> store.writer().publish(key, change, rowOf(change.oldFrame()), workspace, texts))
          .<Merged>map(obstacle -> new Merged.Refused(obstacle.reason()))
          .orElseGet(Merged.Done::new);
    } finally {
      store.shapeChanges().unlock();
    }
  }

  /**
   * The push that gets a row of history, which is the last one if it is new here. What other pushes
   * wrote that this node has missed gets none.
   */
  private Stamp rowOf(GroupFrame old) {
    GroupBounds came = frame.bounds();
    GroupBounds known = old.bounds();
    if (came.push().version().isAfter(known.push().version())) {
      return came.push();
    }
    // A group that was restored without a push in it has all its families from the failed one.
    return came.failure().version().isAfter(known.failure().version())
        ? came.failure()
        : Stamp.NEVER;
  }

  private PushedColumns columnsOf(Stamp row) {
    if (frame.families().isEmpty()) {
      boolean isPush = frame.bounds().push().version().equals(row.version());
      return PushedColumns.all(isPush ? frame.columnCount() : 0);
    }
    return PushedColumns.of(
        store.shapes().reader(frame.shape()),
        frame.families().size(),
        family -> frame.written(family).version().equals(row.version()));
  }
}
