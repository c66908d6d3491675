package io.silverback.server.storage;

import io.silverback.server.log.Log;
import java.time.Duration;

/** Something that a store does now and then, in a thread of its own, until closed. Thread-safe. */
final class Chore implements AutoCloseable {
  private static final Log log = Log.of(Chore.class);

  private final Runnable task;
  private final Duration interval;
  private final Thread thread;

  /** Starts, and does the task for the first time after one interval. */
  Chore(String name, Duration interval, Runnable task) {
    this.task = task;
    this.interval = interval;
    this.thread = Thread.ofPlatform().daemon().name(name).unstarted(this::run);
    thread.start();
  }

  private void run() {
    try {
      while (true) {
        Thread.sleep(interval);
        try {
          task.run();
        } catch (StoreClosedException _) {
          return;
        } catch (RuntimeException e) {
          log.error("a chore of the store failed", "chore", thread.getName(), "err", e);
        }
      }
    } catch (InterruptedException _) {
      // Closed.
    }
  }

  /** Does not wait for a task that is under way. */
  @Override
  public void close() {
    thread.interrupt();
  }
}
