package io.silverback.server.remotewrite;

import io.silverback.server.storage.OrderedHistorySink;
import io.silverback.server.storage.QueryBudget;
import io.silverback.server.storage.engine.PushLog;
import java.io.IOException;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.IntStream;

/**
 * The ends of the series of some groups that were wiped on this server.
 *
 * @param groups told a key: whether the group is one of them
 * @param time which wipe of each group: 0 for the first one in the time that is read
 */
record OwnWipes(PushLog pushes, Predicate<byte[]> groups, int time) implements PushReader {
  /** All that were in that time, to be read one after the other, and before other pushes of it. */
  static List<PushReader> between(
      PushLog pushes, Predicate<byte[]> groups, long fromMillis, long toMillis) {
    return IntStream.range(0, pushes.wipes(groups, fromMillis, toMillis))
        .<PushReader>mapToObj(time -> new OwnWipes(pushes, groups, time))
        .toList();
  }

  @Override
  public int parts() {
    return 1;
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
    pushes.readWiped(time, fromMillis, toMillis, groups, budget, sink);
  }
}
