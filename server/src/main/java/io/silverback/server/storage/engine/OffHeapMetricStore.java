package io.silverback.server.storage.engine;

import io.silverback.cluster.HashRing;
import io.silverback.codec.model.Deadline;
import io.silverback.codec.model.GroupingKey;
import io.silverback.codec.model.Stamp;
import io.silverback.codec.model.Version;
import io.silverback.codec.model.VersionClock;
import io.silverback.codec.row.GroupFrame;
import io.silverback.server.group.ConsistencyCheck;
import io.silverback.server.group.GroupState;
import io.silverback.server.group.GroupUpdate;
import io.silverback.server.group.PushTimes;
import io.silverback.server.group.select.SeriesSelector;
import io.silverback.server.log.Log;
import io.silverback.server.memory.MemoryPool;
import io.silverback.server.storage.Chore;
import io.silverback.server.storage.HistoryQuery;
import io.silverback.server.storage.HistorySink;
import io.silverback.server.storage.Obstacle;
import io.silverback.server.storage.OrderedHistorySink;
import io.silverback.server.storage.QueryBudget;
import io.silverback.server.storage.Snapshot;
import io.silverback.server.storage.StorageStatistics;
import io.silverback.server.storage.StoreClosedException;
import io.silverback.server.storage.StoreConfig;
import io.silverback.server.storage.maps.GroupKeys;
import io.silverback.server.storage.maps.JobEntries;
import io.silverback.server.storage.maps.Keys;
import io.silverback.server.storage.maps.MapRoom;
import io.silverback.server.storage.maps.OffHeapMaps;
import io.silverback.server.storage.maps.OffHeapTallies;
import io.silverback.server.storage.maps.PreparedTexts;
import io.silverback.server.storage.maps.ProcessMemory;
import io.silverback.server.storage.maps.ShapeTable;
import io.silverback.server.storage.maps.SymbolTable;
import io.silverback.server.storage.pages.HistoryPages;
import io.silverback.server.storage.pages.PageClock;
import io.silverback.server.storage.pages.PageMover;
import io.silverback.server.storage.pages.Retention;
import java.io.IOException;
import java.time.Duration;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.IntPredicate;
import java.util.function.LongSupplier;
import java.util.function.LongUnaryOperator;
import java.util.function.Predicate;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * The groups of a single node and their history, compressed and outside of the heap, in files if
 * they are to survive the process.
 *
 * <h2>What is stored</h2>
 *
 * <p>The entry of a group has a head, which belongs to this node alone, and a frame with the
 * current values. What does not change from push to push, names and labels, is the shape. Shapes
 * are stored once, however many groups have one, and a frame names its shape by a fingerprint. The
 * history of a group is a chain of pages. The newest page is open and grows by a row for each push;
 * the others are sealed and never change.
 *
 * <h2>The two ways of a push</h2>
 *
 * <p>Nearly every push brings new values for the series that its group has. It cannot conflict with
 * anything, so it takes the lock of its group, appends a row and writes the entry. Any other push
 * changes the shape: it is worked out, checked against all other groups and against the limits, and
 * then published, under a second lock that all shape changes share.
 *
 * <h2>Concurrency</h2>
 *
 * <p>Two locks, always taken in this order: that of the group, one of a fixed number, keeps the
 * updates of a group in order; that of shape changes makes checking and publishing one step.
 * Readers take neither. They read an entry, and read it again if it changed meanwhile, so they
 * never see half a push.
 *
 * <h2>What a crash leaves</h2>
 *
 * <p>Writing the entry is the moment from which a push counts. What an entry refers to, its shape
 * and its row, is written before it, and is given up only after no entry refers to it any more. So
 * a process that ends at any moment leaves entries that are whole, and perhaps shapes and rows
 * without a user, which {@link StoreAudit} finds at the next start.
 *
 * <h2>Room</h2>
 *
 * <p>{@link GrowthCheck} refuses what would grow beyond a limit. {@link HistoryRelief} gives up the
 * oldest history when memory gets short, so that current values find room for longer.
 *
 * <p>Longer than other classes, as it puts all parts of the engine together.
 */
