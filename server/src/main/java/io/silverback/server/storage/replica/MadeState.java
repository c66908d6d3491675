package io.silverback.server.storage.replica;

import io.silverback.cluster.ReplicaStore.State;
import io.silverback.codec.model.GroupingKey;
import io.silverback.codec.row.GroupFrame;
import io.silverback.codec.row.GroupShape;
import io.silverback.codec.row.GroupStateMessage;
import java.util.Optional;

/**
 * A state that this node has just made of an update. It goes out as bytes, and is merged here as it
 * is.
 *
 * @param shape of the frame, unless every node that has the group knows it
 */
record MadeState(GroupingKey group, GroupFrame frame, Optional<GroupShape> shape, byte[] encoded)
    implements State {

  /**
   * A state that is encoded at once, by the thread that made it: the loop that sends it has no time
   * for that.
   *
   * @param key the group's, as the store encodes keys
   */
  MadeState(GroupingKey group, byte[] key, GroupFrame frame, Optional<GroupShape> shape) {
    this(
        group,
        frame,
        shape,
        shape
            .map(known -> GroupStateMessage.encode(key, frame, known))
            .orElseGet(() -> GroupStateMessage.encode(key, frame)));
  }
}
