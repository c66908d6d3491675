package io.silverback.server.limits;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Lets a bounded number of requests be worked on side by side.
 *
 * <p>A place that gets free goes to the client that has the fewest, and among equals to the one
 * that waited longest; the last quarter of the places is never for a client that has all others.
 *
 * <p>Thread-safe.
 */
public final class Turnstile {
  private final RequestLimit limit;
  private final int most;
  private final int mostOfOneClient;
  private final Duration maxWait;

  private final ReentrantLock lock = new ReentrantLock();

  /** Guarded by the lock, like all below. */
  private int taken;

  private final Map<String, Integer> takenByClient = new HashMap<>();
  private final ArrayDeque<Waiter> waiters = new ArrayDeque<>();

  public Turnstile(RequestLimit limit, int most, Duration maxWait) {
    this.limit = limit;
    this.most = most;
    this.mostOfOneClient = most - most / 4;
    this.maxWait = maxWait;
  }

  /** A place, which is free for others again once it is closed. */
  @FunctionalInterface
  public interface Place extends AutoCloseable {
    @Override
    void close();
  }

  private static final class Waiter {
    private final String client;
    private final Condition granted;
    private boolean hasPlace;

    private Waiter(String client, Condition granted) {
      this.client = client;
      this.granted = granted;
    }
  }

  /**
   * Waits for a place.
   *
   * @param client the address of the client
   * @throws OverLimitException if none gets free soon enough
   */
  public Place enter(String client) throws OverLimitException {
    lock.lock();
    try {
      if ((waiters.isEmpty() && mayEnter(client)) || waits(client)) {
        return () -> leave(client);
      }
    } finally {
      lock.unlock();
    }
    throw OverLimitException.busy(
        limit,
        "too many requests at once, try again later or raise --"
            + limit.flag()
            + ": limit="
            + most);
  }

  public int taken() {
    lock.lock();
    try {
      return taken;
    } finally {
      lock.unlock();
    }
  }

  /** Requests that wait now. */
  public int waiting() {
    lock.lock();
    try {
      return waiters.size();
    } finally {
      lock.unlock();
    }
  }

  private boolean mayEnter(String client) {
    if (taken == most || held(client) >= mostOfOneClient) {
      return false;
    }
    taken++;
    takenByClient.merge(client, 1, Integer::sum);
    return true;
  }

  private int held(String client) {
    return takenByClient.getOrDefault(client, 0);
  }

  /** False if there was no place in time. */
  private boolean waits(String client) {
    var waiter = new Waiter(client, lock.newCondition());
    waiters.add(waiter);
    // One that waits may be over the share of its client, while others are not.
    admit();
    long nanos = maxWait.toNanos();
    try {
      while (!waiter.hasPlace && nanos > 0) {
        nanos = waiter.granted.awaitNanos(nanos);
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
    waiters.remove(waiter);
    return waiter.hasPlace;
  }

  private void leave(String client) {
    lock.lock();
    try {
      taken--;
      takenByClient.computeIfPresent(client, (_, held) -> held == 1 ? null : held - 1);
      admit();
    } finally {
      lock.unlock();
    }
  }

  private void admit() {
    while (taken < most) {
      Waiter next =
          waiters.stream()
              .filter(it -> !it.hasPlace && held(it.client) < mostOfOneClient)
              .min(Comparator.comparingInt(it -> held(it.client)))
              .orElse(null);
      if (next == null) {
        return;
      }
      next.hasPlace = mayEnter(next.client);
      next.granted.signal();
    }
  }
}
