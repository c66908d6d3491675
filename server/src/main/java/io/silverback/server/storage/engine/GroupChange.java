package io.silverback.server.storage.engine;

import io.silverback.codec.row.GroupFrame;
import io.silverback.codec.row.GroupShape;
import io.silverback.server.group.GroupState;
import io.silverback.server.storage.maps.GroupStates;

/**
 * One state of a group that follows another, as model and as bytes.
 *
 * @param shape of the next state
 */
public record GroupChange(
    GroupState old, GroupState next, GroupFrame oldFrame, GroupFrame nextFrame, GroupShape shape) {

  public static GroupChange of(GroupState old, GroupFrame oldFrame, GroupState next) {
    GroupShape shape = GroupShape.of(next.key(), GroupStates.families(next));
    return new GroupChange(old, next, oldFrame, GroupStates.encode(next, shape), shape);
  }

  public boolean keepsShape() {
    return nextFrame.shape().equals(oldFrame.shape());
  }

  /** How many series more there are. */
  int growth() {
    return nextFrame.columnCount() - oldFrame.columnCount();
  }
}
