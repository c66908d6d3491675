package io.silverback.server.storage.files;

import io.silverback.codec.model.GroupingKey;
import io.silverback.codec.model.Version;
import io.silverback.server.group.GroupState;
import io.silverback.server.group.GroupUpdate;
import io.silverback.server.log.FileFailure;
import io.silverback.server.log.Log;
import io.silverback.server.storage.Chore;
import io.silverback.server.storage.DiskStatistics;
import io.silverback.server.storage.HistoryQuery;
import io.silverback.server.storage.HistorySink;
import io.silverback.server.storage.Limit;
import io.silverback.server.storage.Obstacle;
import io.silverback.server.storage.OrderedHistorySink;
import io.silverback.server.storage.PersistenceConfig;
import io.silverback.server.storage.QueryBudget;
import io.silverback.server.storage.Snapshot;
import io.silverback.server.storage.StorageStatistics;
import io.silverback.server.storage.StoreClosedException;
import io.silverback.server.storage.StoreConfig;
import io.silverback.server.storage.StoreNotReadyException;
import io.silverback.server.storage.StoreUnusableException;
import io.silverback.server.storage.engine.DiskGuard;
import io.silverback.server.storage.engine.LocalStore;
import io.silverback.server.storage.engine.OffHeapMetricStore;
import io.silverback.server.storage.engine.PushLog;
import io.silverback.server.storage.engine.StoreParts;
import io.silverback.server.storage.engine.UpdateJudge;
import io.silverback.server.storage.maps.OffHeapMaps;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.IntPredicate;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * A store whose groups survive the process, in the files of a folder.
 *
 * <p>What an update wrote is in the hands of the operating system when it is answered, so it
 * survives any end of the process; a power cut may cost what was written since the last flush.
 * Until what an earlier process left is recovered, everything but {@link #close} throws {@link
 * StoreNotReadyException}.
 *
 * <p>Longer than other classes, as it passes each method on to a store that may not be there yet.
 */
public final class PersistedMetricStore implements LocalStore {
  private static final Log log = Log.of(PersistedMetricStore.class);

  private static final String RECOVERING =
      "the store is being recovered, which takes a few seconds, try again later";
  private static final String COPIES = "snapshots";
  private static final Duration TICK = Duration.ofSeconds(1);
  private static final Duration CLOSING_PATIENCE = Duration.ofSeconds(30);

  private final Disk disk;
  private final StoreDirectory directory;
  private final StoreConfig settings;
  private final PersistenceConfig persistence;
  private final Generation next;
  private final LiveGeneration live;
  private final DiskRoom room;
  private final DiskGuard guard = new Guard();
  private final CountDownLatch settled = new CountDownLatch(1);
  private final ReentrantLock copying = new ReentrantLock();
  private final Thread opener;
  private volatile String reason = RECOVERING;
  private volatile boolean closing;
  private volatile boolean lastEndWasClean = true;
  private boolean joined;
  private volatile @Nullable OffHeapMetricStore store;
  private volatile List<Chore> chores = List.of();

  /**
   * Takes the folder and begins to recover what is in it.
   *
   * @throws StoreUnusableException if the folder cannot be used; says what to change
   */
  public PersistedMetricStore(StoreConfig settings, PersistenceConfig persistence) {
    this(settings, persistence, new SystemDisk());
  }

  /** The same on another disk. */
  PersistedMetricStore(StoreConfig settings, PersistenceConfig persistence, Disk disk) {
    this.settings = settings;
    this.persistence = persistence;
    this.disk = disk;
    this.directory = StoreDirectory.open(persistence.folder(), disk);
    try {
      this.room = new DiskRoom(disk, persistence.folder(), persistence.minFreeBytes());
      this.next = directory.begin();
      this.live = new LiveGeneration(directory, next, disk, settings.wallMillis());
    } catch (IOException e) {
      directory.close();
      throw new StoreUnusableException(
          "cannot write to the folder of the store: folder="
              + persistence.folder()
              + " reason="
              + FileFailure.reason(e),
          e);
    }
    this.opener = Thread.ofPlatform().daemon().name("store-opener").unstarted(this::open);
    opener.start();
  }

