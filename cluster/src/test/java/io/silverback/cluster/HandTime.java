package io.silverback.cluster;

import io.silverback.cluster.simulation.SimWorld;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * Both clocks and the loop of a node: time passes when a test says so, and what comes due is done
 * in the thread of the test. The monotonic clock overflows a while after its start, as it may.
 */
public final class HandTime implements Clock, Loop {
  private static final long START_NANOS = Long.MAX_VALUE - 3 * SimWorld.SECOND;

  private final SimWorld world = new SimWorld(1, false);
  private long wallMillis = 1_790_000_000_000L;
  private int urgentWorks;

  /** Both clocks go on, and what comes due is done. */
  public void pass(long millis) {
    world.run(millis * SimWorld.MILLI);
  }

  /** How many works of take-overs were handed over. */
  public int urgentWorks() {
    return urgentWorks;
  }

  /** Does what is due now. */
  public void settle() {
    world.run(0);
  }

  /** The wall clock alone goes on, as that of a machine that slept; a negative one goes back. */
  public void leapWall(long millis) {
    wallMillis += millis;
  }

  @Override
  public long nanoTime() {
    return START_NANOS + world.now();
  }

  @Override
  public long wallMillis() {
    return wallMillis + world.now() / SimWorld.MILLI;
  }

  @Override
  public void execute(Runnable task) {
    world.in(0, task);
  }

  @Override
  public void schedule(long delayNanos, Runnable task) {
    world.in(delayNanos, task);
  }

  @Override
  public <T> void background(Supplier<T> work, Consumer<Optional<T>> then) {
    world.in(
        0,
        () -> {
          Optional<T> outcome = outcome(work);
          execute(() -> then.accept(outcome));
        });
  }

  private static <T> Optional<T> outcome(Supplier<T> work) {
    try {
      return Optional.of(work.get());
    } catch (IllegalStateException _) {
      // A test wants it.
      return Optional.empty();
    }
  }

  @Override
  public <T> void urgent(Supplier<T> work, Consumer<Optional<T>> then) {
    urgentWorks++;
    background(work, then);
  }

  @Override
  public <T> void parallel(Supplier<T> work, Consumer<Optional<T>> then) {
    background(work, then);
  }
}
