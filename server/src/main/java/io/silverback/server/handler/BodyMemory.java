package io.silverback.server.handler;

import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/**
 * The heap that all bodies together may take. A body takes from it before it grows; where there is
 * not enough left it waits for others to end.
 *
 * <p>Thread-safe. What is there goes to whoever can do with it, so that small bodies get through
 * while large ones wait.
 */
final class BodyMemory {
  private static final int UNIT_BYTES = 1024;

  private final long mostBytes;
  private final int mostUnits;
  private final Duration maxWait;
  private final Semaphore units;

  BodyMemory(long mostBytes, Duration maxWait) {
    this.mostBytes = mostBytes;
    this.mostUnits = units(mostBytes);
    this.maxWait = maxWait;
    this.units = new Semaphore(mostUnits);
  }

  /** What a body takes that has nothing yet. */
  Lease lease() {
    return new Lease();
  }

  long takenBytes() {
    return (long) (mostUnits - units.availablePermits()) * UNIT_BYTES;
  }

  /** True if somebody waits now. */
  boolean isWaitedFor() {
    return units.hasQueuedThreads();
  }

  private static int units(long bytes) {
    return (int) Math.min(Integer.MAX_VALUE, (bytes + UNIT_BYTES - 1) / UNIT_BYTES);
  }

  /** What one request has taken; all of it is given back by the close. Belongs to one thread. */
  final class Lease implements AutoCloseable {
    private long bytes;
    private int taken;

    private Lease() {}

    /**
     * Takes more.
     *
     * @throws OverLimitException if the request can never get it, or does not get it soon enough
     */
    void take(long more) throws OverLimitException {
      if (bytes + more > mostBytes) {
        throw OverLimitException.tooLarge(
            DoorLimit.BODY_MEMORY,
            "the body needs more memory than all bodies together may have, push less at a time or"
                + " raise --limits.max-body-memory: limit="
                + mostBytes);
      }
      if (!take(more, maxWait)) {
        throw OverLimitException.busy(
            DoorLimit.BODY_MEMORY,
            "too much memory is taken by other bodies, try again later or raise"
                + " --limits.max-body-memory: limit="
                + mostBytes);
      }
    }

    /** Takes more if it is there at once. */
    boolean tryTake(long more) {
      return bytes + more <= mostBytes && take(more, Duration.ZERO);
    }

    private boolean take(long more, Duration patience) {
      int needed = units(bytes + more) - taken;
      try {
        // At once first: the wait with a time is in a row, behind those who need more.
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
    void giveBack(long less) {
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
