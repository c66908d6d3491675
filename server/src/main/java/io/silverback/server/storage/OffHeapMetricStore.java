package io.silverback.server.storage;

import io.silverback.codec.exposition.ParsedExposition;
import io.silverback.codec.model.Fingerprint;
import io.silverback.codec.model.GroupingKey;
import io.silverback.codec.model.MetricFamily;
import io.silverback.codec.model.Stamp;
import io.silverback.codec.model.VersionClock;
import io.silverback.codec.row.GroupFrame;
import io.silverback.codec.row.GroupShape;
import io.silverback.server.group.ConsistencyCheck;
import io.silverback.server.group.GroupDifference;
import io.silverback.server.group.GroupState;
import io.silverback.server.group.GroupUpdate;
import io.silverback.server.group.GroupUpdater;
import io.silverback.server.group.Verdict;
import io.silverback.server.log.Log;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import java.util.stream.Stream;

/**
 * The groups of a single node and their history, compressed and outside of the heap, in files if
 * they are to survive the process.
 *
 * <p>Two locks, always taken in this order. That of the group's stripe keeps the updates of a group
 * in order. That of shape changes makes checking and publishing one step; a push that only brings
 * new values for the series that its group has cannot conflict with anything and does without it.
 */
public final class OffHeapMetricStore implements MetricStore {
  private static final Log log = Log.of(OffHeapMetricStore.class);

  private static final int STRIPES = 256;
  private static final long SINGLE_NODE_EPOCH = 0;
  private static final Duration CLOSING_PATIENCE = Duration.ofSeconds(10);

  private static final String TIMESTAMPED = "pushed metrics must not have timestamps";

  private final Usage usage = new Usage();
  private final ReentrantLock[] stripes =
      Stream.generate(ReentrantLock::new).limit(STRIPES).toArray(ReentrantLock[]::new);
  private final ReentrantLock shapeChanges = new ReentrantLock();
  private final Workspace.Pool workspaces = new Workspace.Pool();
  private final AtomicLong lastGroup = new AtomicLong();
  private final AtomicInteger existing = new AtomicInteger();
  private final VersionClock clock;
  private final LongSupplier wallMillis;
  private final boolean checked;
  private final OffHeapMaps maps;
  private final ShapeTable shapes;
  private final GroupTable groups;
  private final HistoryPages history;
  private final long retentionMillis;
  private final ConsistencyCheck check;
  private final StoreAudit.Result found;
  private final Sweeper sweeper;

  /** An empty store, of which nothing survives the process. */
  public OffHeapMetricStore(StoreSettings settings) {
    this(settings, new OffHeapMaps());
  }

  /** A store over maps, which it closes, and with the groups that are in them. */
  OffHeapMetricStore(StoreSettings settings, OffHeapMaps maps) {
    this.maps = maps;
    this.clock = settings.clock();
    this.wallMillis = settings.wallMillis();
    this.checked = settings.checked();
    this.retentionMillis = settings.historyRetention().toMillis();
    this.shapes = new ShapeTable(maps.shapes, new SymbolTable(maps.symbols));
    this.groups = new GroupTable(maps.groups, shapes, usage);
    this.history = new HistoryPages(maps, shapes, retentionMillis);
    this.check =
        new ConsistencyCheck(settings.ownFamilies(), groups, new OffHeapTallies(maps.tallies));
    this.found = adoptEntries();
    this.sweeper = new Sweeper(this::sweep, settings.historyRetention());
  }

  /** Goes on with what is in the maps. */
  private StoreAudit.Result adoptEntries() {
    StoreAudit.Result audited = new StoreAudit(maps, shapes).run();
    existing.set(audited.existing());
    lastGroup.set(audited.lastGroup());
    clock.observe(audited.newest());
    groups.forEachOutline(check::recordStored);
    try (Snapshot mixed = groups.snapshot(key -> check.needsSeries(key.job()))) {
      mixed.groups().forEach(check::recordStoredSeries);
    }
    return audited;
  }

