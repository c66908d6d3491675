package io.silverback.server.storage.replica;

import io.silverback.codec.bytes.CorruptFrameException;
import io.silverback.codec.bytes.MalformedBytesException;
import io.silverback.codec.model.GroupingKey;
import io.silverback.codec.row.GroupFrame;
import io.silverback.codec.row.GroupShape;
import io.silverback.codec.row.GroupStateMessage;
import io.silverback.server.group.GroupState;
import io.silverback.server.storage.maps.GroupKeys;
import io.silverback.server.storage.maps.GroupStates;
import java.util.List;
import java.util.Optional;

/** Reads a group that another node told of, which this one need not hold. */
public final class WholeState {
  private WholeState() {}

  /**
   * The group of a state that has its shape with it; empty if the group was deleted.
   *
   * @throws CorruptFrameException if the bytes are no state
   * @throws MalformedBytesException if its key is not valid
   */
  public static Optional<GroupState> decode(byte[] state) {
    var message = new GroupStateMessage(state);
    GroupFrame frame = message.frame();
    if (!frame.exists()) {
      return Optional.empty();
    }
    GroupingKey key = GroupKeys.decode(message.key());
    // A group without families has a shape of which there is nothing to say.
    GroupShape shape = message.hasShape() ? message.shape() : GroupShape.of(key, List.of());
    return Optional.of(GroupStates.decode(key, frame, shape));
  }
}
