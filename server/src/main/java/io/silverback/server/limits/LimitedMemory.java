package io.silverback.server.limits;

import io.silverback.server.memory.MemoryPool;
import java.util.function.BiFunction;

/** A {@link MemoryPool} that refuses with a limit's flag and what to do about it. Thread-safe. */
public final class LimitedMemory {
  private final MemoryPool pool;
  private final RequestLimit limit;
  private final BiFunction<RequestLimit, String, OverLimitException> never;
  private final String neverReason;
  private final String busyReason;

  private LimitedMemory(
      MemoryPool pool,
      RequestLimit limit,
      BiFunction<RequestLimit, String, OverLimitException> never,
      String neverReason,
      String busyReason) {
    String flag = "raise --" + limit.flag() + ": limit=" + pool.mostBytes();
    this.pool = pool;
    this.limit = limit;
    this.never = never;
    this.neverReason = neverReason + " or " + flag;
    this.busyReason = busyReason + " or " + flag;
  }

  /** The heap that all bodies take, as sent, inflated and parsed. */
  public static LimitedMemory ofBodies(MemoryPool pool) {
    return new LimitedMemory(
        pool,
        RequestLimit.BODY_MEMORY,
        OverLimitException::tooLarge,
        "the body needs more memory than all bodies together may have, push less at a time",
        "too much memory is taken by other bodies, try again later");
  }

  /** The memory outside of the heap that all queries of history take. */
  public static LimitedMemory ofQueries(MemoryPool pool) {
    return new LimitedMemory(
        pool,
        RequestLimit.QUERY_MEMORY,
        OverLimitException::tooMuch,
        "the query needs more memory than all queries together may have, ask for less time",
        "too much memory is taken by other queries, try again later");
  }

  /** What a request takes that has nothing yet. */
  public Lease lease() {
    return new Lease();
  }

  long mostBytes() {
    return pool.mostBytes();
  }

  public long takenBytes() {
    return pool.takenBytes();
  }

  /** True if a request waits now. */
  public boolean isWaitedFor() {
    return pool.isWaitedFor();
  }

  /** What one request has taken; all of it is given back by the close. Belongs to one thread. */
  public final class Lease implements AutoCloseable {
    private final MemoryPool.Lease lease = pool.lease();

    private Lease() {}

    /**
     * Takes more, and waits for it if need be.
     *
     * @throws OverLimitException if the request can never get it, or does not get it soon enough
     */
    public void take(long more) throws OverLimitException {
      if (!lease.canTake(more)) {
        throw never.apply(limit, neverReason);
      }
      if (!lease.take(more)) {
        throw OverLimitException.busy(
            limit, lease.isProcessFull(more) ? MemoryPool.PROCESS_IS_FULL : busyReason);
      }
    }

    /** Takes more if it is there at once. */
    public boolean tryTake(long more) {
      return lease.tryTake(more);
    }

    /** Gives back a part. */
    public void giveBack(long less) {
      lease.giveBack(less);
    }

    @Override
    public void close() {
      lease.close();
    }
  }
}