  /** What was in the maps when the store was made. */
  StoreAudit.Result found() {
    return found;
  }

  /** Throws {@link StoreClosedException} after a close. */
  @Override
  public Submission submit(GroupUpdate update) {
    return withGroup(
        update.key(),
        (key, workspace) ->
            switch (update) {
              case GroupUpdate.Replace(_, var body) -> push(key, update, body, workspace);
              case GroupUpdate.Merge(_, var body) -> push(key, update, body, workspace);
              case GroupUpdate.Delete delete -> {
                delete(key, delete, workspace);
                yield new Submission.Accepted();
              }
            });
  }

  /** Throws {@link StoreClosedException} after a close. */
  @Override
  public Snapshot snapshot() {
    return groups.snapshot(_ -> true);
  }

  /** Throws {@link StoreClosedException} after a close. */
  @Override
  public int groupCount() {
    usage.requireOpen();
    return existing.get();
  }

  /** Throws {@link StoreClosedException} after a close. Forgets the history, too. */
  @Override
  public int wipe() {
    int deleted = 0;
    for (GroupingKey key : groups.keys(_ -> true)) {
      boolean existed =
          withGroup(
              key,
              (place, workspace) -> {
                boolean found = delete(place, new GroupUpdate.Delete(key), workspace);
                if (maps.groups.read(place, workspace::load)) {
                  history.dropAll(workspace.entry());
                  store(place, workspace, workspace.frame());
                }
                return found;
              });
      deleted += existed ? 1 : 0;
    }
    return deleted;
  }

  /** Throws {@link StoreClosedException} after a close. */
  @Override
  public void history(HistoryQuery query, HistorySink sink) throws IOException {
    usage.enter();
    try (var _ = shapes.visit()) {
      HistoryQuery kept = query.since(wallMillis.getAsLong() - retentionMillis);
      for (GroupingKey key : groups.keys(query::mayMatch)) {
        new HistoryReader(key, pagesOf(key), kept).read(shapes, sink);
      }
    } finally {
      usage.exit();
    }
  }

  @Override
  public StorageStatistics statistics() {
    usage.enter();
    try {
      return new StorageStatistics(
          existing.get(), history.corruptPages(), maps.statistics(), List.of());
    } finally {
      usage.exit();
    }
  }

  @Override
  public Optional<String> whyNotReady() {
    return Optional.empty();
  }

  /** Empty: this store does not know of files. */
  @Override
  public Optional<String> saveCopy() {
    return Optional.empty();
  }

  /** Copies all groups, each with its history as of one moment, into maps that are empty. */
  void copyTo(OffHeapMaps target) {
    usage.enter();
    try (var _ = shapes.visit()) {
      var copy = new StoreCopy(maps, shapes, target);
      for (GroupingKey key : groups.keys(_ -> true)) {
        withGroup(
            key,
            (place, _) -> {
              copy.add(place);
              return true;
            });
      }
    } finally {
      usage.exit();
    }
  }

  /** Drops what is too old or not needed any more; done by itself now and then. */
  public void sweep() {
    usage.enter();
    try {
      long now = wallMillis.getAsLong();
      for (GroupingKey key : groups.withExpired(history, now)) {
        withGroup(key, (place, workspace) -> sweepGroup(place, workspace, now));
      }
      shapeChanges.lock();
      try {
        shapes.sweep();
      } finally {
        shapeChanges.unlock();
      }
    } finally {
      usage.exit();
    }
  }

  /** Waits for the calls that have begun; nothing changes after the return. */
  @Override
  public void close() {
    sweeper.close();
    if (usage.close(CLOSING_PATIENCE)) {
      maps.close();
    } else {
      log.warn("the store is still in use and is left to the end of the process");
    }
  }