public final class OffHeapMetricStore implements LocalStore {
  private static final Log log = Log.of(OffHeapMetricStore.class);

  private static final long SINGLE_NODE_EPOCH = 0;
  private static final Duration CLOSING_PATIENCE = Duration.ofSeconds(10);
  private static final Duration MEMORY_INTERVAL = Duration.ofSeconds(1);
  private static final long NANOS_IN_MILLI = 1_000_000;
  private static final int SWEEPS_IN_RETENTION = 60;

  private final Usage usage = new Usage();

  /** Fair, since a large push takes it again and again to let others in between. */
  private final ReentrantLock shapeChanges = new ReentrantLock(true);

  private final Holdings holdings = new Holdings();
  private final Tombstones tombstones = new Tombstones();
  private final ReplicaIndex index;
  private final JobEntries jobs;
  private final VersionClock clock;
  private final LongSupplier wallMillis;
  private final LongSupplier nanoClock;
  private final long startNanos;
  private final MemoryPool snapshotMemory;
  private final OffHeapMaps maps;
  private final ShapeTable shapes;
  private final GroupTable groups;
  private final GroupEntries entries;
  private final Retention retention;
  private final PageClock pageClock;
  private final HistoryPages history;
  private final ConsistencyCheck check;
  private final GroupWriter writer;
  private final StoreAudit.Result found;
  private final GrowthCheck growth;
  private final UpdateJudge judge;
  private final WipedGroups wiped;
  private final StoreParts parts;
  private final HistoryRelief relief;
  private final List<Chore> chores;
  private final AtomicBoolean closed = new AtomicBoolean();
  private final PushLog pushLog = new StoredPushes();

  /** An empty store, of which nothing survives the process. */
  public OffHeapMetricStore(StoreConfig settings) {
    this(settings, new OffHeapMaps());
  }

  /** A store over maps, which it closes, and with the groups that are in them. */
  public OffHeapMetricStore(StoreConfig settings, OffHeapMaps maps) {
    this(settings, maps, new ProcessMemory()::besideBytes);
  }

  /** The same with another way to tell what the process takes beside the maps. */
  OffHeapMetricStore(StoreConfig settings, OffHeapMaps maps, LongUnaryOperator besideBytes) {
    this.maps = maps;
    this.clock = settings.clock();
    this.wallMillis = settings.wallMillis();
    this.nanoClock = settings.nanoClock();
    this.startNanos = nanoClock.getAsLong();
    this.snapshotMemory = settings.requests().scrapes();
    this.retention = new Retention(settings.historyRetention());
    this.shapes = new ShapeTable(maps.shapes, new SymbolTable(maps.symbols));
    this.entries = new GroupEntries(maps.groups, usage);
    this.groups = new GroupTable(maps.groups, shapes, usage, entries::lastGroup);
    this.pageClock = new PageClock(this::ownMillis);
    this.history = new HistoryPages(maps, shapes, retention, pageClock);
    this.check =
        new ConsistencyCheck(settings.reserved(), groups, new OffHeapTallies(maps.tallies));
    this.jobs = new JobEntries(maps.tallies);
    this.found = adoptEntries();
    this.index = new ReplicaIndex(maps, tombstones, shapeChanges);
    this.wiped = new WipedGroups(shapes, retention, wallMillis);
    this.writer =
        new GroupWriter(
            maps.groups,
            groups,
            shapes,
            history,
            retention,
            holdings,
            tombstones,
            check,
            index,
            jobs,
            wallMillis,
            this::ownMillis);
    long mostMemory = settings.limits().memoryBytes();
    var historyRoom = new MapRoom(maps.openPages, maps.pages);
    var currentRoom =
        new MapRoom(
            maps.groups, maps.shapes, maps.symbols, maps.tallies, maps.slots, maps.labelSets);
    var memory =
        new MemoryBudget(mostMemory, currentRoom, historyRoom, besideBytes, settings.requests());
    this.growth = new GrowthCheck(settings.limits(), holdings, tombstones, memory);
    this.judge = new UpdateJudge(groups, shapes, check, growth, tombstones, settings.checked());
    this.parts =
        new StoreParts(
            usage,
            shapeChanges,
            wallMillis,
            wallMillis.getAsLong(),
            maps.groups,
            groups,
            shapes,
            entries,
            check,
            growth,
            judge,
            writer,
            tombstones,
            index,
            wiped,
            new HistoryTransfer(
                maps.groups,
                shapes,
                entries,
                usage,
                shapeChanges,
                writer,
                history,
                new PageMover(maps, pageClock),
                retention,
                memory,
                wallMillis));
    this.relief = new HistoryRelief(memory, retention, historyRoom, maps.pages, history);
    long sweepMillis = Math.clamp(retention.askedMillis() / SWEEPS_IN_RETENTION, 1_000, 60_000);
    this.chores =
        List.of(
            new Chore("sweep", Chore.Need.VITAL, Duration.ofMillis(sweepMillis), this::sweep),
            new Chore("memory", Chore.Need.VITAL, MEMORY_INTERVAL, this::relieveMemory));
  }

