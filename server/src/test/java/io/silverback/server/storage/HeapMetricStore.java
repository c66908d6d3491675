package io.silverback.server.storage;

import io.silverback.cluster.HashRing;
import io.silverback.codec.exposition.ParsedExposition;
import io.silverback.codec.model.GroupingKey;
import io.silverback.codec.model.MetricFamily;
import io.silverback.codec.model.Stamp;
import io.silverback.codec.model.VersionClock;
import io.silverback.codec.row.GroupShape;
import io.silverback.server.group.ConsistencyCheck;
import io.silverback.server.group.GroupDifference;
import io.silverback.server.group.GroupState;
import io.silverback.server.group.GroupState.VersionedFamily;
import io.silverback.server.group.GroupUpdate;
import io.silverback.server.group.GroupUpdater;
import io.silverback.server.group.HeapTallies;
import io.silverback.server.group.StoredGroups;
import io.silverback.server.group.Verdict;
import io.silverback.server.storage.maps.GroupKeys;
import java.time.Duration;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.IntPredicate;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * The groups of a single node as objects on the heap, without history: what the real store is
 * compared with.
 *
 * <p>Two locks, always taken in this order. That of the group's stripe keeps the updates of a group
 * in order. That of the shapes makes checking and publishing one step; a push that only brings new
 * values for the series that its group has cannot conflict with anything and does without it.
 */
public final class HeapMetricStore implements MetricStore {
  private static final int STRIPES = 256;
  private static final long SINGLE_NODE_EPOCH = 0;
  private static final String TIMESTAMPED = "pushed metrics must not have timestamps";

  private final ConcurrentHashMap<GroupingKey, GroupState> groups = new ConcurrentHashMap<>();
  private final ReentrantLock[] stripes =
      Stream.generate(ReentrantLock::new).limit(STRIPES).toArray(ReentrantLock[]::new);
  private final ReentrantLock shapes = new ReentrantLock();
  private final VersionClock clock;
  private final LongSupplier wallMillis;
  private final ConsistencyCheck check;
  private final boolean checked;
  private volatile boolean closed;

  /**
   * An empty store.
   *
   * @param clock gives each update its version
   * @param wallMillis the wall clock, in milliseconds since the epoch
   * @param reserved families that no push may hold as another type
   * @param checked false to take pushes that are inconsistent with others
   */
  public HeapMetricStore(
      VersionClock clock,
      LongSupplier wallMillis,
      Collection<MetricFamily> reserved,
      boolean checked) {
    this.clock = clock;
    this.wallMillis = wallMillis;
    this.check = new ConsistencyCheck(reserved, new Published(), new HeapTallies());
    this.checked = checked;
  }

  /** Throws {@link StoreClosedException} after a close. */
  @Override
  public Submission submit(GroupUpdate update) {
    ReentrantLock stripe = stripeOf(update.key());
    stripe.lock();
    try {
      requireOpen();
      return switch (update) {
        case GroupUpdate.Replace(_, var body) -> push(update, body);
        case GroupUpdate.Merge(_, var body) -> push(update, body);
        case GroupUpdate.Revalue revalue -> new Submission.Outdated(revalue.key());
        case GroupUpdate.Restore restore -> restore(restore);
        case GroupUpdate.Delete delete -> {
          delete(delete);
          yield new Submission.Accepted();
        }
        case GroupUpdate.Expire expire -> judged(expire, expire::concerns);
        case GroupUpdate.Purge purge -> judged(purge, purge::concerns);
      };
    } finally {
      stripe.unlock();
    }
  }

  @Override
  public void shapes(ShapeSink sink) {
    throw new UnsupportedOperationException();
  }

  /** A model of what is stored, and of nothing else. */
  @Override
  public Rehearsal rehearse(GroupUpdate update) {
    throw new UnsupportedOperationException();
  }

  /** Throws {@link StoreClosedException} after a close. */
  @Override
  public Snapshot snapshot() {
    requireOpen();
    return new HeapSnapshot(
        groups.values().stream().sorted(Comparator.comparing(GroupState::key)).toList());
  }

  /** Throws {@link StoreClosedException} after a close. */
  @Override
  public Snapshot snapshot(IntPredicate slots) {
    requireOpen();
    return new HeapSnapshot(
        groups.values().stream()
            .filter(group -> slots.test(HashRing.slotOf(GroupKeys.encode(group.key()))))
            .sorted(Comparator.comparing(GroupState::key))
            .toList());
  }

  /** Throws {@link StoreClosedException} after a close. */
  @Override
  public int groupCount() {
    requireOpen();
    return groups.size();
  }

  /** Throws {@link StoreClosedException} after a close. */
  @Override
  public int wipe() {
    requireOpen();
    int deleted = 0;
    for (GroupingKey key : List.copyOf(groups.keySet())) {
      ReentrantLock stripe = stripeOf(key);
      stripe.lock();
      try {
        requireOpen();
        if (delete(new GroupUpdate.Delete(key))) {
          deleted++;
        }
      } finally {
        stripe.unlock();
      }
    }
    return deleted;
  }

  /** Hands over nothing: this store keeps only the current values. */
  @Override
  public void history(HistoryQuery query, QueryBudget budget, HistorySink sink) {
    requireOpen();
  }

  @Override
  public Optional<String> whyNotReady() {
    return Optional.empty();
  }

  @Override
  public Optional<String> saveCopy() {
    return Optional.empty();
  }

  @Override
  public void names(Consumer<GroupingKey> consumer) {
    requireOpen();
    groups.keySet().forEach(consumer);
  }

