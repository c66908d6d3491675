package io.silverback.server.storage;

import io.silverback.codec.row.GroupFrame;
import io.silverback.codec.row.GroupShape;
import io.silverback.server.group.GroupState;

/**
 * One state of a group that follows another, as model and as bytes.
 *
 * @param shape of the next state
 */
record GroupChange(
    GroupState old, GroupState next, GroupFrame oldFrame, GroupFrame nextFrame, GroupShape shape) {

  static GroupChange of(GroupState old, GroupFrame oldFrame, GroupState next) {
    GroupShape shape = GroupShape.of(next.key(), GroupStates.families(next));
    return new GroupChange(old, next, oldFrame, GroupStates.encode(next, shape), shape);
  }

  boolean keepsShape() {
    return nextFrame.shape().equals(oldFrame.shape());
  }

  /** How many series more there are. */
  int growth() {
    return nextFrame.columnCount() - oldFrame.columnCount();
  }
}
