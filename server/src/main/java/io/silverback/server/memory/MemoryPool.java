package io.silverback.server.memory;

import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/**
 * Memory that all requests of a kind may take together. A request takes from it before it uses any;
 * where there is not enough left it waits for others to end.
 *
 * <p>Thread-safe. What is there goes to any request that it is enough for, so that small ones get
 * through while large ones wait.
 */
public final class MemoryPool {
  private static final int UNIT_BYTES = 1024;

  private final long mostBytes;
  private final int mostUnits;
  private final Duration maxWait;
  private final Semaphore units;

  /**
   * A pool of which nothing is taken.
   *
   * @param maxWait how long a request waits for what others have taken
   */
  public MemoryPool(long mostBytes, Duration maxWait) {
    this.mostBytes = mostBytes;
    this.mostUnits = units(mostBytes);
    this.maxWait = maxWait;
    this.units = new Semaphore(mostUnits);
  }

  /** A pool that never runs out. */
  public static MemoryPool unlimited() {
    return new MemoryPool(Long.MAX_VALUE / 2, Duration.ZERO);
  }

  /** What a request takes that has nothing yet. */
  public Lease lease() {
    return new Lease();
  }

  public long mostBytes() {
    return mostBytes;
  }

  public long takenBytes() {
    return (long) (mostUnits - units.availablePermits()) * UNIT_BYTES;
  }

  /** True if a request waits now. */
  public boolean isWaitedFor() {
    return units.hasQueuedThreads();
  }

  private static int units(long bytes) {
    return (int) Math.min(Integer.MAX_VALUE, (bytes + UNIT_BYTES - 1) / UNIT_BYTES);
  }

  /** What one request has taken; all of it is given back by the close. Belongs to one thread. */
  public final class Lease implements AutoCloseable {
    private long bytes;
    private int taken;

    private Lease() {}

    /** True if so much more is not more than the pool has, however long one waits. */
    public boolean canTake(long more) {
      return bytes + more <= mostBytes;
    }

    /** Takes more, and waits for it if need be; false if it does not come soon enough. */
    public boolean take(long more) {
      return take(more, maxWait);
    }

    /** Takes more if it is there at once. */
    public boolean tryTake(long more) {
      return take(more, Duration.ZERO);
    }

    private boolean take(long more, Duration patience) {
      if (!canTake(more)) {
        return false;
      }
      int needed = units(bytes + more) - taken;
      try {
        // At once first: the wait with a time is in a row, after those that need more.
        if (needed > 0
            && !units.tryAcquire(needed)
            && !units.tryAcquire(needed, patience.toNanos(), TimeUnit.NANOSECONDS)) {
          return false;
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return false;
      }
      bytes += more;
      taken += needed;
      return true;
    }

    /** Gives back a part. */
    public void giveBack(long less) {
      bytes -= less;
      int spare = taken - units(bytes);
      taken -= spare;
      units.release(spare);
    }

    @Override
    public void close() {
      units.release(taken);
      taken = 0;
      bytes = 0;
    }
  }
}
