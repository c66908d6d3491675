package io.silverback.server;

import io.silverback.server.http.Pressure;
import io.silverback.server.memory.MemoryPool;

/** Has slow clients give way as well when a scrape waits for the memory that theirs have. */
record LargeAnswers(Pressure routes, MemoryPool snapshotMemory) implements Pressure {
  @Override
  public boolean bodiesWait() {
    return routes.bodiesWait();
  }

  @Override
  public boolean answersWait() {
    return routes.answersWait() || snapshotMemory.isWaitedFor();
  }
}
