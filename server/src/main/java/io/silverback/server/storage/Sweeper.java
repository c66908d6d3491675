package io.silverback.server.storage;

import io.silverback.server.log.Log;
import java.time.Duration;

/** Sweeps a store now and then, in a thread of its own, until it is closed. Thread-safe. */
final class Sweeper implements AutoCloseable {
  private static final Log log = Log.of(Sweeper.class);

  private static final int SWEEPS_IN_RETENTION = 60;
  private static final long LEAST_INTERVAL_MILLIS = 1_000;
  private static final long MOST_INTERVAL_MILLIS = 60_000;

  private final Runnable sweep;
  private final long intervalMillis;
  private final Thread thread;

  /**
   * Starts sweeping.
   *
   * @param retention how long history is kept, which a sixtieth more or less does not matter to
   */
  Sweeper(Runnable sweep, Duration retention) {
    this.sweep = sweep;
    this.intervalMillis =
        Math.clamp(
            retention.toMillis() / SWEEPS_IN_RETENTION,
            LEAST_INTERVAL_MILLIS,
            MOST_INTERVAL_MILLIS);
    this.thread = Thread.ofPlatform().daemon().name("store-sweeper").unstarted(this::run);
    thread.start();
  }

  private void run() {
    try {
      while (true) {
        Thread.sleep(intervalMillis);
        try {
          sweep.run();
        } catch (StoreClosedException _) {
          return;
        } catch (RuntimeException e) {
          log.error("a sweep of the store failed", "err", e);
        }
      }
    } catch (InterruptedException _) {
      // Closed.
    }
  }

  /** Does not wait for a sweep that is under way. */
  @Override
  public void close() {
    thread.interrupt();
  }
}
