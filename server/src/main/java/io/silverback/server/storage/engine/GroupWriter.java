package io.silverback.server.storage.engine;

import io.silverback.codec.model.Stamp;
import io.silverback.codec.row.GroupFrame;
import io.silverback.server.group.ConsistencyCheck;
import io.silverback.server.group.GroupState;
import io.silverback.server.storage.Obstacle;
import io.silverback.server.storage.maps.GroupKeys;
import io.silverback.server.storage.maps.HistoryHead;
import io.silverback.server.storage.maps.JobEntries;
import io.silverback.server.storage.maps.OffHeapMap;
import io.silverback.server.storage.maps.PreparedTexts;
import io.silverback.server.storage.maps.ShapeTable;
import io.silverback.server.storage.pages.HistoryPages;
import io.silverback.server.storage.pages.PushedColumns;
import io.silverback.server.storage.pages.Retention;
import io.silverback.server.storage.pages.RowTime;
import java.util.Optional;
import java.util.function.LongSupplier;
import org.agrona.MutableDirectBuffer;

/**
 * Writes what a group becomes: the row of history first, then the state, which makes both count.
 *
 * <p>At any moment at which the process may end, the entry of a group leads to pages that are there
 * and say what it takes them to say. So whatever an entry leads to is written before it, and used
 * for something else only after an entry is stored that does not lead there any more. Each call is
 * made under the lock of the group.
 */
public final class GroupWriter {
  private final OffHeapMap groups;
  private final GroupTable table;
  private final ShapeTable shapes;
  private final HistoryPages history;
  private final Retention retention;
  private final Holdings holdings;
  private final Tombstones tombstones;
  private final ConsistencyCheck check;
  private final ReplicaIndex index;
  private final JobEntries jobs;
  private final LongSupplier wallMillis;
  private final LongSupplier ownMillis;

  GroupWriter(
      OffHeapMap groups,
      GroupTable table,
      ShapeTable shapes,
      HistoryPages history,
      Retention retention,
      Holdings holdings,
      Tombstones tombstones,
      ConsistencyCheck check,
      ReplicaIndex index,
      JobEntries jobs,
      LongSupplier wallMillis,
      LongSupplier ownMillis) {
    this.groups = groups;
    this.table = table;
    this.shapes = shapes;
    this.history = history;
    this.retention = retention;
    this.holdings = holdings;
    this.tombstones = tombstones;
    this.check = check;
    this.index = index;
    this.jobs = jobs;
    this.wallMillis = wallMillis;
    this.ownMillis = ownMillis;
  }

  /** Stores other values of all the series that the group has. */
  void revalue(byte[] key, GroupFrame next, Stamp stamp, Workspace workspace) {
    HistoryHead.quietSince(workspace.entry(), ownMillis.getAsLong());
    storeWithRow(key, workspace, next, stamp, PushedColumns.all(next.columnCount()));
  }

  /**
   * Stores values, as another node has them, of the series that the group has.
   *
   * @param stamp of the push that the row of history is of
   * @param pushed what that push wrote
   */
  public void adopt(
      byte[] key, GroupFrame next, Stamp stamp, PushedColumns pushed, Workspace workspace) {
    if (missesRows(workspace.frame(), next, stamp)) {
      seal(key, workspace, false);
    }
    renewQuiet(next, stamp, workspace);
    storeWithRow(key, workspace, next, stamp, pushed);
  }

  /**
   * Stores the next state. Called under the lock of shape changes, too.
   *
   * @param texts of which some may be acquired already
   * @return why it cannot be stored; then nothing has changed, nor has it if this throws
   */
  public Optional<Obstacle> publish(
      byte[] key, GroupChange change, Stamp stamp, Workspace workspace, PreparedTexts texts) {
    GroupFrame frame = change.nextFrame();
    Optional<Obstacle> tooLarge = table.obstacle(frame);
    if (tooLarge.isPresent()) {
      return tooLarge;
    }
    if (!change.keepsShape()) {
      Optional<Obstacle> obstacle = shapes.acquire(change.shape(), texts);
      if (obstacle.isPresent()) {
        return obstacle;
      }
    }
    try {
      record(change.old(), change.next());
      storeChange(key, change, stamp, workspace);
    } catch (RuntimeException | Error e) {
      if (!change.keepsShape()) {
        shapes.release(change.shape().fingerprint());
      }
      throw e;
    }
    if (!change.keepsShape()) {
      shapes.release(change.oldFrame().shape());
    }
    holdings.replace(change.oldFrame(), frame);
    return Optional.empty();
  }