  /** Waits for the recovery, but not longer than that. */
  public void awaitReady(Duration patience) throws InterruptedException {
    boolean _ = settled.await(patience.toMillis(), TimeUnit.MILLISECONDS);
  }

  @Override
  public Optional<String> whyNotReady() {
    return store == null ? Optional.of(reason) : Optional.empty();
  }

  @Override
  public Submission submit(GroupUpdate update) {
    OffHeapMetricStore ready = ready();
    if (!UpdateJudge.takesRoom(update)) {
      room.makeRoom();
    } else if (room.isFull()) {
      return fullDisk().submission(update.key());
    }
    try {
      return ready.submit(update);
    } catch (InternalError e) {
      return guard.explain(e).submission(update.key());
    }
  }

  @Override
  public Rehearsal rehearse(GroupUpdate update) {
    Rehearsal rehearsed = ready().rehearse(update);
    return room.isFull() && rehearsed.answer() instanceof Submission.Accepted
        ? rehearsed.answered(fullDisk().submission(update.key()))
        : rehearsed;
  }

  private final class Guard implements DiskGuard {
    @Override
    public Optional<Obstacle> whyFull() {
      if (!room.isFull()) {
        return Optional.empty();
      }
      // What asks may be a delete.
      room.makeRoom();
      return Optional.of(fullDisk());
    }

    @Override
    public Obstacle explain(InternalError fault) {
      if (!room.isExhausted()) {
        throw fault;
      }
      log.error("an update failed, as the disk of the store is full", "err", fault.toString());
      return fullDisk();
    }
  }

  private Obstacle fullDisk() {
    return new Obstacle.TooMuch(
        Limit.FREE_DISK,
        "the disk of the store is full, free some space or lower --"
            + Limit.FREE_DISK.flag()
            + ": limit="
            + persistence.minFreeBytes());
  }

  @Override
  public synchronized void joinCluster() {
    joined = true;
    OffHeapMetricStore open = store;
    if (open != null) {
      open.joinCluster();
    }
  }

  /** Lets it be asked, and not before it keeps what a member of a cluster is asked for. */
  private synchronized void publish(OffHeapMetricStore recovered) {
    if (joined) {
      recovered.joinCluster();
    }
    store = recovered;
  }

  @Override
  public StoreParts parts() {
    return ready().parts();
  }

  @Override
  public DiskGuard disk() {
    return guard;
  }

  @Override
  public Snapshot snapshot() {
    return ready().snapshot();
  }

  @Override
  public Snapshot snapshot(IntPredicate slots) {
    return ready().snapshot(slots);
  }

  @Override
  public Snapshot snapshotOfVersions(Predicate<Version> versions) {
    return ready().snapshotOfVersions(versions);
  }

  @Override
  public int groupCount() {
    return ready().groupCount();
  }

  @Override
  public int wipe() {
    OffHeapMetricStore ready = ready();
    room.makeRoom();
    try {
      return ready.wipe();
    } catch (InternalError e) {
      throw new StoreNotReadyException("some groups are left: " + guard.explain(e).reason());
    }
  }

  @Override
  public void history(HistoryQuery query, QueryBudget budget, HistorySink sink) throws IOException {
    ready().history(query, budget, sink);
  }

  @Override
  public void orderedHistory(HistoryQuery query, QueryBudget budget, OrderedHistorySink sink)
      throws IOException {
    ready().orderedHistory(query, budget, sink);
  }

  @Override
  public PushLog pushLog() {
    return ready().pushLog();
  }

  @Override
  public void names(Consumer<GroupingKey> consumer) {
    ready().names(consumer);
  }

  @Override
  public Optional<GroupState> group(GroupingKey key) {
    return ready().group(key);
  }

  @Override
  public void sizes(SizeSink sink) {
    ready().sizes(sink);
  }

  @Override
  public void shapes(ShapeSink sink) {
    ready().shapes(sink);
  }

  @Override
  public void quietGroups(Duration atLeast, QuietSink sink) {
    ready().quietGroups(atLeast, sink);
  }

  @Override
  public StorageStatistics statistics() {
    return ready()
        .statistics()
        .with(
            chores.stream().map(Chore::statistics).toList(),
            new DiskStatistics(room.freeBytes(), DiskRoom.START_BYTES, lastEndWasClean));
  }

