package io.silverback.cluster;

/** The two clocks of a process. Thread-safe. */
public interface Clock {

  /** Monotonic, in nanoseconds from an arbitrary start; may stand still while a machine sleeps. */
  long nanoTime();

  /** The wall clock, in milliseconds since the epoch; may leap in both directions. */
  long wallMillis();
}
