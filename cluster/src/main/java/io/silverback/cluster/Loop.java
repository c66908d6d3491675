package io.silverback.cluster;

/**
 * Runs tasks one after the other, in the order in which they were handed over or came due. All
 * state of a node belongs to its loop, so none of it needs a lock.
 */
public interface Loop {

  /** Runs the task soon. Thread-safe; never runs it in the calling thread before it returns. */
  void execute(Runnable task);

  /** Runs the task once, not before that many nanoseconds of the monotonic clock have passed. */
  void schedule(long delayNanos, Runnable task);

  /**
   * Runs long work beside the loop, and what comes out of it in the loop. Works handed over are
   * done one after the other.
   */
  void background(Runnable work, Runnable then);
}
