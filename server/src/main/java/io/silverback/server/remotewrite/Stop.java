package io.silverback.server.remotewrite;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** The end of a target, which all its threads look for. Thread-safe. */
final class Stop {
  private final CountDownLatch asked = new CountDownLatch(1);

  /** Thrown where work is left off. */
  static final class StoppedException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private StoppedException() {
      super("stopped", null, false, false);
    }
  }

  void ask() {
    asked.countDown();
  }

  /** Throws {@link StoppedException} once the end was asked for. */
  void look() {
    if (asked.getCount() == 0) {
      throw new StoppedException();
    }
  }

  /** Waits for that time; throws {@link StoppedException} as soon as the end is asked for. */
  void pause(Duration time) throws InterruptedException {
    if (asked.await(time.toNanos(), TimeUnit.NANOSECONDS)) {
      throw new StoppedException();
    }
  }
}
