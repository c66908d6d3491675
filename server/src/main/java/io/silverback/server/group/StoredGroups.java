package io.silverback.server.group;

import io.silverback.codec.model.GroupingKey;
import java.util.function.Consumer;

/**
 * What the consistency check asks of the store of the groups. Answers are as of what is published
 * when they are given.
 */
public interface StoredGroups {
  boolean exists(GroupingKey key);

  /**
   * Hands over each group of the job that exists, in any order, one at a time. Fails before the
   * first or not at all, or series would be counted twice later.
   */
  void forEachGroupOf(String job, Consumer<GroupState> consumer);
}
