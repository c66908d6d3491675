package io.silverback.server.storage;

import io.silverback.codec.exposition.ParsedExposition;
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
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import java.util.function.LongUnaryOperator;
import java.util.function.Predicate;

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

  private static final long SINGLE_NODE_EPOCH = 0;
  private static final Duration CLOSING_PATIENCE = Duration.ofSeconds(10);
  private static final Duration MEMORY_INTERVAL = Duration.ofSeconds(1);
  private static final long NANOS_IN_MILLI = 1_000_000;
  private static final int SWEEPS_IN_RETENTION = 60;

  private static final Obstacle TIMESTAMPED =
      new Obstacle.Conflict("pushed metrics must not have timestamps");

  private final Usage usage = new Usage();
  private final ReentrantLock shapeChanges = new ReentrantLock();
  private final Holdings holdings = new Holdings();
  private final VersionClock clock;
  private final LongSupplier wallMillis;
  private final LongSupplier nanoClock;
  private final long startNanos;
  private final boolean checked;
  private final OffHeapMaps maps;
  private final ShapeTable shapes;
  private final GroupTable groups;
  private final GroupEntries entries;
  private final Retention retention;
  private final HistoryPages history;
  private final ConsistencyCheck check;
  private final GroupWriter writer;
  private final StoreAudit.Result found;
  private final GrowthCheck growth;
  private final HistoryRelief relief;
  private final List<Chore> chores;

  /** An empty store, of which nothing survives the process. */
  public OffHeapMetricStore(StoreSettings settings) {
    this(settings, new OffHeapMaps());
  }

  /** A store over maps, which it closes, and with the groups that are in them. */
  OffHeapMetricStore(StoreSettings settings, OffHeapMaps maps) {
    this(settings, maps, new ProcessMemory()::besideBytes);
  }

  /** The same with another way to tell what the process takes beside the maps. */
  OffHeapMetricStore(StoreSettings settings, OffHeapMaps maps, LongUnaryOperator besideBytes) {
    this.maps = maps;
    this.clock = settings.clock();
    this.wallMillis = settings.wallMillis();
    this.nanoClock = settings.nanoClock();
    this.startNanos = nanoClock.getAsLong();
    this.checked = settings.checked();
    this.retention = new Retention(settings.historyRetention());
    this.shapes = new ShapeTable(maps.shapes, new SymbolTable(maps.symbols));
    this.groups = new GroupTable(maps.groups, shapes, usage);
    this.entries = new GroupEntries(maps.groups, usage);
    this.history = new HistoryPages(maps, shapes, retention);
    this.check =
        new ConsistencyCheck(settings.ownFamilies(), groups, new OffHeapTallies(maps.tallies));
    this.found = adoptEntries();
    this.writer =
        new GroupWriter(
            maps.groups, groups, shapes, history, retention, holdings, check, this::ownMillis);
    long mostMemory = settings.limits().memoryBytes();
    var historyRoom = new MapRoom(maps.openPages, maps.pages);
    var currentRoom = new MapRoom(maps.groups, maps.shapes, maps.symbols, maps.tallies);
    var memory = new MemoryBudget(mostMemory, currentRoom, historyRoom, besideBytes);
    this.growth = new GrowthCheck(settings.limits(), holdings, memory);
    this.relief = new HistoryRelief(memory, retention, historyRoom, maps.pages);
    long sweepMillis = Math.clamp(retention.askedMillis() / SWEEPS_IN_RETENTION, 1_000, 60_000);
    this.chores =
        List.of(
            new Chore("store-sweeper", Duration.ofMillis(sweepMillis), this::sweep),
            new Chore("store-memory", MEMORY_INTERVAL, this::relieveMemory));
  }

  /** Goes on with what is in the maps. */
  private StoreAudit.Result adoptEntries() {
    StoreAudit.Result audited = new StoreAudit(maps, shapes, holdings).run();
    entries.continueAfter(audited.lastGroup());
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
    return entries.with(
        update.key(),
        (key, workspace) ->
            switch (update) {
              case GroupUpdate.Replace(_, var body) -> push(key, update, body, workspace);
              case GroupUpdate.Merge(_, var body) -> push(key, update, body, workspace);
              case GroupUpdate.Restore restore -> restore(key, restore, workspace);
              case GroupUpdate.Delete delete -> {
                delete(key, delete, workspace);
                yield new Submission.Accepted();
              }
              case GroupUpdate.Expire expire -> judged(key, expire, workspace, expire::concerns);
              case GroupUpdate.Purge purge -> judged(key, purge, workspace, purge::concerns);
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
    return (int) holdings.groups();
  }

  /** Throws {@link StoreClosedException} after a close. Forgets the history, too. */
  @Override
  public int wipe() {
    int deleted = 0;
    for (GroupingKey key : groups.keys(_ -> true)) {
      boolean existed =
          entries.with(
              key,
              (place, workspace) -> {
                boolean found = delete(place, new GroupUpdate.Delete(key), workspace);
                if (maps.groups.read(place, workspace::load)) {
                  writer.dropHistory(place, workspace);
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
      HistoryQuery kept = query.since(retention.oldestMillis(wallMillis.getAsLong()));
      for (GroupingKey key : groups.keys(query::mayMatch)) {
        new HistoryReader(key, GroupPages.of(key, entries, maps), kept).read(shapes, sink);
      }
    } finally {
      usage.exit();
    }
  }

  /** Throws {@link StoreClosedException} after a close. */
  @Override
  public void sizes(SizeSink sink) {
    groups.sizes(sink);
  }

  /** Throws {@link StoreClosedException} after a close. */
  @Override
  public void quietGroups(Duration atLeast, QuietSink sink) {
    groups.quietGroups(ownMillis(), atLeast, sink);
  }

  @Override
  public StorageStatistics statistics() {
    usage.enter();
    try {
      return new StorageStatistics(
          groupCount(),
          (int) holdings.stale(),
          history.corruptPages(),
          retention.effectiveMillis(wallMillis.getAsLong()),
          maps.statistics(),
          growth.uses());
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
        entries.with(
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
      sweepHistory(wallMillis.getAsLong());
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

  /** Looks at the memory and drops history if it is short; done by itself now and then. */
  void relieveMemory() {
    usage.enter();
    try {
      long now = wallMillis.getAsLong();
      if (relief.isNeeded(now)) {
        sweepHistory(now);
      }
    } finally {
      usage.exit();
    }
  }

  /** Waits for the calls that have begun; nothing changes after the return. */
  @Override
  public void close() {
    chores.forEach(Chore::close);
    if (usage.close(CLOSING_PATIENCE)) {
      maps.close();
    } else {
      log.warn("the store is still in use and is left to the end of the process");
    }
  }

  private Submission push(
      byte[] key, GroupUpdate update, ParsedExposition body, Workspace workspace) {
    Stamp stamp = nextStamp();
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
      Optional<Obstacle> obstacle = groups.obstacle(next);
      if (obstacle.isPresent()) {
        return refuse(key, update.key(), stamp, obstacle.get(), workspace);
      }
      writer.revalue(key, next, stamp, workspace);
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
      Optional<Obstacle> obstacle = obstacle(key, old, next, stamp, workspace);
      return obstacle.isPresent()
          ? refuse(key, update.key(), stamp, obstacle.get(), workspace)
          : new Submission.Accepted();
    } finally {
      shapeChanges.unlock();
    }
  }

  /** Publishes the next state unless something speaks against it. Called under both locks. */
  private Optional<Obstacle> obstacle(
      byte[] key, GroupState old, GroupState next, Stamp stamp, Workspace workspace) {
    if (!old.exists() || !GroupDifference.between(old, next).keepsShape()) {
      Verdict verdict = checked ? check.judge(old, next) : check.judgeStorable(old, next);
      if (!verdict.isAccepted()) {
        return Optional.of(new Obstacle.Conflict(verdict.reason()));
      }
    }
    var change = GroupChange.of(old, workspace.frame(), next);
    return growth
        .obstacle(change, shapes.knows(change.shape().fingerprint()))
        .or(() -> writer.publish(key, change, stamp, workspace));
  }

  /** Leaves no mark on the group if it is refused: nobody pushed. */
  private Submission restore(byte[] key, GroupUpdate.Restore restore, Workspace workspace) {
    if (restore.body().timestamped()) {
      return TIMESTAMPED.submission(restore.key());
    }
    GroupState old = state(restore.key(), workspace.frame());
    if (!restore.isLaterThan(old)) {
      return new Submission.Outdated(restore.key());
    }
    var stamp = new Stamp(clock.next(SINGLE_NODE_EPOCH), restore.lastMillis());
    GroupState next = GroupUpdater.apply(old, restore, stamp);
    shapeChanges.lock();
    try {
      Optional<Obstacle> obstacle = obstacle(key, old, next, stamp, workspace);
      return obstacle.isPresent()
          ? obstacle.get().submission(restore.key())
          : new Submission.Accepted();
    } finally {
      shapeChanges.unlock();
    }
  }

  private Submission refuse(
      byte[] key, GroupingKey group, Stamp stamp, Obstacle obstacle, Workspace workspace) {
    shapeChanges.lock();
    try {
      boolean mayExist = obstacle instanceof Obstacle.Conflict && check.mayExist(group);
      if (workspace.frame().exists() || (mayExist && growth.admits(group))) {
        GroupState old = state(group, workspace.frame());
        GroupState marked = GroupUpdater.markFailure(old, stamp);
        writer.publish(key, GroupChange.of(old, workspace.frame(), marked), stamp, workspace);
      }
    } finally {
      shapeChanges.unlock();
    }
    return obstacle.submission(group);
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
    publishSmaller(key, old, delete, workspace);
    return true;
  }

  /** Does what a staleness rule asks for if the group is still as the rule saw it. */
  private Submission judged(
      byte[] key, GroupUpdate update, Workspace workspace, Predicate<GroupState> concerns) {
    GroupState old = state(update.key(), workspace.frame());
    if (!concerns.test(old)) {
      return new Submission.Outdated(update.key());
    }
    publishSmaller(key, old, update, workspace);
    return new Submission.Accepted();
  }

  /** Publishes what nothing can speak against, since it only takes away. */
  private void publishSmaller(byte[] key, GroupState old, GroupUpdate update, Workspace workspace) {
    Stamp stamp = nextStamp();
    shapeChanges.lock();
    try {
      GroupState next = GroupUpdater.apply(old, update, stamp);
      writer.publish(key, GroupChange.of(old, workspace.frame(), next), stamp, workspace);
    } finally {
      shapeChanges.unlock();
    }
  }

  private Stamp nextStamp() {
    return new Stamp(clock.next(SINGLE_NODE_EPOCH), wallMillis.getAsLong());
  }

  /** Time since the store was made, by a clock that nobody can set. */
  private long ownMillis() {
    return (nanoClock.getAsLong() - startNanos) / NANOS_IN_MILLI;
  }

  private GroupState state(GroupingKey key, GroupFrame frame) {
    return GroupStates.decode(key, frame, shapes.shape(frame.shape()));
  }

  private void sweepHistory(long nowMillis) {
    List<GroupingKey> expired;
    do {
      expired = groups.withExpired(history, nowMillis);
      for (GroupingKey key : expired) {
        entries.with(key, (place, workspace) -> writer.sweep(place, workspace, nowMillis));
      }
    } while (expired.size() == GroupTable.EXPIRED_AT_ONCE);
  }
}
