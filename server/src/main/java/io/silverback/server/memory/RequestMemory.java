package io.silverback.server.memory;

import java.time.Duration;
import java.util.function.LongPredicate;

/**
 * The memory that requests take beside what is stored: one {@link MemoryPool} for each kind, all
 * bounded by the memory of the process.
 *
 * <p>An eighth of that memory is set aside for requests, in shares for each kind. The store leaves
 * it free, so a request always gets its kind's share. A pool gives more, up to its limit, only
 * while the process has room. So requests and what is stored stay within one limit together, and no
 * kind of request starves another.
 *
 * <p>More than the share is assured, where a refusal would hurt and the share is seldom used up:
 * twice as much for scrapes, as a group that changes and cannot be copied is missing from a page;
 * four times as much for bodies, as they are on the heap, which keeps free room of its own, and as
 * what a body takes is estimated at its worst. Thread-safe.
 */
public final class RequestMemory {
  private static final int PARTS_OF_MEMORY = 32;
  private static final int PARTS_OF_SCRAPES = 2;
  private static final int ASSURED_SHARES_OF_SCRAPES = 2;
  private static final int ASSURED_SHARES_OF_BODIES = 4;

  private final MemoryPool scrapes;
  private final MemoryPool bodies;
  private final MemoryPool queries;
  private final boolean isBounded;
  private volatile LongPredicate processHasRoomFor = _ -> true;

  /**
   * Pools of which nothing is taken.
   *
   * @param memoryBytes the most that the process may take; 0 for no limit, and nothing set aside
   * @param scrapeBytes the most for all answers about all groups
   * @param bodyBytes the most for all bodies and what is parsed of them
   * @param queryBytes the most for all queries of history
   * @param maxWait how long a request waits for what others have taken
   */
  public RequestMemory(
      long memoryBytes, long scrapeBytes, long bodyBytes, long queryBytes, Duration maxWait) {
    isBounded = memoryBytes > 0;
    long part = memoryBytes / PARTS_OF_MEMORY;
    scrapes = pool(scrapeBytes, PARTS_OF_SCRAPES * part, ASSURED_SHARES_OF_SCRAPES, maxWait);
    bodies = pool(bodyBytes, part, ASSURED_SHARES_OF_BODIES, maxWait);
    queries = pool(queryBytes, part, 1, maxWait);
  }

  /** Memory that never runs out. */
  public static RequestMemory unlimited() {
    long most = Long.MAX_VALUE / 2;
    return new RequestMemory(0, most, most, most, Duration.ZERO);
  }

  private MemoryPool pool(long mostBytes, long setAsideBytes, int assuredShares, Duration maxWait) {
    return new MemoryPool(
        mostBytes,
        Math.min(mostBytes, assuredShares * setAsideBytes),
        Math.min(mostBytes, setAsideBytes),
        maxWait,
        bytes -> !isBounded || processHasRoomFor.test(bytes));
  }

  public MemoryPool scrapes() {
    return scrapes;
  }

  public MemoryPool bodies() {
    return bodies;
  }

  public MemoryPool queries() {
    return queries;
  }

  /**
   * Bounds all pools from now on, unless there is no limit.
   *
   * @param hasRoomFor whether the process may take that many bytes more
   */
  public void boundBy(LongPredicate hasRoomFor) {
    processHasRoomFor = hasRoomFor;
  }

  /** What all requests have taken. */
  public long takenBytes() {
    return scrapes.takenBytes() + bodies.takenBytes() + queries.takenBytes();
  }

  /** What is set aside and not taken yet, which the store has to leave free. */
  public long untouchedBytes() {
    return scrapes.untouchedBytes() + bodies.untouchedBytes() + queries.untouchedBytes();
  }
}
