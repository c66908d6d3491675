package io.silverback.server.handler;

import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/**
 * The memory outside of the heap that all queries of history together may take. A query takes from
 * it before it grows, and waits for others to end where not enough is left. Thread-safe.
 */
final class QueryMemory {
  private static final int UNIT_BYTES = 1024;

  private final long mostBytes;
  private final Duration maxWait;
  private final int mostUnits;
  private final Semaphore units;

  QueryMemory(DoorLimits limits) {
    this.mostBytes = limits.maxQueryMemoryBytes();
    this.maxWait = limits.maxWait();
    this.mostUnits = units(mostBytes);
    this.units = new Semaphore(mostUnits);
  }

  /** What a query takes that has nothing yet. */
  Lease lease() {
    return new Lease();
  }

  long takenBytes() {
    return (long) (mostUnits - units.availablePermits()) * UNIT_BYTES;
  }

  private static int units(long bytes) {
    return (int) Math.min(Integer.MAX_VALUE, (bytes + UNIT_BYTES - 1) / UNIT_BYTES);
  }

  /** What one query has taken, all of which the close gives back. Belongs to one thread. */
  final class Lease implements AutoCloseable {
    private long bytes;
    private int taken;

    private Lease() {}

    /**
     * Takes more.
     *
     * @throws OverLimitException if the query can never get it, or does not get it soon enough
     */
    void take(long more) throws OverLimitException {
      if (bytes + more > mostBytes) {
        throw OverLimitException.tooMuch(
            DoorLimit.QUERY_MEMORY,
            "the query needs more memory than all queries together may have, ask for less time, or"
                + " raise --limits.max-query-memory: limit="
                + mostBytes);
      }
      int needed = units(bytes + more) - taken;
      if (!await(needed)) {
        throw OverLimitException.busy(
            DoorLimit.QUERY_MEMORY,
            "too much memory is taken by other queries, try again later or raise"
                + " --limits.max-query-memory: limit="
                + mostBytes);
      }
      bytes += more;
      taken += needed;
    }

    private boolean await(int needed) {
      try {
        return units.tryAcquire(needed, maxWait.toNanos(), TimeUnit.NANOSECONDS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return false;
      }
    }

    @Override
    public void close() {
      units.release(taken);
      taken = 0;
      bytes = 0;
    }
  }
}
