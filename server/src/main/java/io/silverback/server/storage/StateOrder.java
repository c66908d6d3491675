package io.silverback.server.storage;

import io.silverback.codec.model.Stamp;
import io.silverback.codec.model.Version;
import io.silverback.codec.row.GroupFrame;
import io.silverback.codec.row.GroupFrameReader;

/** Which of two states of a group knows more. */
final class StateOrder {
  private StateOrder() {}

  /** The newest version of all that happened to the group. */
  static Version newest(GroupFrame frame) {
    Version newest = frame.push().version().max(frame.failure().version());
    newest = newest.max(frame.deletedAt()).max(frame.replacedAt()).max(frame.expiry().version());
    for (Stamp family : frame.families()) {
      newest = newest.max(family.version());
    }
    return newest;
  }

  /** The same of a frame where it lies. */
  static Version newest(GroupFrameReader frame) {
    Version newest = frame.push().version().max(frame.failure().version());
    newest = newest.max(frame.deletedAt()).max(frame.replacedAt()).max(frame.expiry().version());
    for (Stamp family : frame.families()) {
      newest = newest.max(family.version());
    }
    return newest;
  }

  /**
   * True if nothing is newer in the second frame, so that it adds nothing to the first. Both are of
   * one shape.
   */
  static boolean knowsAllOf(GroupFrame frame, GroupFrame other) {
    return isUpTo(other.deletedAt(), frame.deletedAt())
        && isUpTo(other.replacedAt(), frame.replacedAt())
        && isUpTo(other.expiry().version(), frame.expiry().version())
        && isUpTo(other.push().version(), frame.push().version())
        && isUpTo(other.failure().version(), frame.failure().version())
        && knowsFamiliesOf(frame, other);
  }

  private static boolean knowsFamiliesOf(GroupFrame frame, GroupFrame other) {
    int families = Math.max(frame.families().size(), other.families().size());
    for (int i = 0; i < families; i++) {
      if (!isUpTo(other.written(i).version(), frame.written(i).version())) {
        return false;
      }
    }
    return true;
  }

  private static boolean isUpTo(Version version, Version bound) {
    return version.compareTo(bound) <= 0;
  }
}
