package io.silverback.codec.model;

import java.time.Duration;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;

/**
 * Until when a piece of work may go on: for a time, and only while its client waits for it.
 *
 * <p>The work itself looks at it, in each loop whose length a client chooses. It is handed down
 * through the scope of the thread: {@link #during} binds it, {@link #current} finds it, and where
 * none is bound work may take as long as it takes. What must not end half-way is done during {@link
 * #NONE}. Belongs to one thread.
 */
public final class Deadline {
  /** For work that has to be done whatever it takes. */
  public static final Deadline NONE =
      new Deadline(Duration.ZERO, () -> 0, () -> false, /* isEndless= */ true);

  private static final ScopedValue<Deadline> CURRENT = ScopedValue.newInstance();

  /** Steps from one look at the clock to the next, which costs as much as a step. */
  private static final int STEPS = 64;

  /** Whether the client is there costs a system call. */
  private static final long ASK_NANOS = 100_000_000;

  private final long nanos;
  private final LongSupplier nanoTime;
  private final BooleanSupplier isAbandoned;
  private final boolean isEndless;
  private boolean isBegun;
  private int steps;
  private long startNanos;
  private long askedNanos;

  private Deadline(
      Duration time, LongSupplier nanoTime, BooleanSupplier isAbandoned, boolean isEndless) {
    this.nanos = time.toNanos();
    this.nanoTime = nanoTime;
    this.isAbandoned = isAbandoned;
    this.isEndless = isEndless;
  }

  /**
   * A deadline that has not begun, so that nothing ends yet.
   *
   * @param time how long the work may take from the beginning on
   * @param nanoTime as {@link System#nanoTime}
   * @param isAbandoned true once nobody waits for the work any more; asked now and then
   */
  public static Deadline of(Duration time, LongSupplier nanoTime, BooleanSupplier isAbandoned) {
    return new Deadline(time, nanoTime, isAbandoned, /* isEndless= */ false);
  }

  /** That of the work which this thread does now. */
  public static Deadline current() {
    return CURRENT.orElse(NONE);
  }

  /** Work without a result. */
  @FunctionalInterface
  public interface Work<X extends Throwable> {
    void run() throws X;
  }

  /** Does some work with this deadline. */
  public <X extends Throwable> void during(Work<X> work) throws X {
    call(
        () -> {
          work.run();
          return this;
        });
  }

  /** The same for work that has a result. */
  public <R, X extends Throwable> R call(ScopedValue.CallableOp<R, X> work) throws X {
    return ScopedValue.where(CURRENT, this).call(work);
  }

  /** From now on the time counts. */
  public void begin() {
    isBegun = !isEndless;
    startNanos = nanoTime.getAsLong();
    askedNanos = startNanos;
  }

  /**
   * One step of the work, which may cost a microsecond or so.
   *
   * @throws DeadlineException if it is not to go on
   */
  public void look() {
    if (isBegun && ++steps % STEPS == 0) {
      lookNow();
    }
  }

  /**
   * The same before a step that takes longer.
   *
   * @throws DeadlineException if the work is not to go on
   */
  public void lookNow() {
    if (!isBegun) {
      return;
    }
    long now = nanoTime.getAsLong();
    if (now - startNanos > nanos) {
      throw new DeadlineException(DeadlineException.Reason.TIME);
    }
    if (now - askedNanos > ASK_NANOS) {
      askedNanos = now;
      if (isAbandoned.getAsBoolean()) {
        throw new DeadlineException(DeadlineException.Reason.ABANDONED);
      }
    }
  }
}
