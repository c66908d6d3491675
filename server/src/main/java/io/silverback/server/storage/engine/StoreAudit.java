package io.silverback.server.storage.engine;

import io.silverback.codec.bytes.CorruptFrameException;
import io.silverback.codec.model.Fingerprint;
import io.silverback.codec.model.Version;
import io.silverback.codec.page.RowPageCursor;
import io.silverback.codec.page.RowPageReader;
import io.silverback.codec.row.GroupFrameReader;
import io.silverback.server.storage.maps.HistoryHead;
import io.silverback.server.storage.maps.Keys;
import io.silverback.server.storage.maps.OffHeapMap;
import io.silverback.server.storage.maps.OffHeapMaps;
import io.silverback.server.storage.maps.ShapeTable;
import io.silverback.server.storage.pages.PageClock;
import io.silverback.server.storage.pages.SealedPage;
import java.util.ArrayList;
import java.util.List;
import org.agrona.DirectBuffer;
import org.agrona.ExpandableArrayBuffer;
import org.agrona.MutableDirectBuffer;
import org.agrona.collections.Long2ObjectHashMap;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Makes maps that were filled entry by entry agree again: counts who uses what, and drops what
 * misses something that it cannot be read without, or that nothing leads to.
 *
 * <p>For maps that nobody else uses yet. Works through them in the order in which one refers to the
 * other: texts, shapes, groups, pages.
 */
public final class StoreAudit {
  private final OffHeapMaps maps;
  private final ShapeTable shapes;
  private final Holdings holdings;
  private final Tombstones tombstones;
  private final Long2ObjectHashMap<History> histories = new Long2ObjectHashMap<>();
  private final RowPageCursor cursor = new RowPageCursor();
  private final RowPageReader rows = new RowPageReader();
  private final MutableDirectBuffer scratch = new ExpandableArrayBuffer();
  private final List<byte[]> unreadable = new ArrayList<>();
  private final List<byte[]> tornPages = new ArrayList<>();
  private final List<byte[]> strays = new ArrayList<>();
  private final List<byte[]> laterBlocks = new ArrayList<>();
  private Version newest = Version.NEVER;
  private long lastGroup;
  private long lastSealedMillis;
  private int unfinished;
  private int lostPages;

  /** Where the history of a group stands. */
  private record History(int firstPage, int openPage, int openBlocks) {}

  /**
   * An audit.
   *
   * @param holdings counts the groups that are found
   * @param tombstones counts those that do not exist any more
   */
  StoreAudit(OffHeapMaps maps, ShapeTable shapes, Holdings holdings, Tombstones tombstones) {
    this.maps = maps;
    this.shapes = shapes;
    this.holdings = holdings;
    this.tombstones = tombstones;
  }

  /**
   * What is there.
   *
   * @param existing how many groups exist
   * @param lastGroup the highest number that a group has
   * @param newest the newest version that a group has
   * @param lastSealedMillis when the last page was sealed, by the {@link PageClock}
   * @param unfinished how many texts and pages no group leads to: those of a push that was under
   *     way when the process ended, or of a group that was lost
   * @param lostGroups how many groups miss their shape
   * @param lostPages how many pages of history cannot be read
   */
  public record Result(
      int existing,
      long lastGroup,
      Version newest,
      long lastSealedMillis,
      int unfinished,
      int lostGroups,
      int lostPages) {}

  Result run() {
    unfinished = shapes.recount();
    maps.groups.forEach(this::auditGroup);
    unreadable.forEach(maps.groups::remove);
    tornPages.forEach(this::closePage);
    maps.openPages.forEach(this::auditOpenPage);
    removeStrays(maps.openPages);
    maps.pages.forEach(this::auditPage);
    removeStrays(maps.pages);
    laterBlocks.forEach(this::auditLaterBlock);
    removeStrays(maps.pages);
    return new Result(
        (int) holdings.groups(),
        lastGroup,
        newest,
        lastSealedMillis,
        unfinished,
        unreadable.size(),
        lostPages);
  }