  /**
   * {@inheritDoc}
   *
   * <p>One copy at a time; it is in a folder of its own below that of the store, and can be started
   * from. Each group is copied with its history as of one moment.
   */
  @Override
  public Optional<String> saveCopy() throws IOException {
    OffHeapMetricStore source = ready();
    if (!copying.tryLock()) {
      throw new IOException("another copy is being made, try again when it is done");
    }
    try {
      Path copies = Files.createDirectories(directory.root().resolve(COPIES));
      disk.requireRoom(copies, allocatedBytes(source));
      String name = StoreDirectory.timeName();
      new StoreFiles(disk)
          .writeNew(copies.resolve(name), settings.wallMillis().getAsLong(), source::copyTo);
      return Optional.of(name);
    } finally {
      copying.unlock();
    }
  }

  /**
   * Flushes, if there is anything to flush, and leaves the folder to others once nothing works in
   * it any more.
   */
  @Override
  public void close() {
    closing = true;
    closeStore();
    if (!awaitEndOfWork()) {
      log.warn("the store is still at work and keeps its folder to the end of the process");
      return;
    }
    // Perhaps it was recovered at the last moment.
    closeStore().ifPresent(this::flushLast);
    directory.close();
  }

  private Optional<OffHeapMetricStore> closeStore() {
    Optional<OffHeapMetricStore> open = Optional.ofNullable(store);
    open.ifPresent(OffHeapMetricStore::close);
    return open;
  }

  private boolean awaitEndOfWork() {
    try {
      if (!opener.join(CLOSING_PATIENCE)) {
        return false;
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
      return false;
    }
    chores.forEach(Chore::close);
    return chores.stream().allMatch(chore -> chore.awaitEnd(CLOSING_PATIENCE));
  }

  private void flushLast(OffHeapMetricStore closed) {
    try {
      live.end(closed.heldGroups());
    } catch (IOException e) {
      log.error("error persisting metrics", "err", e);
    }
  }

  private OffHeapMetricStore ready() {
    OffHeapMetricStore open = store;
    if (open == null) {
      throw new StoreNotReadyException(reason);
    }
    return open;
  }

  private void open() {
    try {
      room.requireStart();
      var maps = new OffHeapMaps(next.folder(), next.magic(), room::isAlmostOut);
      var opening = new StoreOpening(directory, next, live, maps, settings, disk);
      OffHeapMetricStore recovered = opening.run(() -> closing);
      lastEndWasClean = opening.lastEndWasClean();
      Chore cleanUp = cleanUp(opening.foundDamage());
      chores = chores(recovered, cleanUp);
      publish(recovered);
      settled.countDown();
      cleanUp.runOnce();
    } catch (StoreClosedException _) {
      // While it was recovered; what was found is there as before.
    } catch (IOException | RuntimeException | Error e) {
      // An InternalError is what the JVM makes of a mapped page that the disk has no room for.
      reason = "the store cannot be recovered, see the log and start again: reason=" + e;
      log.error("the store cannot be recovered", "folder", directory.root().toString(), "err", e);
    } finally {
      settled.countDown();
    }
  }

  private List<Chore> chores(OffHeapMetricStore open, Chore cleanUp) {
    return List.of(
        // upstream: diskmetricstore.go logs what fails here and goes on, too.
        new Chore(
            "flush",
            Chore.Need.VITAL,
            persistence.flushInterval(),
            () -> {
              room.makeRoom();
              live.flush(open.heldGroups());
            }),
        new Chore("disk", Chore.Need.VITAL, TICK, room::look),
        new Chore("files", Chore.Need.VITAL, TICK, live::requireFiles),
        cleanUp);
  }

  /** Done once; until then the files of before are there, too, and the store goes without it. */
  private Chore cleanUp(boolean foundDamage) {
    var done = new AtomicBoolean();
    return new Chore(
        "cleanup",
        Chore.Need.CAN_WAIT,
        TICK,
        () -> {
          if (!done.get()) {
            directory.dropFound(foundDamage);
            done.set(true);
          }
        });
  }

  private static long allocatedBytes(OffHeapMetricStore source) {
    return source.statistics().maps().stream()
        .mapToLong(StorageStatistics.MapStatistics::allocatedBytes)
        .sum();
  }
}
