package io.silverback.server.storage.engine;

import io.silverback.codec.model.Version;
import io.silverback.server.storage.HistoryQuery;
import io.silverback.server.storage.MetricStore;
import io.silverback.server.storage.OrderedHistorySink;
import io.silverback.server.storage.QueryBudget;
import io.silverback.server.storage.Snapshot;
import io.silverback.server.storage.StoreNotReadyException;
import java.io.IOException;
import java.util.function.Predicate;

/** A store on this machine, which can also be the replica of a member of a cluster. */
public interface LocalStore extends MetricStore {
  /**
   * From now on remembers what is deleted, until it is purged, and keeps what other members ask
   * for. May take as long as a look at all groups.
   */
  void joinCluster();

  /**
   * Hands over what {@link #history} does, in an order that all members share. Only once it is that
   * of a member.
   *
   * @throws IOException if the budget or the sink does; the sink then got only a part
   */
  void orderedHistory(HistoryQuery query, QueryBudget budget, OrderedHistorySink sink)
      throws IOException;

  /**
   * What was pushed.
   *
   * @throws StoreNotReadyException if it is not open yet
   */
  PushLog pushLog();

  /**
   * Of all groups stored here the families of certain versions, and the times of such pushes. The
   * caller closes it.
   */
  Snapshot snapshotOfVersions(Predicate<Version> versions);

  /**
   * What the store is made of. Callers keep to its locks.
   *
   * @throws StoreNotReadyException if it is not open yet
   */
  StoreParts parts();

  /** What a full disk keeps it from doing. */
  DiskGuard disk();
}