  /** Goes on with what is in the maps. */
  private StoreAudit.Result adoptEntries() {
    StoreAudit.Result audited = new StoreAudit(maps, shapes, holdings, tombstones).run();
    entries.continueAfter(audited.lastGroup());
    clock.observe(audited.newest());
    pageClock.continueAfter(audited.lastSealedMillis());
    maps.groups.forEach((key, _) -> jobs.add(GroupKeys.decode(key, 0, key.capacity())));
    groups.forEachOutline(check::recordStored);
    try (Snapshot mixed = groups.snapshot(key -> check.needsSeries(key.job()))) {
      mixed.groups().forEach(check::recordStoredSeries);
    }
    return audited;
  }

  /** How many groups exist, or did before a close. */
  public long heldGroups() {
    return holdings.groups();
  }

  /** What was in the maps when the store was made. */
  public StoreAudit.Result found() {
    return found;
  }

  /** Throws {@link StoreClosedException} after a close. */
  @Override
  public Submission submit(GroupUpdate update) {
    return entries.with(update.key(), (key, workspace) -> apply(key, update, workspace));
  }

  /** Throws {@link StoreClosedException} after a close. */
  @Override
  public Rehearsal rehearse(GroupUpdate update) {
    return entries.with(
        update.key(),
        (_, workspace) ->
            judge.rehearse(update, wallMillis.getAsLong(), workspace.frame(), shapeChanges));
  }

  /** Throws {@link StoreClosedException} after a close. */
  @Override
  public Snapshot snapshot() {
    return groups.snapshotOf(snapshotMemory, _ -> true);
  }

  /** Throws {@link StoreClosedException} after a close. */
  @Override
  public Snapshot snapshot(IntPredicate slots) {
    return groups.snapshotOf(snapshotMemory, key -> slots.test(HashRing.slotOf(Keys.copyOf(key))));
  }

  /** Throws {@link StoreClosedException} after a close. */
  @Override
  public Snapshot snapshotOfVersions(Predicate<Version> versions) {
    return groups.snapshotOfVersions(snapshotMemory, versions);
  }

  @Override
  public void joinCluster() {
    tombstones.keep();
    usage.enter();
    try {
      index.start();
    } finally {
      usage.exit();
    }
  }

  @Override
  public StoreParts parts() {
    return parts;
  }

  @Override
  public DiskGuard disk() {
    return DiskGuard.NONE;
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
    int[] deleted = new int[1];
    groups.forEachKey(key -> deleted[0] += wipe(key) ? 1 : 0);
    return deleted[0];
  }

  private boolean wipe(GroupingKey key) {
    return entries.with(
        key,
        (place, workspace) -> {
          boolean existed = workspace.frame().exists();
          wiped.remove(
              place,
              workspace,
              wallMillis.getAsLong(),
              () -> {
                if (existed) {
                  apply(place, new GroupUpdate.Delete(key), workspace);
                }
                if (maps.groups.read(place, workspace::load)) {
                  writer.dropHistory(place, workspace);
                }
              });
          return existed;
        });
  }

