package io.silverback.server.handler;

import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/**
 * Lets a bounded number of requests be worked on side by side, in the order in which they came.
 *
 * <p>Thread-safe.
 */
final class Turnstile {
  private final DoorLimit limit;
  private final int most;
  private final Duration maxWait;
  private final Semaphore places;

  Turnstile(DoorLimit limit, int most, Duration maxWait) {
    this.limit = limit;
    this.most = most;
    this.maxWait = maxWait;
    this.places = new Semaphore(most, true);
  }

  /** A place, which is free for others again once it is closed. */
  @FunctionalInterface
  interface Place extends AutoCloseable {
    @Override
    void close();
  }

  /**
   * Waits for a place.
   *
   * @throws OverLimitException if none gets free soon enough
   */
  Place enter() throws OverLimitException {
    try {
      if (places.tryAcquire(maxWait.toNanos(), TimeUnit.NANOSECONDS)) {
        return places::release;
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    throw OverLimitException.busy(
        limit,
        "too many requests at once, try again later or raise --"
            + limit.flag()
            + ": limit="
            + most);
  }

  int taken() {
    return most - places.availablePermits();
  }
}
