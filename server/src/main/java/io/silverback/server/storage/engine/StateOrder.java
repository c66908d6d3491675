package io.silverback.server.storage.engine;

import io.silverback.codec.model.GroupBounds;
import io.silverback.codec.model.Stamp;
import io.silverback.codec.model.Version;
import io.silverback.codec.row.GroupFrame;
import io.silverback.codec.row.GroupFrameReader;
import java.util.List;

/** Which of two states of a group knows more. */
public final class StateOrder {
  private StateOrder() {}

  /** The newest version of all that happened to the group. */
  public static Version newest(GroupFrame frame) {
    return newest(frame.bounds(), frame.families());
  }

  /** The same of a frame where it is stored. */
  public static Version newest(GroupFrameReader frame) {
    return newest(frame.bounds(), frame.families());
  }

  private static Version newest(GroupBounds bounds, List<Stamp> families) {
    Version newest = bounds.newest();
    for (Stamp family : families) {
      newest = newest.max(family.version());
    }
    return newest;
  }

  /**
   * True if nothing is newer in the second frame, so that it adds nothing to the first. Both are of
   * one shape.
   */
  public static boolean knowsAllOf(GroupFrame frame, GroupFrame other) {
    return frame.bounds().knowsAllOf(other.bounds()) && knowsFamiliesOf(frame, other);
  }

  private static boolean knowsFamiliesOf(GroupFrame frame, GroupFrame other) {
    int families = Math.max(frame.families().size(), other.families().size());
    for (int i = 0; i < families; i++) {
      if (other.written(i).version().isAfter(frame.written(i).version())) {
        return false;
      }
    }
    return true;
  }
}
