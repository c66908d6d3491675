package io.silverback.server.storage;

import java.io.IOException;

/**
 * What a query of history may take. Whatever it throws ends the query. For the thread of the query
 * alone.
 */
public interface QueryBudget {
  /** The most that the query can ever take; it does with a part of that where it can. */
  long mostBytes();

  /** Asked before the query takes that many bytes more; it gives all back when it ends. */
  void take(long bytes) throws IOException;

  /** Asked before each step that takes a while, such as the next page. */
  void goOn() throws IOException;
}
