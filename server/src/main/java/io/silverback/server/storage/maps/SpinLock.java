package io.silverback.server.storage.maps;

import java.util.concurrent.atomic.AtomicBoolean;

/**
 * A lock that is waited for without giving up the processor, for a few steps that neither wait nor
 * call out. Not reentrant. Thread-safe.
 *
 * <p>For what is done under the lock of a segment of a map. A virtual thread that parks there, as
 * at a monitor, leaves its carrier and keeps the segment; and once all carriers wait for the
 * segment, as they do in a loop, there is none left for it to go on.
 */
public final class SpinLock {
  private final AtomicBoolean held = new AtomicBoolean();

  public void lock() {
    while (!held.compareAndSet(false, true)) {
      Thread.onSpinWait();
    }
  }

  public void unlock() {
    held.set(false);
  }
}
