package io.silverback.server.remotewrite;

import io.silverback.server.storage.OrderedHistorySink;
import io.silverback.server.storage.QueryBudget;
import io.silverback.server.storage.engine.PushLog;
import java.io.IOException;
import java.util.List;
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

  /**
   * The ends of the series of groups that this server wiped in that time. They are to be read one
   * after the other, and before other pushes of that time.
   */
  static List<PushReader> wipes(
      PushLog pushes, Predicate<byte[]> groups, long fromMillis, long toMillis) {
    return pushes.wipes(groups, fromMillis, toMillis).stream().<PushReader>map(Wipes::new).toList();
  }

  /** All of them, whatever time is asked for. */
  private record Wipes(PushLog.Ends ends) implements PushReader {
    @Override
    public int parts() {
      return 1;
    }

    @Override
    public int rank(byte[] group) {
      return 0;
    }

    @Override
    public void read(
        int part, long fromMillis, long toMillis, QueryBudget budget, OrderedHistorySink sink)
        throws IOException {
      ends.read(budget, sink);
    }
  }
}
