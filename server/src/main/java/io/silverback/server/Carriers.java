package io.silverback.server;

/**
 * The threads of the system that carry the virtual threads, of which each connection has one, and
 * that wake them up.
 *
 * <p>Of carriers the JDK takes one for each processor. That is too few on a small machine: a
 * virtual thread is never preempted, and keeps its carrier while it computes, while it waits for a
 * class that another thread loads, and while it spins for the lock of a map's segment. With one or
 * two carriers a single slow request holds up all others, and two virtual threads that wait for one
 * without a carrier wait for ever. The system shares the processors among more carriers fairly.
 *
 * <p>Sockets are watched by virtual threads if the JDK has its way, which take the carriers twice
 * more for a request than a thread of the system that watches all of them.
 */
final class Carriers {
  static final String PROPERTY = "jdk.virtualThreadScheduler.parallelism";

  /** Twice as many as the scrapes that are answered at once, which compute the longest. */
  private static final int LEAST = 16;

  private static final String WATCHERS = "jdk.pollerMode";

  private static final String THREADS_OF_THE_SYSTEM = "1";

  private Carriers() {}

  /** Sets what is not given; before the first virtual thread starts. */
  static void setUp() {
    int processors = Runtime.getRuntime().availableProcessors();
    setUnlessGiven(PROPERTY, Integer.toString(Math.max(LEAST, processors)));
    setUnlessGiven(WATCHERS, THREADS_OF_THE_SYSTEM);
  }

  private static void setUnlessGiven(String property, String value) {
    if (System.getProperty(property) == null) {
      System.setProperty(property, value);
    }
  }
}
