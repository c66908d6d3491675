package io.silverback.server.remotewrite;

import io.silverback.server.storage.OrderedHistorySink;
import io.silverback.server.storage.QueryBudget;
import io.silverback.server.storage.engine.PushLog;
import java.io.IOException;
import java.util.function.Predicate;

/**
 * Those of some groups that the store of this server has.
 *
 * @param groups told a key: whether the group is one of them
 */
public record OwnPushes(PushLog pushes, Predicate<byte[]> groups) implements PushReader {
  @Override
  public int parts() {
    return pushes.parts();
  }

  /** The same for all. */
  @Override
  public int rank(byte[] group) {
    return 0;
  }

  @Override
  public void read(
      int part, long fromMillis, long toMillis, QueryBudget budget, OrderedHistorySink sink)
      throws IOException {
    pushes.read(part, fromMillis, toMillis, groups, budget, sink);
  }
}