  /** Throws {@link StoreClosedException} after a close. */
  @Override
  public void history(HistoryQuery query, QueryBudget budget, HistorySink sink) throws IOException {
    read(
        query,
        budget,
        OrderedHistorySink.of(sink),
        reader -> {
          for (int part = 0; part < maps.groups.parts(); part++) {
            reader.readPart(part, groups);
          }
        });
  }

  @Override
  public void orderedHistory(HistoryQuery query, QueryBudget budget, OrderedHistorySink sink)
      throws IOException {
    read(
        query,
        budget,
        sink,
        reader -> {
          for (int slot = 0; slot < HashRing.SLOTS; slot++) {
            reader.readSlot(slot, index);
          }
        });
  }

  /** What reads all groups with a reader. */
  @FunctionalInterface
  private interface Reading {
    void readWith(HistoryReader reader) throws IOException;
  }

  private void read(
      HistoryQuery query, QueryBudget budget, OrderedHistorySink sink, Reading reading)
      throws IOException {
    HistoryQuery kept = query.since(retention.oldestMillis(wallMillis.getAsLong()));
    usage.enter();
    try {
      readAll(kept, budget, sink, reading);
    } finally {
      usage.exit();
    }
  }

  private void readAll(
      HistoryQuery kept, QueryBudget budget, OrderedHistorySink sink, Reading reading)
      throws IOException {
    // Most queries of a Prometheus are for names and jobs that were never pushed.
    if (!kept.mayMatchAny(
        name -> name.equals(PushTimes.SUCCESS) || shapes.knowsText(name), jobs::has)) {
      return;
    }
    try (var _ = shapes.visit();
        var reader =
            new HistoryReader(maps, shapes, kept, budget, sink, history::countCorrupt, false)) {
      reading.readWith(reader);
    }
  }

  @Override
  public PushLog pushLog() {
    return pushLog;
  }

  private final class StoredPushes implements PushLog {
    @Override
    public int parts() {
      return maps.groups.parts();
    }

    @Override
    public long settledMillis() {
      long now = wallMillis.getAsLong();
      entries.awaitRunning();
      return now;
    }

    @Override
    public long newestMillis(BitSet slots) {
      return index.newestRowMillis(slots);
    }

    @Override
    public long oldestMillis() {
      return retention.oldestMillis(wallMillis.getAsLong());
    }

    @Override
    public void read(
        int part,
        long fromMillis,
        long toMillis,
        Predicate<byte[]> wanted,
        QueryBudget budget,
        OrderedHistorySink sink)
        throws IOException {
      read(fromMillis, toMillis, budget, sink, reader -> reader.readChanged(part, groups, wanted));
    }

    @Override
    public void watchWipes(long mostBytes) {
      wiped.watch(mostBytes);
    }

    @Override
    public List<Ends> wipes(Predicate<byte[]> wanted, long fromMillis, long toMillis) {
      return wiped.ends(wanted, fromMillis, toMillis).stream()
          .<Ends>map(
              ends ->
                  (budget, sink) -> {
                    usage.enter();
                    try {
                      ends.read(budget, sink);
                    } finally {
                      usage.exit();
                    }
                  })
          .toList();
    }

    @Override
    public void readSlots(
        BitSet slots, long fromMillis, long toMillis, QueryBudget budget, OrderedHistorySink sink)
        throws IOException {
      read(
          fromMillis,
          toMillis,
          budget,
          sink,
          reader -> {
            for (int slot = slots.nextSetBit(0); slot >= 0; slot = slots.nextSetBit(slot + 1)) {
              reader.readSlot(slot, index);
            }
          });
    }

    private void read(
        long fromMillis,
        long toMillis,
        QueryBudget budget,
        OrderedHistorySink sink,
        Reading reading)
        throws IOException {
      var query = new HistoryQuery(List.of(SeriesSelector.ALL), fromMillis, toMillis, true);
      usage.enter();
      try (var _ = shapes.visit();
          var reader =
              new HistoryReader(maps, shapes, query, budget, sink, history::countCorrupt, true)) {
        reading.readWith(reader);
      } finally {
        usage.exit();
      }
    }
  }