  private void auditGroup(DirectBuffer key, DirectBuffer entry) {
    try {
      GroupFrameReader frame = HistoryHead.frameAfter(entry);
      if (!shapes.knows(frame.shape())) {
        unreadable.add(Keys.copyOf(key));
        return;
      }
      boolean exists = frame.exists();
      boolean isStale = frame.isStale();
      int columns = frame.columnCount();
      int blocks = soundBlocks(entry);
      shapes.acquire(frame.shape());
      if (blocks > 0) {
        shapes.acquire(frame.shape());
      } else if (HistoryHead.columns(entry) > 0) {
        tornPages.add(Keys.copyOf(key));
        lostPages++;
      }
      long group = HistoryHead.group(entry);
      lastGroup = Math.max(lastGroup, group);
      histories.put(
          group, new History(HistoryHead.firstPage(entry), HistoryHead.openPage(entry), blocks));
      newest = newest.max(frame.bounds().newest());
      if (!exists) {
        tombstones.add();
      }
      holdings.add(exists, isStale, columns);
    } catch (CorruptFrameException _) {
      unreadable.add(Keys.copyOf(key));
    }
  }

  /** How many blocks the open page has; 0 if there is none or not all of it can be read. */
  private int soundBlocks(DirectBuffer entry) {
    int blocks = HistoryHead.blocks(HistoryHead.columns(entry));
    for (int block = 0; block < blocks; block++) {
      HistoryHead.readCursor(entry, block, cursor);
      boolean[] sound = {cursor.rows() == 0};
      maps.openPages.read(
          Keys.ofOpenPage(HistoryHead.group(entry), block), page -> sound[0] |= isSound(page));
      if (!sound[0]) {
        return 0;
      }
      forgetUnfinishedRow(Keys.ofOpenPage(HistoryHead.group(entry), block));
    }
    return blocks;
  }

  /**
   * A process that ended between page and group may have left a row that the group knows nothing
   * of. The next row is written over it, so it must not belong to what is kept.
   */
  private void forgetUnfinishedRow(byte[] key) {
    if (maps.openPages.keptLength(key) <= cursor.lengthBytes()) {
      return;
    }
    int[] capacity = new int[1];
    maps.openPages.read(
        key,
        page -> {
          capacity[0] = page.capacity();
          scratch.putBytes(0, page, 0, page.capacity());
        });
    maps.openPages.put(key, scratch, 0, capacity[0], cursor.lengthBytes());
    unfinished++;
  }

  private boolean isSound(DirectBuffer page) {
    try {
      rows.wrap(page, 0, page.capacity(), cursor);
      return true;
    } catch (CorruptFrameException _) {
      return false;
    }
  }

  /** The page is given up, the group goes on with the next one. */
  private void closePage(byte[] key) {
    var workspace = new Workspace();
    maps.groups.read(key, workspace::load);
    HistoryHead.close(workspace.entry());
    maps.groups.put(key, workspace.entry(), 0, workspace.finish(workspace.frame()));
  }

  private void auditOpenPage(DirectBuffer key, DirectBuffer page) {
    History history = histories.get(Keys.group(key));
    if (history == null || Keys.block(key) >= history.openBlocks) {
      strays.add(Keys.copyOf(key));
      unfinished++;
    }
  }

  private void auditPage(DirectBuffer key, DirectBuffer block) {
    History history = histories.get(Keys.group(key));
    int page = Keys.page(key);
    if (history == null || page < history.firstPage || page >= history.openPage) {
      strays.add(Keys.copyOf(key));
      unfinished++;
      return;
    }
    if (Keys.block(key) > 0) {
      laterBlocks.add(Keys.copyOf(key));
    } else {
      lastSealedMillis = Math.max(lastSealedMillis, SealedPage.sealedMillis(block));
      Fingerprint shape = SealedPage.shape(block);
      if (shapes.knows(shape)) {
        shapes.acquire(shape);
      } else {
        strays.add(Keys.copyOf(key));
        lostPages++;
      }
    }
  }

  /** Nothing leads to a block whose page has no first one. */
  private void auditLaterBlock(byte[] key) {
    var place = new UnsafeBuffer(key);
    byte[] first = Keys.ofPage(Keys.group(place), Keys.page(place), 0);
    if (!maps.pages.read(first, _ -> {})) {
      strays.add(key);
      unfinished++;
    }
  }

  private void removeStrays(OffHeapMap map) {
    strays.forEach(map::remove);
    strays.clear();
  }
}