  @Override
  public Optional<GroupState> group(GroupingKey key) {
    requireOpen();
    return Optional.ofNullable(groups.get(key));
  }

  @Override
  public void sizes(SizeSink sink) {
    requireOpen();
    groups.forEach(
        (key, group) -> {
          int series =
              GroupShape.of(
                      key, group.families().values().stream().map(VersionedFamily::family).toList())
                  .columnCount();
          sink.group(key, group.bounds(), series, 0);
        });
  }

  /** Hands over nothing: this store knows no clock that nobody can set. */
  @Override
  public void quietGroups(Duration atLeast, QuietSink sink) {
    requireOpen();
  }

  @Override
  public StorageStatistics statistics() {
    int stale = (int) groups.values().stream().filter(group -> group.bounds().isStale()).count();
    return new StorageStatistics(
        groupCount(), stale, 0, 0, List.of(), List.of(), List.of(), Optional.empty());
  }

  /** Waits for the updates that have begun; nothing changes after the return. */
  @Override
  public void close() {
    for (ReentrantLock stripe : stripes) {
      stripe.lock();
      try {
        closed = true;
      } finally {
        stripe.unlock();
      }
    }
  }

  private Submission push(GroupUpdate update, ParsedExposition body) {
    GroupState old = stateOf(update.key());
    Stamp stamp = nextStamp();
    if (body.timestamped()) {
      return refuse(old, stamp, TIMESTAMPED);
    }
    GroupState next = GroupUpdater.apply(old, update, stamp);
    if (old.exists() && GroupDifference.between(old, next).keepsShape()) {
      groups.put(update.key(), next);
      return new Submission.Accepted();
    }
    shapes.lock();
    try {
      Verdict verdict = checked ? check.judge(old, next) : check.judgeStorable(old, next);
      if (!verdict.isAccepted()) {
        return refuse(old, stamp, verdict.reason());
      }
      publish(old, next);
      return new Submission.Accepted();
    } finally {
      shapes.unlock();
    }
  }

  private Submission restore(GroupUpdate.Restore restore) {
    GroupState old = stateOf(restore.key());
    Stamp stamp = nextStamp();
    if (restore.body().timestamped()) {
      return new Submission.Refused(restore.key(), TIMESTAMPED);
    }
    if (!restore.isLaterThan(old)) {
      return new Submission.Outdated(restore.key());
    }
    shapes.lock();
    try {
      GroupState next = GroupUpdater.apply(old, restore, stamp);
      Verdict verdict = checked ? check.judge(old, next) : check.judgeStorable(old, next);
      if (!verdict.isAccepted()) {
        return new Submission.Refused(restore.key(), verdict.reason());
      }
      publish(old, next);
      return new Submission.Accepted();
    } finally {
      shapes.unlock();
    }
  }

  private Submission refuse(GroupState old, Stamp stamp, String reason) {
    GroupState marked = GroupUpdater.markFailure(old, stamp);
    shapes.lock();
    try {
      if (check.mayExist(old.key())) {
        publish(old, marked);
      }
    } finally {
      shapes.unlock();
    }
    return new Submission.Refused(old.key(), reason);
  }

  /**
   * Forgets the group altogether and tells whether there was one. A tombstone would only keep a
   * replica from bringing the group back, and a single node has none: whatever is pushed from now
   * on has a newer version than all that went.
   */
  private boolean delete(GroupUpdate.Delete delete) {
    GroupState old = stateOf(delete.key());
    Stamp stamp = nextStamp();
    if (!old.exists()) {
      return false;
    }
    shapes.lock();
    try {
      publish(old, GroupUpdater.apply(old, delete, stamp));
      return true;
    } finally {
      shapes.unlock();
    }
  }

  private Submission judged(GroupUpdate update, Predicate<GroupState> concerns) {
    GroupState old = stateOf(update.key());
    Stamp stamp = nextStamp();
    if (!concerns.test(old)) {
      return new Submission.Outdated(update.key());
    }
    shapes.lock();
    try {
      publish(old, GroupUpdater.apply(old, update, stamp));
      return new Submission.Accepted();
    } finally {
      shapes.unlock();
    }
  }

  /** Called under both locks. */
  private void publish(GroupState old, GroupState next) {
    check.record(old, next);
    if (next.exists()) {
      groups.put(next.key(), next);
    } else {
      groups.remove(next.key());
    }
  }

  private GroupState stateOf(GroupingKey key) {
    GroupState group = groups.get(key);
    return group != null ? group : GroupState.absent(key);
  }

  /** Taken for each update, whatever becomes of it, as the real store does. */
  private Stamp nextStamp() {
    return new Stamp(clock.next(SINGLE_NODE_EPOCH), wallMillis.getAsLong());
  }

  private ReentrantLock stripeOf(GroupingKey key) {
    int hash = key.hashCode();
    return stripes[(hash ^ (hash >>> 16)) & (STRIPES - 1)];
  }

  private void requireOpen() {
    if (closed) {
      throw new StoreClosedException();
    }
  }

  /** The groups as the check sees them; all that are in the map exist. */
  private final class Published implements StoredGroups {
    @Override
    public boolean exists(GroupingKey key) {
      return groups.containsKey(key);
    }

    @Override
    public void forEachGroupOf(String job, Consumer<GroupState> consumer) {
      groups.forEach(
          (key, group) -> {
            if (key.job().equals(job)) {
              consumer.accept(group);
            }
          });
    }
  }
}