  /** Throws {@link StoreClosedException} after a close. */
  @Override
  public void names(Consumer<GroupingKey> consumer) {
    groups.names(consumer);
  }

  @Override
  public Optional<GroupState> group(GroupingKey key) {
    return groups.group(key);
  }

  @Override
  public void sizes(SizeSink sink) {
    groups.sizes(sink);
  }

  @Override
  public void shapes(ShapeSink sink) {
    groups.shapes(sink);
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
          growth.uses(),
          chores.stream().map(Chore::statistics).toList(),
          Optional.empty());
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

  /**
   * Copies all groups, each with its history as of one moment, into maps that are empty.
   *
   * @return how many of them exist
   */
  public long copyTo(OffHeapMaps target) {
    usage.enter();
    try (var _ = shapes.visit()) {
      var copy = new StoreCopy(maps, shapes, target);
      long[] copied = new long[1];
      groups.forEachKey(
          key -> copied[0] += entries.with(key, (place, _) -> copy.add(place)) ? 1 : 0);
      return copied[0];
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
      maps.giveBack();
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
    if (closed.getAndSet(true)) {
      return;
    }
    chores.forEach(Chore::close);
    if (usage.close(CLOSING_PATIENCE)) {
      maps.close();
    } else {
      log.warn("the store is still in use and is left to the end of the process");
    }
  }

  private Submission apply(byte[] key, GroupUpdate update, Workspace workspace) {
    Stamp stamp =
        UpdateJudge.stampOf(update, clock.next(SINGLE_NODE_EPOCH), wallMillis.getAsLong());
    Optional<GroupFrame> revalued = judge.revalued(update, stamp, workspace.frame());
    if (revalued.isPresent()) {
      writer.revalue(key, revalued.get(), stamp, workspace);
      return new Submission.Accepted();
    }
    if (update instanceof GroupUpdate.Revalue) {
      return new Submission.Outdated(update.key());
    }
    UpdateJudge.Proposal proposal = judge.propose(update, stamp, workspace.frame());
    try (var texts = judge.prepare(proposal, shapeChanges)) {
      shapeChanges.lock();
      try {
        Decision decision = judge.judge(proposal);
        // From here on nothing may end half-way.
        return Deadline.NONE.call(() -> publish(key, decision, proposal, workspace, texts));
      } finally {
        shapeChanges.unlock();
      }
    }
  }

  private Submission publish(
      byte[] key,
      Decision decision,
      UpdateJudge.Proposal proposal,
      Workspace workspace,
      PreparedTexts texts) {
    Stamp stamp = proposal.stamp();
    return publish(key, decision, stamp, workspace, texts)
        .map(obstacle -> judge.refuse(proposal, obstacle))
        .map(
            refusal -> {
              // A mark fits wherever the group does, and has no shape of its own to be refused.
              publish(key, refusal, stamp, workspace, texts);
              return refusal.answer();
            })
        .orElse(decision.answer());
  }

  private Optional<Obstacle> publish(
      byte[] key, Decision decision, Stamp stamp, Workspace workspace, PreparedTexts texts) {
    return decision instanceof Decision.Change(var change, _)
        ? writer.publish(key, change, stamp, workspace, texts)
        : Optional.empty();
  }

  /** Time since the store was made, by a clock that nobody can set. */
  private long ownMillis() {
    return (nanoClock.getAsLong() - startNanos) / NANOS_IN_MILLI;
  }

  private void sweepHistory(long nowMillis) {
    GroupTable.Expired expired;
    do {
      expired = groups.withExpired(history, nowMillis);
      for (byte[] encoded : expired.keys()) {
        GroupingKey key = GroupKeys.decode(new UnsafeBuffer(encoded), 0, encoded.length);
        entries.with(key, (place, workspace) -> writer.sweep(place, workspace, nowMillis));
      }
    } while (expired.isFull());
  }
}