  /** Stores a change that is recorded, or takes the record back. */
  private void storeChange(byte[] key, GroupChange change, Stamp stamp, Workspace workspace) {
    GroupFrame frame = change.nextFrame();
    try {
      if (!change.keepsShape() || missesRows(change.oldFrame(), frame, stamp)) {
        seal(key, workspace, false);
      }
      renewQuiet(frame, stamp, workspace);
      // By version, as a restore writes all families but gives them times of their own.
      PushedColumns pushed = PushedColumns.of(change.shape(), i -> isOf(frame.written(i), stamp));
      storeWithRow(key, workspace, frame, stamp, pushed);
    } catch (RuntimeException | Error e) {
      record(/* old= */ change.next(), /* next= */ change.old());
      throw e;
    }
  }

  /** The group is quiet from now on, if it was that which happened. */
  private void renewQuiet(GroupFrame next, Stamp stamp, Workspace workspace) {
    if (isOf(next.bounds().lastPush(), stamp) || isOf(next.bounds().expiry().at(), stamp)) {
      HistoryHead.quietSince(workspace.entry(), ownMillis.getAsLong());
    }
  }

  private void record(GroupState old, GroupState next) {
    check.record(old, next);
    index.record(old, next);
  }

  /**
   * True if a family was written by a push that gets no row here, since this node heard of it only
   * together with a later one. A row is the difference to the one before, so it cannot follow one
   * that the values have moved on from.
   */
  private static boolean missesRows(GroupFrame old, GroupFrame next, Stamp stamp) {
    int families = Math.max(old.families().size(), next.families().size());
    if (families == 0) {
      return !isOf(next.bounds().push(), stamp) && !isOf(next.bounds().push(), old.bounds().push());
    }
    for (int i = 0; i < families; i++) {
      if (!isOf(next.written(i), stamp) && !isOf(next.written(i), old.written(i))) {
        return true;
      }
    }
    return false;
  }

  private static boolean isOf(Stamp event, Stamp stamp) {
    return event.version().equals(stamp.version());
  }

  /** Appends the row of a push and stores what it led to, or neither counts. */
  private void storeWithRow(
      byte[] key, Workspace workspace, GroupFrame next, Stamp stamp, PushedColumns pushed) {
    boolean opened = appendRow(key, workspace, next, stamp, pushed);
    try {
      store(key, workspace, next);
    } catch (RuntimeException | Error e) {
      if (opened) {
        history.dropOpen(workspace.entry(), next.shape());
      }
      throw e;
    }
    if (!pushed.isEmpty() && retention.keepsRows()) {
      index.pushed(key, RowTime.of(stamp.wallMillis(), wallMillis.getAsLong()));
    }
  }

  /** True if a page was opened for the row. */
  private boolean appendRow(
      byte[] key, Workspace workspace, GroupFrame next, Stamp stamp, PushedColumns pushed) {
    if (pushed.isEmpty()) {
      return false;
    }
    if (!retention.keepsRows()) {
      // A later row would be taken for the difference to the last one of an open page.
      seal(key, workspace, false);
      return false;
    }
    long now = wallMillis.getAsLong();
    if (history.isFull(workspace.entry(), now, workspace.pen())) {
      // The next page will need the same room, so this one's stays.
      seal(key, workspace, true);
      history.dropExpired(workspace.entry(), now);
    }
    var row =
        new HistoryPages.Row(
            next.shape(),
            next.columnCount(),
            RowTime.of(stamp.wallMillis(), now),
            pushed,
            workspace.frame().words(),
            next.words());
    return history.append(workspace.entry(), row, workspace.pen());
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
    boolean isTombstone = Tombstones.isOne(frame);
    boolean isOver = !frame.exists() && HistoryHead.isEmpty(workspace.entry());
    if (isOver && !(isTombstone && isRemembered(key, frame))) {
      remove(key, workspace);
      isTombstone = false;
    } else {
      int length = workspace.finish(frame);
      put(key, workspace, length);
      index.stored(key, frame, workspace.entry(), length);
    }
    tombstones.replace(workspace.frame(), isTombstone);
  }

