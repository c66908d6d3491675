package io.silverback.server.storage;

import io.silverback.server.log.Log;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Something that a store does now and then, in a thread of its own, until closed.
 *
 * <p>It goes on whatever happens. A failure is counted, the first of several in a row is logged,
 * and it is tried again soon; after three in a row the chore says that it is in trouble, until it
 * succeeds. Thread-safe.
 */
public final class Chore implements AutoCloseable {
  private static final Log log = Log.of(Chore.class);

  private static final int FAILURES_OF_TROUBLE = 3;
  private static final Duration LONGEST_RETRY = Duration.ofSeconds(10);

  private final String name;
  private final Duration interval;
  private final Need need;
  private final Task task;
  private final Thread thread;
  private final AtomicLong failures = new AtomicLong();
  private volatile long lastSuccessMillis = System.currentTimeMillis();
  private volatile int failuresInRow;
  private volatile @Nullable String fault;
  private volatile boolean closed;

  /** Whether the store can do without. */
  public enum Need {
    /** A server that cannot do it should get no requests. */
    VITAL,

    /** It may fail until an operator mends the cause. */
    CAN_WAIT
  }

  /** What is done; may throw anything. */
  @FunctionalInterface
  public interface Task {
    void run() throws IOException;
  }

  /** Starts, and does the task for the first time after one interval. */
  public Chore(String name, Need need, Duration interval, Task task) {
    this.name = name;
    this.need = need;
    this.interval = interval;
    this.task = task;
    this.thread = Thread.ofPlatform().daemon().name("store-" + name).unstarted(this::run);
    thread.start();
  }

  public ChoreStatistics statistics() {
    boolean hasEnded = !closed && !thread.isAlive();
    boolean isInTrouble = need == Need.VITAL && (hasEnded || failuresInRow >= FAILURES_OF_TROUBLE);
    return new ChoreStatistics(
        name,
        lastSuccessMillis,
        failures.get(),
        isInTrouble
            ? Optional.of(
                "the store cannot go on with a chore, see the log: chore="
                    + name
                    + " failures="
                    + failuresInRow
                    + " reason="
                    + fault)
            : Optional.empty());
  }

  private void run() {
    try {
      while (!closed) {
        boolean isRetry = failuresInRow > 0 && interval.compareTo(LONGEST_RETRY) > 0;
        Thread.sleep(isRetry ? LONGEST_RETRY : interval);
        runOnce();
      }
    } catch (InterruptedException _) {
      // Closed.
    }
  }

  /** Does the task now, in the thread of the caller, too. */
  public synchronized void runOnce() {
    try {
      task.run();
      succeeded();
    } catch (StoreClosedException _) {
      // By another thread, which closes this chore, too.
    } catch (IOException | RuntimeException | Error e) {
      // An Error is what the JVM makes of a mapped page that cannot be read or written, too.
      if (!closed) {
        failed(e);
      }
    }
  }

  private void succeeded() {
    lastSuccessMillis = System.currentTimeMillis();
    if (failuresInRow > 0) {
      log.info("a chore of the store goes on", "chore", name, "failures", failuresInRow);
    }
    failuresInRow = 0;
    fault = null;
  }

  @SuppressWarnings("NonAtomicVolatileUpdate") // Written by runOnce alone, one call at a time.
  private void failed(Throwable e) {
    failures.incrementAndGet();
    failuresInRow++;
    fault = e.toString();
    if (failuresInRow == 1) {
      log.error("a chore of the store failed and is tried again", "chore", name, "err", e);
    }
  }

  /** Does not wait for a task that is under way. */
  @Override
  public void close() {
    closed = true;
    thread.interrupt();
  }

  /** Waits for a task that was under way when this was closed; false if it takes too long. */
  public boolean awaitEnd(Duration patience) {
    try {
      return thread.join(patience);
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
      return false;
    }
  }
}