  private Submission push(
      byte[] key, GroupUpdate update, ParsedExposition body, Workspace workspace) {
    Stamp stamp = new Stamp(clock.next(SINGLE_NODE_EPOCH), wallMillis.getAsLong());
    if (body.timestamped()) {
      return refuse(key, update.key(), stamp, TIMESTAMPED, workspace);
    }
    List<MetricFamily> pushed = GroupStates.families(GroupUpdater.effectOf(update, stamp));
    GroupFrame old = workspace.frame();
    boolean keepsShape =
        old.exists()
            && !pushed.isEmpty()
            && GroupShape.fingerprintOf(update.key(), pushed).equals(old.shape());
    if (keepsShape) {
      boolean replaces = update instanceof GroupUpdate.Replace;
      GroupFrame next = GroupStates.revalued(old, pushed, stamp, replaces);
      Optional<String> fault = faultOfSize(next);
      if (fault.isPresent()) {
        return refuse(key, update.key(), stamp, fault.get(), workspace);
      }
      appendRow(key, workspace, next, stamp, PushedColumns.all(next.columnCount()));
      store(key, workspace, next);
      return new Submission.Accepted();
    }
    return pushShape(key, update, stamp, workspace);
  }

  /** A push after which the group may have other series than before. */
  private Submission pushShape(byte[] key, GroupUpdate update, Stamp stamp, Workspace workspace) {
    GroupState old = state(update.key(), workspace.frame());
    GroupState next = GroupUpdater.apply(old, update, stamp);
    shapeChanges.lock();
    try {
      if (!old.exists() || !GroupDifference.between(old, next).keepsShape()) {
        Verdict verdict = checked ? check.judge(old, next) : check.judgeStorable(old, next);
        if (!verdict.isAccepted()) {
          return refuse(key, update.key(), stamp, verdict.reason(), workspace);
        }
      }
      Optional<String> fault = publish(key, old, next, stamp, workspace);
      return fault.isPresent()
          ? refuse(key, update.key(), stamp, fault.get(), workspace)
          : new Submission.Accepted();
    } finally {
      shapeChanges.unlock();
    }
  }

  private Submission refuse(
      byte[] key, GroupingKey group, Stamp stamp, String reason, Workspace workspace) {
    shapeChanges.lock();
    try {
      if (check.mayExist(group)) {
        GroupState old = state(group, workspace.frame());
        publish(key, old, GroupUpdater.markFailure(old, stamp), stamp, workspace);
      }
    } finally {
      shapeChanges.unlock();
    }
    return new Submission.Refused(group, reason);
  }

  /**
   * Deletes what the group has and tells whether there was anything. Its history stays until it is
   * too old, and the group's entry as long; no tombstone is needed besides, since a single node
   * gives whatever is pushed from now on a newer version than all that went.
   */
  private boolean delete(byte[] key, GroupUpdate.Delete delete, Workspace workspace) {
    GroupState old = state(delete.key(), workspace.frame());
    if (!old.exists()) {
      return false;
    }
    var stamp = new Stamp(clock.next(SINGLE_NODE_EPOCH), wallMillis.getAsLong());
    shapeChanges.lock();
    try {
      publish(key, old, GroupUpdater.apply(old, delete, stamp), stamp, workspace);
      return true;
    } finally {
      shapeChanges.unlock();
    }
  }

  /**
   * Stores the next state. Called under both locks.
   *
   * @return why it cannot be stored; then nothing has changed
   */
  private Optional<String> publish(
      byte[] key, GroupState old, GroupState next, Stamp stamp, Workspace workspace) {
    GroupShape shape = GroupShape.of(next.key(), GroupStates.families(next));
    GroupFrame frame = GroupStates.encode(next, shape);
    Optional<String> sizeFault = faultOfSize(frame);
    if (sizeFault.isPresent()) {
      return sizeFault;
    }
    Fingerprint oldShape = workspace.frame().shape();
    boolean sameShape = shape.fingerprint().equals(oldShape);
    if (!sameShape) {
      Optional<String> fault = shapes.acquire(shape);
      if (fault.isPresent()) {
        return fault;
      }
      seal(key, workspace, false);
    }
    check.record(old, next);
    appendRow(
        key, workspace, frame, stamp, PushedColumns.of(shape, i -> frame.written(i).equals(stamp)));
    store(key, workspace, frame);
    if (!sameShape) {
      shapes.release(oldShape);
    }
    existing.addAndGet((next.exists() ? 1 : 0) - (old.exists() ? 1 : 0));
    return Optional.empty();
  }

