package io.silverback.server.storage.engine;

import io.silverback.server.storage.StoreClosedException;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;

/** Who is using the store right now, so that nothing is unmapped under their hands. Thread-safe. */
public final class Usage {
  private static final long POLL_MILLIS = 5;

  private final AtomicInteger users = new AtomicInteger();
  private volatile boolean closed;

  /** Throws {@link StoreClosedException} after a close; else {@link #exit} must follow. */
  public void enter() {
    users.incrementAndGet();
    if (closed) {
      users.decrementAndGet();
      throw new StoreClosedException();
    }
  }

  /** Throws {@link StoreClosedException} after a close. */
  void requireOpen() {
    if (closed) {
      throw new StoreClosedException();
    }
  }

  public void exit() {
    users.decrementAndGet();
  }

  /** Lets nobody in any more and waits for those inside; false if some are still there then. */
  boolean close(Duration patience) {
    closed = true;
    long deadline = System.nanoTime() + patience.toNanos();
    boolean interrupted = false;
    while (users.get() > 0 && System.nanoTime() < deadline) {
      try {
        Thread.sleep(POLL_MILLIS);
      } catch (InterruptedException _) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
    return users.get() == 0;
  }
}
