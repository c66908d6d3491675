package io.silverback.server.storage.engine;

import io.silverback.server.log.Log;
import io.silverback.server.storage.maps.MapRoom;
import io.silverback.server.storage.maps.OffHeapMap;
import io.silverback.server.storage.pages.HistoryPages;
import io.silverback.server.storage.pages.PageAges;
import io.silverback.server.storage.pages.Retention;

/**
 * Has history give way when memory becomes short: the oldest pages of all groups first, and if that
 * is not enough, all of it. Thread-safe.
 */
final class HistoryRelief {
  private static final Log log = Log.of(HistoryRelief.class);

  /** This part of history goes beside what has to, so that it need not be gone through so often. */
  private static final int SLACK_PART = 16;

  private final MemoryBudget memory;
  private final Retention retention;
  private final MapRoom room;
  private final OffHeapMap pages;
  private final HistoryPages history;

  HistoryRelief(
      MemoryBudget memory,
      Retention retention,
      MapRoom room,
      OffHeapMap pages,
      HistoryPages history) {
    this.memory = memory;
    this.retention = retention;
    this.room = room;
    this.pages = pages;
    this.history = history;
  }

  /** Looks at the memory; true if what is older than {@link Retention#oldestMillis} should go. */
  synchronized boolean isNeeded(long nowMillis) {
    memory.look();
    long excess = memory.historyExcessBytes();
    if (excess > 0 && room.allocatedBytes() > 0) {
      shorten(excess, nowMillis);
      return true;
    }
    if (retention.isPaused() && memory.hasRoomForHistory()) {
      retention.resume();
      log.info("history is kept again", "used", memory.usedBytes());
    }
    return false;
  }

  private void shorten(long excess, long nowMillis) {
    boolean wasWhole = retention.isWhole(nowMillis);
    var ages = new PageAges(retention.oldestMillis(nowMillis), nowMillis);
    pages.forEach(
        (key, page) ->
            ages.add(
                history.lastMillis(page, nowMillis),
                pages.bytesOf(key.capacity(), page.capacity())));
    if (ages.totalBytes() >= excess) {
      long slack = room.allocatedBytes() / SLACK_PART;
      retention.forgetBefore(ages.momentAfter(Math.min(excess + slack, ages.totalBytes())));
    } else {
      retention.pause();
      retention.forgetBefore(nowMillis + 1);
    }
    if (wasWhole) {
      log.warn(
          "memory is short and history goes back less than asked for, raise --storage.max-memory",
          "used",
          memory.usedBytes(),
          "limit",
          memory.limitBytes(),
          "history_seconds",
          retention.effectiveMillis(nowMillis) / 1000);
    }
  }
}
