package io.silverback.server.storage.engine;

import io.silverback.server.storage.OrderedHistorySink;
import io.silverback.server.storage.QueryBudget;
import java.io.IOException;
import java.util.BitSet;
import java.util.List;
import java.util.function.Predicate;

/**
 * What was pushed, for a reader that takes all of it, one stretch of time after the other.
 *
 * <p>Stretches that follow each other up to {@link #settledMillis()} have each sample once, but for
 * those of restores, which keep times of long ago, and those after a step of the wall clock to an
 * earlier time. Thread-safe.
 */
public interface PushLog {
  /**
   * How many parts the groups are in, each with about as many. The same as long as the store is.
   */
  int parts();

  /**
   * A moment by the wall clock: pushes that are not visible yet will have this time or a later one.
   * Waits for those that are under way.
   */
  long settledMillis();

  /**
   * The time of the newest sample in some slots, of those that came since the process began; 0 if
   * none did. A store that is not that of a member has all in the first slot.
   */
  long newestMillis(BitSet slots);

  /** Samples of before that moment are kept no more, or not for long. */
  long oldestMillis();

  /**
   * Hands over the samples of one part from one time to another one, both included, in the order of
   * the keys of the groups, in a group by the names of families, then by those of the series, then
   * by labels. A series that ended in that time has a sample then that is stale.
   *
   * @param groups told a key: whether the group is asked for
   * @throws IOException if the budget or the sink does; the sink then got only a part
   */
  void read(
      int part,
      long fromMillis,
      long toMillis,
      Predicate<byte[]> groups,
      QueryBudget budget,
      OrderedHistorySink sink)
      throws IOException;

  /**
   * From now on the groups that wipes take out are remembered for as long as the retention, within
   * that many bytes of heap.
   */
  void watchWipes(long mostBytes);

  /**
   * The ends of all series that groups had when they were wiped from one time to another one, both
   * included. A group that was wiped several times then is in as many of them, and they are to be
   * read one after the other, before other samples of that time: these are later.
   */
  List<Ends> wipes(Predicate<byte[]> groups, long fromMillis, long toMillis);

  /** Ends of series, one of each. Thread-safe; says nothing of what is older than the retention. */
  @FunctionalInterface
  interface Ends {
    /** Hands them over in the order of {@link PushLog#read}. */
    void read(QueryBudget budget, OrderedHistorySink sink) throws IOException;
  }

  /**
   * The same as {@link #read} of the groups in some slots, in the order that all members of a
   * cluster share. Only of a store that is that of a member.
   */
  void readSlots(
      BitSet slots, long fromMillis, long toMillis, QueryBudget budget, OrderedHistorySink sink)
      throws IOException;
}
