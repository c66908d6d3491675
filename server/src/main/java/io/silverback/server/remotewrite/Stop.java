package io.silverback.server.remotewrite;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/** The end of a target or of a round, which all its threads look for. Thread-safe. */
final class Stop {
  private final CountDownLatch asked;
  private final BooleanSupplier holds;

  Stop() {
    this(new CountDownLatch(1), () -> true);
  }

  private Stop(CountDownLatch asked, BooleanSupplier holds) {
    this.asked = asked;
    this.holds = holds;
  }

  /** The same, which is also the end of what goes on only as long as a condition holds. */
  Stop asLongAs(BooleanSupplier condition) {
    return new Stop(asked, condition);
  }

  /** Thrown where work is left off. */
  static final class StoppedException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private StoppedException() {
      super("stopped", null, false, false);
    }
  }

  /** Thrown where a round is left off, since another server may send the same samples. */
  static final class NotLeaderException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private NotLeaderException() {
      super("another server may lead", null, false, false);
    }
  }

  void ask() {
    asked.countDown();
  }

  /**
   * Throws {@link StoppedException} once the end was asked for, and {@link NotLeaderException} once
   * the condition holds no more.
   */
  void look() {
    if (asked.getCount() == 0) {
      throw new StoppedException();
    }
    if (!holds.getAsBoolean()) {
      throw new NotLeaderException();
    }
  }

  /** Waits for that time; throws as {@link #look} does, and as soon as the end is asked for. */
  void pause(Duration time) throws InterruptedException {
    if (asked.await(time.toNanos(), TimeUnit.NANOSECONDS)) {
      throw new StoppedException();
    }
    look();
  }
}
