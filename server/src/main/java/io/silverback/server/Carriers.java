package io.silverback.server;

/**
 * How many threads of the system carry the virtual threads, of which each connection has one.
 *
 * <p>The JDK takes one for each processor. That is too few on a small machine: a virtual thread is
 * never preempted, and keeps its carrier while it computes, while it waits for a class that another
 * thread loads, and while it spins for the lock of a map's segment. With one or two carriers a
 * single slow request holds up all others, and two virtual threads that wait for one without a
 * carrier wait for ever. The system shares the processors among more carriers fairly.
 */
final class Carriers {
  static final String PROPERTY = "jdk.virtualThreadScheduler.parallelism";

  /** Twice as many as the scrapes that are answered at once, which compute the longest. */
  private static final int LEAST = 16;

  private Carriers() {}

  /** Sets the number, unless it is given; before the first virtual thread starts. */
  static void setNumber() {
    if (System.getProperty(PROPERTY) == null) {
      int processors = Runtime.getRuntime().availableProcessors();
      System.setProperty(PROPERTY, Integer.toString(Math.max(LEAST, processors)));
    }
  }
}
