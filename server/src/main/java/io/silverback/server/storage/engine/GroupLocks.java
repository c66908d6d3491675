package io.silverback.server.storage.engine;

import io.silverback.codec.model.GroupingKey;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A lock for each group that is worked with at the moment. No two groups share one, so that nobody
 * can make the pushes of others wait by the choice of a key. Thread-safe.
 */
final class GroupLocks {
  private final ConcurrentHashMap<GroupingKey, Counted> locks = new ConcurrentHashMap<>();

  /** A lock, and how many hold it or wait for it. */
  private static final class Counted {
    private final ReentrantLock lock = new ReentrantLock();
    private int users;
  }

  /** A lock that is held until it is closed, by the thread that got it. */
  @FunctionalInterface
  interface Held extends AutoCloseable {
    @Override
    void close();
  }

  /** Waits for the lock of a group. */
  Held lock(GroupingKey group) {
    Counted counted =
        locks.compute(
            group,
            (_, known) -> {
              Counted used = known == null ? new Counted() : known;
              used.users++;
              return used;
            });
    counted.lock.lock();
    return () -> {
      counted.lock.unlock();
      locks.computeIfPresent(group, (_, used) -> --used.users == 0 ? null : used);
    };
  }

  /** Groups that are worked with now. */
  int held() {
    return locks.size();
  }

  /** Waits until all that are held now were free once. */
  void awaitHeld() {
    for (Counted counted : locks.values()) {
      counted.lock.lock();
      try {
        // Nothing is to be done: whatever holds it next has begun later.
      } finally {
        counted.lock.unlock();
      }
    }
  }
}
