package io.silverback.server.storage.engine;

import io.silverback.server.memory.RequestMemory;
import io.silverback.server.storage.maps.MapRoom;
import java.util.function.LongUnaryOperator;

/**
 * How much of the memory that the process may take it has taken.
 *
 * <p>What the maps take is known at any time. What is taken beside them is looked at now and then,
 * and smoothed: the heap swings, and neither a client nor the history should pay for one large body
 * that is gone a moment later. What requests have taken since counts at once. The maps leave free
 * what is set aside for requests, and requests take more than that only while there is room.
 * Thread-safe.
 */
final class MemoryBudget {
  /** How many looks a sudden change takes to count for the most part. */
  private static final int SMOOTHING = 8;

  private static final double MUCH = 0.9;
  private static final double LITTLE = 0.8;

  /** The most that history may take, since its room is of no use to the current values. */
  private static final double HISTORY_SHARE = 0.5;

  private final long limitBytes;
  private final MapRoom current;
  private final MapRoom history;
  private final LongUnaryOperator beside;
  private final RequestMemory requests;
  private volatile long besideBytes;

  /** What of the bytes beside the maps requests had taken, smoothed in the same way. */
  private volatile long requestBytes;

  /**
   * A budget that has had its first look.
   *
   * @param limitBytes 0 for no limit
   * @param current where the current values are
   * @param beside from what the maps have taken, what the process takes besides
   * @param requests bounded by this budget from now on
   */
  MemoryBudget(
      long limitBytes,
      MapRoom current,
      MapRoom history,
      LongUnaryOperator beside,
      RequestMemory requests) {
    this.limitBytes = limitBytes;
    this.current = current;
    this.history = history;
    this.beside = beside;
    this.requests = requests;
    this.besideBytes = beside.applyAsLong(mapBytes());
    this.requestBytes = requests.takenBytes();
    requests.boundBy(bytes -> usedBytes() + bytes <= limitBytes);
  }

  /** Looks again at what is taken beside the maps. For one thread at a time. */
  void look() {
    long before = besideBytes;
    besideBytes = before + (beside.applyAsLong(mapBytes()) - before) / SMOOTHING;
    long taken = requestBytes;
    requestBytes = taken + (requests.takenBytes() - taken) / SMOOTHING;
  }

  /** 0 for no limit. */
  long limitBytes() {
    return limitBytes;
  }

  /** With what is set aside for requests. */
  long usedBytes() {
    return besideMapsBytes() + mapBytes();
  }

  /** True if the current values may grow by that many bytes. */
  boolean hasRoomFor(long bytes) {
    long reusable = current.takenBytes() - current.allocatedBytes();
    return limitBytes == 0 || usedBytes() - reusable + bytes <= limitBytes;
  }

  /** How many bytes of history have to go; 0 if none. */
  long historyExcessBytes() {
    if (limitBytes == 0) {
      return 0;
    }
    long overAll = withoutFreedHistory() - (long) (MUCH * limitBytes);
    long overShare = history.allocatedBytes() - (long) (HISTORY_SHARE * limitBytes);
    return Math.max(0, Math.max(overAll, overShare));
  }

  /** True if history that had to end may begin again. */
  boolean hasRoomForHistory() {
    return withoutFreedHistory() < LITTLE * limitBytes;
  }

  /** True if history may grow by that many bytes with nothing else having to go for it. */
  boolean hasRoomForOlderHistory(long bytes) {
    return limitBytes == 0
        || (withoutFreedHistory() + bytes < LITTLE * limitBytes
            && history.allocatedBytes() + bytes < LITTLE * HISTORY_SHARE * limitBytes);
  }

  private long withoutFreedHistory() {
    return besideMapsBytes() + current.takenBytes() + history.allocatedBytes();
  }

  /** What was seen, what requests took since, and what is set aside for them and not taken. */
  private long besideMapsBytes() {
    long since = Math.max(0, requests.takenBytes() - requestBytes);
    return besideBytes + since + requests.untouchedBytes();
  }

  private long mapBytes() {
    return current.takenBytes() + history.takenBytes();
  }
}
