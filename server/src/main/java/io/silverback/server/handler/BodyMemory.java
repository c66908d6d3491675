package io.silverback.server.handler;

import io.silverback.server.memory.MemoryPool;
import java.time.Duration;

/** The heap that all bodies together may take, as a {@link MemoryPool} has it. Thread-safe. */
final class BodyMemory {
  private final MemoryPool pool;

  BodyMemory(long mostBytes, Duration maxWait) {
    this.pool = new MemoryPool(mostBytes, maxWait);
  }

  /** What a body takes that has nothing yet. */
  Lease lease() {
    return new Lease(pool);
  }

  long takenBytes() {
    return pool.takenBytes();
  }

  /** True if somebody waits now. */
  boolean isWaitedFor() {
    return pool.isWaitedFor();
  }

  /** What one request has taken; all of it is given back by the close. Belongs to one thread. */
  static final class Lease implements AutoCloseable {
    private final MemoryPool pool;
    private final MemoryPool.Lease lease;

    private Lease(MemoryPool pool) {
      this.pool = pool;
      this.lease = pool.lease();
    }

    /**
     * Takes more.
     *
     * @throws OverLimitException if the request can never get it, or does not get it soon enough
     */
    void take(long more) throws OverLimitException {
      if (!lease.canTake(more)) {
        throw OverLimitException.tooLarge(
            DoorLimit.BODY_MEMORY,
            "the body needs more memory than all bodies together may have, push less at a time or"
                + " raise --limits.max-body-memory: limit="
                + pool.mostBytes());
      }
      if (!lease.take(more)) {
        throw OverLimitException.busy(
            DoorLimit.BODY_MEMORY,
            "too much memory is taken by other bodies, try again later or raise"
                + " --limits.max-body-memory: limit="
                + pool.mostBytes());
      }
    }

    /** Takes more if it is there at once. */
    boolean tryTake(long more) {
      return lease.tryTake(more);
    }

    /** Gives back a part. */
    void giveBack(long less) {
      lease.giveBack(less);
    }

    @Override
    public void close() {
      lease.close();
    }
  }
}