  /** Counts a new entry before it is there, so that a query never misses it. */
  private void put(byte[] key, Workspace workspace, int length) {
    boolean isNew = !workspace.markStored(true);
    if (isNew) {
      jobs.add(GroupKeys.decode(key));
    }
    try {
      groups.put(key, workspace.entry(), 0, length);
    } catch (RuntimeException | Error e) {
      if (isNew) {
        workspace.markStored(false);
        jobs.remove(GroupKeys.decode(key));
      }
      throw e;
    }
  }

  private void remove(byte[] key, Workspace workspace) {
    groups.remove(key);
    index.removed(key, HistoryHead.group(workspace.entry()));
    if (workspace.markStored(false)) {
      jobs.remove(GroupKeys.decode(key));
    }
  }

  private boolean isRemembered(byte[] key, GroupFrame frame) {
    return tombstones.areKept() && !tombstones.isPurged(key, StateOrder.newest(frame));
  }

  /**
   * Forgets a group and its history, whatever it is. Called under the lock of shape changes, too.
   */
  public void forget(byte[] key, GroupState old, Workspace workspace) {
    GroupFrame frame = workspace.frame();
    remove(key, workspace);
    if (HistoryHead.columns(workspace.entry()) > 0) {
      history.dropOpen(workspace.entry(), frame.shape());
    }
    history.dropAll(workspace.entry());
    record(old, GroupState.absent(old.key()));
    shapes.release(frame.shape());
    holdings.replace(frame, GroupFrame.EMPTY);
    tombstones.replace(frame, false);
  }

  /** Lets a tombstone count no more, as a horizon speaks for it. */
  public void pass(byte[] key, Workspace workspace) {
    index.passed(key, HistoryHead.group(workspace.entry()));
  }

  /** Lets a tombstone count again, as the horizon that spoke for it is gone. */
  public void recall(byte[] key, Workspace workspace) {
    GroupFrame frame = workspace.frame();
    index.stored(key, frame, workspace.entry(), workspace.finish(frame));
  }

  /**
   * Lets the history of a group that exists begin with an older page, which is there. In place, as
   * {@link #sweep} does, unless the entry has an open page that is gone.
   */
  void startHistoryAt(byte[] key, int page, Workspace workspace) {
    int openPage = HistoryHead.openPage(workspace.entry());
    boolean[] isDone = new boolean[1];
    HistoryHead.firstPage(workspace.entry(), page);
    groups.edit(
        key,
        entry -> {
          if (HistoryHead.openPage(entry) == openPage) {
            HistoryHead.firstPage(entry, page);
            isDone[0] = true;
          }
        });
    if (!isDone[0]) {
      store(key, workspace, workspace.frame());
    }
  }

  /** Drops the history of a group that has no open page. */
  void dropHistory(byte[] key, Workspace workspace) {
    history.dropAll(workspace.entry());
    store(key, workspace, workspace.frame());
  }

  /**
   * Drops the history that is too old. A group that exists is changed in place, and only in what
   * says where its history begins: it may have been pushed to long ago, and whatever is written
   * anew may be lost in a power cut.
   *
   * @return false if the group has none
   */
  boolean sweep(byte[] key, Workspace workspace, long nowMillis) {
    if (HistoryHead.isEmpty(workspace.entry())) {
      return false;
    }
    if (workspace.frame().exists()
        && !history.isOpenAhead(workspace.entry(), nowMillis, workspace.pen())) {
      sweepInPlace(key, workspace, nowMillis);
      return true;
    }
    if (history.isOver(workspace.entry(), nowMillis, workspace.pen())) {
      seal(key, workspace, false);
    }
    history.dropExpired(workspace.entry(), nowMillis);
    store(key, workspace, workspace.frame());
    return true;
  }

  private void sweepInPlace(byte[] key, Workspace workspace, long nowMillis) {
    MutableDirectBuffer head = workspace.entry();
    int columns = HistoryHead.columns(head);
    boolean isOpenExpired = history.isOpenExpired(head, nowMillis, workspace.pen());
    history.dropExpired(head, nowMillis);
    boolean isOpenFirst = HistoryHead.firstPage(head) == HistoryHead.openPage(head);
    if (isOpenExpired && !isOpenFirst) {
      // It is older than a page before it, as after a step of the clock: then it goes as one.
      seal(key, workspace, false);
      return;
    }
    if (isOpenExpired) {
      HistoryHead.passOpenPage(head);
    }
    groups.edit(key, entry -> HistoryHead.firstPage(entry, HistoryHead.firstPage(head)));
    if (isOpenExpired) {
      history.releaseRoom(head, columns);
      shapes.release(workspace.frame().shape());
    }
  }
}
