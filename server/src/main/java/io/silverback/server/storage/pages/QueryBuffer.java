package io.silverback.server.storage.pages;

import io.silverback.server.storage.QueryBudget;
import java.io.IOException;
import java.lang.foreign.Arena;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * A piece of memory outside of the heap that a query uses again and again, and that grows as it is
 * asked to. Not thread-safe.
 */
final class QueryBuffer implements AutoCloseable {
  private final QueryBudget budget;
  private Arena arena = Arena.ofConfined();
  private UnsafeBuffer buffer = new UnsafeBuffer();

  /** An empty piece, which takes what it grows by from the budget. */
  QueryBuffer(QueryBudget budget) {
    this.budget = budget;
  }

  /** At least that many bytes with anything in them; what was handed out before is gone. */
  UnsafeBuffer atLeast(long bytes) throws IOException {
    if (bytes <= buffer.capacity()) {
      return buffer;
    }
    int capacity = Math.toIntExact(bytes);
    budget.take(capacity - buffer.capacity());
    arena.close();
    buffer = new UnsafeBuffer();
    arena = Arena.ofConfined();
    buffer = new UnsafeBuffer(arena.allocate(capacity).address(), capacity);
    return buffer;
  }

  @Override
  public void close() {
    arena.close();
  }
}