  /** Why the frame has no room in an entry, for the client. */
  private Optional<String> faultOfSize(GroupFrame frame) {
    long length = frame.lengthBytes() + HistoryHead.maxLength(frame.columnCount());
    return length <= maps.groups.longestBytes()
        ? Optional.empty()
        : Optional.of(
            "the group is too large to store, push it as several groups: series="
                + frame.columnCount()
                + " length="
                + length
                + " limit="
                + maps.groups.longestBytes());
  }

  private void appendRow(
      byte[] key, Workspace workspace, GroupFrame next, Stamp stamp, PushedColumns pushed) {
    if (retentionMillis == 0 || pushed.isEmpty()) {
      return;
    }
    long now = stamp.wallMillis();
    if (history.isFull(workspace.entry(), now, workspace.pen())) {
      // The next page will need the same room, so this one's stays.
      seal(key, workspace, true);
      history.dropExpired(workspace.entry(), now);
    }
    var row =
        new HistoryPages.Row(
            next.shape(),
            next.columnCount(),
            stamp.wallMillis(),
            pushed,
            workspace.frame().words(),
            next.words());
    history.append(workspace.entry(), row, workspace.pen());
  }

  /** Seals the open page, and stores that before its room is used again or given back. */
  private void seal(byte[] key, Workspace workspace, boolean keepsRoom) {
    int columns = HistoryHead.columns(workspace.entry());
    if (columns == 0) {
      return;
    }
    history.seal(workspace.entry(), workspace.frame().shape(), workspace.pen());
    store(key, workspace, workspace.frame());
    if (!keepsRoom) {
      history.releaseRoom(workspace.entry(), columns);
    }
  }

  /** The moment from which on everybody sees the frame. Called under the lock of the group. */
  private void store(byte[] key, Workspace workspace, GroupFrame frame) {
    if (!frame.exists() && HistoryHead.isEmpty(workspace.entry())) {
      maps.groups.remove(key);
    } else {
      maps.groups.put(key, workspace.entry(), 0, workspace.finish(frame));
    }
  }

  private GroupState state(GroupingKey key, GroupFrame frame) {
    return GroupStates.decode(key, frame, shapes.shape(frame.shape()));
  }

  private GroupPages pagesOf(GroupingKey group) {
    return withGroup(
        group,
        (_, workspace) -> {
          var pages = new GroupPages(maps);
          pages.copy(workspace.entry(), workspace.frame().shape());
          return pages;
        });
  }

  private boolean sweepGroup(byte[] key, Workspace workspace, long nowMillis) {
    boolean isThere = !HistoryHead.isEmpty(workspace.entry());
    if (isThere) {
      if (history.isExpired(workspace.entry(), nowMillis, workspace.pen())) {
        seal(key, workspace, false);
      }
      history.dropExpired(workspace.entry(), nowMillis);
      store(key, workspace, workspace.frame());
    }
    return isThere;
  }

  /** Does something with a group under its lock, starting from what is stored. */
  private <T> T withGroup(GroupingKey group, GroupAction<T> action) {
    byte[] key = GroupKeys.encode(group);
    ReentrantLock stripe = stripes[stripeOf(group)];
    Workspace workspace = workspaces.take();
    stripe.lock();
    try {
      usage.enter();
      try {
        if (!maps.groups.read(key, workspace::load)) {
          workspace.start(lastGroup.incrementAndGet());
        }
        return action.apply(key, workspace);
      } finally {
        usage.exit();
      }
    } finally {
      stripe.unlock();
      workspaces.giveBack(workspace);
    }
  }

  private static int stripeOf(GroupingKey group) {
    int hash = group.hashCode();
    return (hash ^ (hash >>> 16)) & (STRIPES - 1);
  }

  @FunctionalInterface
  private interface GroupAction<T> {
    T apply(byte[] key, Workspace workspace);
  }
}
