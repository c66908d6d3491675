package io.silverback.server.storage.engine;

import io.silverback.codec.model.GroupingKey;
import io.silverback.server.storage.maps.GroupKeys;
import io.silverback.server.storage.maps.OffHeapMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Lets one update at a time work with the entry of a group. Thread-safe: different groups go side
 * by side.
 */
public final class GroupEntries {
  private final OffHeapMap groups;
  private final Usage usage;
  private final GroupLocks locks = new GroupLocks();
  private final Workspace.Pool workspaces = new Workspace.Pool();
  private final AtomicLong lastGroup = new AtomicLong();

  GroupEntries(OffHeapMap groups, Usage usage) {
    this.groups = groups;
    this.usage = usage;
  }

  /** What is done with an entry, which the workspace has as it was found. */
  @FunctionalInterface
  public interface Action<T> {
    T apply(byte[] key, Workspace workspace);
  }

  /** Gives new groups numbers above this one. */
  void continueAfter(long group) {
    lastGroup.set(group);
  }

  /** The highest number that a group has, or is about to have. */
  long lastGroup() {
    return lastGroup.get();
  }

  /** Does something with a group under its lock, starting from what is stored. */
  public <T> T with(GroupingKey group, Action<T> action) {
    byte[] key = GroupKeys.encode(group);
    Workspace workspace = workspaces.take();
    try (var _ = locks.lock(group)) {
      usage.enter();
      try {
        if (!groups.read(key, workspace::load)) {
          workspace.start(lastGroup.incrementAndGet());
        }
        return action.apply(key, workspace);
      } finally {
        usage.exit();
      }
    } finally {
      workspaces.giveBack(workspace);
    }
  }

  /** Waits for the updates that have begun. */
  public void awaitRunning() {
    locks.awaitHeld();
  }
}
