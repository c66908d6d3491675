package io.silverback.server.remotewrite;

import io.silverback.server.storage.OrderedHistorySink;
import io.silverback.server.storage.QueryBudget;
import java.io.IOException;

/** Reads some pushes, in parts that each have an order. Thread-safe. */
public interface PushReader {
  int parts();

  /** Groups are read in the order of that number, and those that share it in that of their keys. */
  int rank(byte[] group);

  /**
   * Hands over the samples of one part from one time to another one, both included. A series that
   * ended in that time has a sample then that is stale.
   *
   * @throws IOException if the budget or the sink does; the sink then got only a part
   */
  void read(int part, long fromMillis, long toMillis, QueryBudget budget, OrderedHistorySink sink)
      throws IOException;
}
