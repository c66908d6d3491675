package io.silverback.server;

import io.silverback.codec.model.GroupingKey;
import io.silverback.server.group.GroupState;
import io.silverback.server.group.GroupUpdate;
import io.silverback.server.storage.MetricStore.Submission;
import io.silverback.server.storage.Snapshot;
import java.util.Optional;
import java.util.function.IntPredicate;

/** Groups, and what is done to them, as the bytes that a cluster carries. Thread-safe. */
interface GroupBytes {

  /** The key in its one canonical form. */
  byte[] key(GroupingKey key);

  GroupingKey key(byte[] key);

  byte[] update(GroupUpdate update);

  /** What an answer of the leader says to the update. */
  Submission submission(GroupUpdate update, byte[] answer);

  /** The group that a whole state is; empty if it was deleted. */
  Optional<GroupState> state(byte[] wholeState);

  /** The groups in those slots. */
  Snapshot snapshot(IntPredicate slots);
}
