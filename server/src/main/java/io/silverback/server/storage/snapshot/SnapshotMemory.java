package io.silverback.server.storage.snapshot;

import io.silverback.server.memory.MemoryPool;
import io.silverback.server.storage.SnapshotRefusedException;

/**
 * What one snapshot takes of the memory that all of them share: room for each group and shape
 * before it knows any, and a bounded room to work in.
 *
 * <p>Belongs to one thread, but for {@link #tryTakeForChange}.
 */
public final class SnapshotMemory implements AutoCloseable {
  private static final int WORK_PART = 16;
  private static final int CACHE_PART = 2;
  private static final long LEAST_WORK_BYTES = 256 * 1024;
  private static final long MOST_WORK_BYTES = 8 << 20;

  private final MemoryPool pool;
  private final MemoryPool.Lease needed;
  private final MemoryPool.Lease changes;
  private final long expectedGroups;
  private final long workBytes;
  private final long cacheBytes;

  /**
   * Takes room to work in and for the groups.
   *
   * @param expectedGroups about how many there are
   * @throws SnapshotRefusedException if it is not to be had soon enough
   */
  public SnapshotMemory(MemoryPool pool, long expectedGroups) {
    this(
        pool,
        expectedGroups,
        Math.clamp(pool.mostBytes() / WORK_PART, LEAST_WORK_BYTES, MOST_WORK_BYTES));
  }

  /** The same with another room to work in. */
  public SnapshotMemory(MemoryPool pool, long expectedGroups, long workBytes) {
    this.pool = pool;
    this.needed = pool.lease();
    this.changes = pool.lease();
    this.expectedGroups = expectedGroups;
    this.workBytes = workBytes;
    take(workBytes + expectedGroups * GroupRows.BYTES_OF_GROUP);
    this.cacheBytes = needed.tryTake(CACHE_PART * workBytes) ? CACHE_PART * workBytes : 0;
  }

  /** About how many groups the snapshot has room for. */
  long expectedGroups() {
    return expectedGroups;
  }

  /** How much the work with one family may take. */
  long workBytes() {
    return workBytes;
  }

  /** How much may be kept to save work; 0 if the memory is short. */
  long cacheBytes() {
    return cacheBytes;
  }

  /**
   * Takes what cannot be done without.
   *
   * @throws SnapshotRefusedException if it is not to be had soon enough
   */
  void take(long bytes) {
    if (!needed.take(bytes)) {
      throw refusal(bytes);
    }
  }

  private SnapshotRefusedException refusal(long bytes) {
    if (!needed.canTake(bytes)) {
      return new SnapshotRefusedException(
          "the answer needs more memory than all of its kind together may have, raise "
              + SnapshotRefusedException.FLAG
              + ": limit="
              + pool.mostBytes());
    }
    return new SnapshotRefusedException(
        needed.isProcessFull(bytes)
            ? MemoryPool.PROCESS_IS_FULL
            : "too much memory is taken by other scrapes, try again later or raise "
                + SnapshotRefusedException.FLAG
                + ": limit="
                + pool.mostBytes());
  }

  /**
   * The same without waiting, for what is found out under the lock of a map.
   *
   * @throws SnapshotRefusedException if it is not there
   */
  void takeAtOnce(long bytes) {
    if (!needed.tryTake(bytes)) {
      throw refusal(bytes);
    }
  }

  /** Takes room for what is about to change; for one thread at a time. */
  boolean tryTakeForChange(long bytes) {
    return changes.tryTake(bytes);
  }

  @Override
  public void close() {
    needed.close();
    changes.close();
  }
}
