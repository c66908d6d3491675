package io.silverback.server.storage;

import io.silverback.codec.model.GroupingKey;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Stream;

/**
 * Lets one update at a time work with the entry of a group. Thread-safe: groups that do not share a
 * stripe go side by side.
 */
final class GroupEntries {
  private static final int STRIPES = 256;

  private final OffHeapMap groups;
  private final Usage usage;
  private final ReentrantLock[] stripes =
      Stream.generate(ReentrantLock::new).limit(STRIPES).toArray(ReentrantLock[]::new);
  private final Workspace.Pool workspaces = new Workspace.Pool();
  private final AtomicLong lastGroup = new AtomicLong();

  GroupEntries(OffHeapMap groups, Usage usage) {
    this.groups = groups;
    this.usage = usage;
  }

  /** What is done with an entry, which the workspace has as it was found. */
  @FunctionalInterface
  interface Action<T> {
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
  <T> T with(GroupingKey group, Action<T> action) {
    byte[] key = GroupKeys.encode(group);
    ReentrantLock stripe = stripes[stripeOf(group)];
    Workspace workspace = workspaces.take();
    stripe.lock();
    try {
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
      stripe.unlock();
      workspaces.giveBack(workspace);
    }
  }

  /** Waits for the updates that have begun. */
  void awaitRunning() {
    for (ReentrantLock stripe : stripes) {
      stripe.lock();
      try {
        // Nothing is to be done: whoever holds it next has begun later.
      } finally {
        stripe.unlock();
      }
    }
  }

  private static int stripeOf(GroupingKey group) {
    int hash = group.hashCode();
    return (hash ^ (hash >>> 16)) & (STRIPES - 1);
  }
}
