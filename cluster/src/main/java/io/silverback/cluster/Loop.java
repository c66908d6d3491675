package io.silverback.cluster;

import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * Runs tasks one after the other, in the order in which they were handed over or came due. All
 * state of a node belongs to its loop, so none of it needs a lock.
 *
 * <p>A lease is renewed by tasks of the loop, so no task may take long: whatever asks the store is
 * work beside it.
 */
public interface Loop {

  /** Runs the task soon. Thread-safe; never runs it in the calling thread before it returns. */
  void execute(Runnable task);

  /**
   * The same for a thread that has brought a task and has time: it may run that one itself before
   * this returns, and others that wait, so that no other thread has to wake up for them. So it must
   * hold no lock that a task may want.
   */
  default void bring(Runnable task) {
    execute(task);
  }

  /** Runs the task once, not before that many nanoseconds of the monotonic clock have passed. */
  void schedule(long delayNanos, Runnable task);

  /**
   * Runs work beside the loop, and hands what comes out of it to a task of the loop: nothing if it
   * throws, which is logged as a bug, and nothing if it was not begun while anybody waits for it,
   * or if too many works wait. Works handed over are done one after the other.
   */
  <T> void background(Supplier<T> work, Consumer<Optional<T>> then);

  /**
   * The same for works of a take-over, which wait for one another but not for those in the
   * background: until they are done nobody serves some slots.
   */
  <T> void urgent(Supplier<T> work, Consumer<Optional<T>> then);

  /**
   * The same for works that do not wait for one another, and come to an end in any order. Each is
   * begun; for tasks of the loop, which bound how many of them wait.
   */
  <T> void parallel(Supplier<T> work, Consumer<Optional<T>> then);
}
