package io.silverback.server.storage.pages;

import io.silverback.codec.bytes.CorruptFrameException;
import io.silverback.codec.model.Fingerprint;
import io.silverback.codec.page.ColumnPage;
import io.silverback.codec.page.ColumnPageWriter;
import io.silverback.codec.page.ColumnRanges;
import io.silverback.codec.page.RowPage;
import io.silverback.codec.page.RowPageCursor;
import io.silverback.codec.page.RowPageReader;
import io.silverback.codec.page.RowPageWriter;
import io.silverback.server.log.Log;
import io.silverback.server.storage.maps.HistoryHead;
import io.silverback.server.storage.maps.Keys;
import io.silverback.server.storage.maps.OffHeapMap;
import io.silverback.server.storage.maps.OffHeapMaps;
import io.silverback.server.storage.maps.ShapeTable;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;
import org.agrona.DirectBuffer;
import org.agrona.ExpandableArrayBuffer;
import org.agrona.MutableDirectBuffer;

/**
 * The pushes that groups had, as pages outside of the heap: appends rows, seals pages that are full
 * and drops those that are too old.
 *
 * <p>Thread-safe for different groups; calls for one group belong under the lock of the group. The
 * state of a group's history is the {@link HistoryHead} that each call changes, and which counts
 * once the caller stores it.
 */
public final class HistoryPages {
  private static final Log log = Log.of(HistoryPages.class);

  /** A page with that many rows is sealed if it is long enough to be worth it. */
  private static final int ENOUGH_ROWS = 32;

  private static final int ENOUGH_BYTES = 4 * 1024;

  /** What an open page gets beside a quarter of what it has when it needs more room. */
  private static final int LEAST_GROWTH = 64;

  /** A page spans at most this part of the retention, so that not much is kept for too long. */
  private static final int PAGES_IN_RETENTION = 4;

  private final OffHeapMap openPages;
  private final OffHeapMap pages;
  private final BooleanSupplier sparesRoom;
  private final ShapeTable shapes;
  private final Retention retention;
  private final PageClock clock;
  private final ReentrantLock sealing = new ReentrantLock();
  private final ColumnPageWriter sealer = new ColumnPageWriter();
  private final RowPageReader rows = new RowPageReader();
  private final MutableDirectBuffer open = new ExpandableArrayBuffer();
  private final MutableDirectBuffer sealed = new ExpandableArrayBuffer();
  private final LongAdder corrupt = new LongAdder();

  public HistoryPages(OffHeapMaps maps, ShapeTable shapes, Retention retention, PageClock clock) {
    this.openPages = maps.openPages;
    this.pages = maps.pages;
    this.sparesRoom = maps::spareRoom;
    this.shapes = shapes;
    this.retention = retention;
    this.clock = clock;
  }

  /** One writer's tools, so that groups can be written side by side. */
  public static final class Pen {
    private final RowPageCursor cursor = new RowPageCursor();
    private final RowPageWriter writer = new RowPageWriter();
    private final MutableDirectBuffer scratch = new ExpandableArrayBuffer();
  }

  /** A push: which columns it wrote, all columns before and after it, and when it came. */
  public record Row(
      Fingerprint shape,
      int columns,
      long timeMillis,
      PushedColumns pushed,
      DirectBuffer before,
      DirectBuffer after) {}

  /** How many pages could not be read any more, and were dropped or left out of an answer. */
  public long corruptPages() {
    return corrupt.sum();
  }

  public void countCorrupt() {
    corrupt.increment();
  }

  /**
   * Adds a row to the open page, which becomes or is one of the row's shape and not full.
   *
   * @return true if the page was opened, which is a use of its shape
   */
  public boolean append(MutableDirectBuffer head, Row row, Pen pen) {
    boolean opens = HistoryHead.columns(head) == 0;
    if (opens) {
      HistoryHead.open(head, row.columns(), row.timeMillis(), pen.cursor);
    }
    for (int block = 0; block < HistoryHead.blocks(row.columns()); block++) {
      ColumnRanges ranges = row.pushed().in(block);
      if (ranges.size() > 0) {
        HistoryHead.readCursor(head, block, pen.cursor);
        appendTo(block, head, row, ranges, pen);
        HistoryHead.writeCursor(head, block, pen.cursor);
      }
    }
    if (opens) {
      shapes.acquire(row.shape());
    }
    return opens;
  }

  /** True if the open page, if there is one, takes no more rows. */
  public boolean isFull(DirectBuffer head, long nowMillis, Pen pen) {
    return HistoryHead.columns(head) > 0 && isFull(head, nowMillis, pen.cursor);
  }

  /**
   * True if there is an open page that no more rows should go to, as all it has are older than the
   * retention. Or from the future, after a step of the clock: they are old some time after they are
   * sealed.
   */
  public boolean isOver(DirectBuffer head, long nowMillis, Pen pen) {
    return isOver(head, nowMillis, pen.cursor);
  }

  private boolean isOver(DirectBuffer head, long nowMillis, RowPageCursor cursor) {
    return isOpenExpired(head, nowMillis, cursor) || isOpenAhead(head, nowMillis, cursor);
  }

  /** True if there is an open page, and all its rows are older than the retention. */
  public boolean isOpenExpired(DirectBuffer head, long nowMillis, Pen pen) {
    return isOpenExpired(head, nowMillis, pen.cursor);
  }

  private boolean isOpenExpired(DirectBuffer head, long nowMillis, RowPageCursor cursor) {
    return HistoryHead.columns(head) > 0
        && lastRowMillis(head, cursor) < retention.oldestMillis(nowMillis);
  }

  /** True if there is an open page with a row from the future. */
  public boolean isOpenAhead(DirectBuffer head, long nowMillis, Pen pen) {
    return isOpenAhead(head, nowMillis, pen.cursor);
  }

  private boolean isOpenAhead(DirectBuffer head, long nowMillis, RowPageCursor cursor) {
    return HistoryHead.columns(head) > 0 && RowTime.isAhead(lastRowMillis(head, cursor), nowMillis);
  }

  /**
   * Makes the open page a sealed one. Its rows are still where they were written to; that may be
   * used again once the head is stored.
   */
  public void seal(MutableDirectBuffer head, Fingerprint shape, Pen pen) {
    sealRows(head, shape, pen.cursor);
  }

  /** Gives the room of an open page of that many columns back. */
  public void releaseRoom(DirectBuffer head, int columns) {
    for (int block = 0; block < HistoryHead.blocks(columns); block++) {
      openPages.remove(Keys.ofOpenPage(HistoryHead.group(head), block));
    }
  }

  /** Drops the open page, with its rows, of a group that nobody is led to any more. */
  public void dropOpen(MutableDirectBuffer head, Fingerprint shape) {
    releaseRoom(head, HistoryHead.columns(head));
    HistoryHead.close(head);
    shapes.release(shape);
  }

  /** Drops the pages whose last row is older than the retention. */
  public void dropExpired(MutableDirectBuffer head, long nowMillis) {
    dropWhile(head, page -> isExpired(page, nowMillis));
  }

  /** Drops all pages; none must be open. */
  public void dropAll(MutableDirectBuffer head) {
    dropWhile(head, _ -> true);
  }

  /** True if there is a page that {@link #dropExpired} would drop, or an open one that is over. */
  public boolean hasExpired(DirectBuffer head, long nowMillis, RowPageCursor cursor) {
    int first = HistoryHead.firstPage(head);
    boolean[] kept = new boolean[1];
    boolean isFirstExpired =
        first < HistoryHead.openPage(head)
            && !(pages.read(
                    Keys.ofPage(HistoryHead.group(head), first, 0),
                    page -> kept[0] = !isExpired(page, nowMillis))
                && kept[0]);
    return isFirstExpired || isOver(head, nowMillis, cursor);
  }

  /**
   * When the last row of a page was pushed, by the wall clock as it shows {@code nowMillis}: as the
   * row was stamped, but not after the page was sealed.
   */
  public long lastMillis(DirectBuffer page, long nowMillis) {
    return Math.min(
        SealedPage.lastMillis(page), clock.wallMillis(SealedPage.sealedMillis(page), nowMillis));
  }

  private boolean isExpired(DirectBuffer page, long nowMillis) {
    return lastMillis(page, nowMillis) < retention.oldestMillis(nowMillis);
  }

  private void dropWhile(MutableDirectBuffer head, Predicate<DirectBuffer> isOld) {
    int page = HistoryHead.firstPage(head);
    while (page < HistoryHead.openPage(head) && drop(HistoryHead.group(head), page, isOld)) {
      page++;
    }
    HistoryHead.firstPage(head, page);
  }

  /** False if the page is there and is not old. */
  private boolean drop(long group, int page, Predicate<DirectBuffer> isOld) {
    boolean[] kept = new boolean[1];
    int[] blocks = new int[1];
    Fingerprint[] shape = {Fingerprint.NONE};
    pages.read(
        Keys.ofPage(group, page, 0),
        block -> {
          kept[0] = !isOld.test(block);
          blocks[0] = SealedPage.blocks(block);
          shape[0] = SealedPage.shape(block);
        });
    if (kept[0]) {
      return false;
    }
    // The first block last: it says how many there are, so a process that ends before finds the
    // rest.
    for (int block = blocks[0] - 1; block >= 0; block--) {
      pages.remove(Keys.ofPage(group, page, block));
    }
    shapes.release(shape[0]);
    return true;
  }

  private boolean isFull(DirectBuffer head, long nowMillis, RowPageCursor cursor) {
    long sinceMillis = HistoryHead.openSinceMillis(head);
    if (nowMillis - sinceMillis > retention.askedMillis() / PAGES_IN_RETENTION
        || RowTime.isAhead(sinceMillis, nowMillis)) {
      return true;
    }
    int blocks = HistoryHead.blocks(HistoryHead.columns(head));
    for (int block = 0; block < blocks; block++) {
      HistoryHead.readCursor(head, block, cursor);
      if (cursor.rows() == RowPage.MAX_ROWS
          || (cursor.rows() >= ENOUGH_ROWS && cursor.lengthBytes() >= ENOUGH_BYTES)) {
        return true;
      }
    }
    return false;
  }

  private long lastRowMillis(DirectBuffer head, RowPageCursor cursor) {
    long last = HistoryHead.openSinceMillis(head);
    for (int block = 0; block < HistoryHead.blocks(HistoryHead.columns(head)); block++) {
      HistoryHead.readCursor(head, block, cursor);
      last = Math.max(last, cursor.rows() == 0 ? last : cursor.lastMillis());
    }
    return last;
  }

  private void sealRows(MutableDirectBuffer head, Fingerprint shape, RowPageCursor cursor) {
    sealing.lock();
    try {
      int blocks = HistoryHead.blocks(HistoryHead.columns(head));
      long lastMillis = HistoryHead.openSinceMillis(head);
      // The first block last, which says of all when the last row was pushed.
      for (int block = blocks - 1; block >= 0; block--) {
        HistoryHead.readCursor(head, block, cursor);
        lastMillis = sealBlock(head, block, blocks, lastMillis, shape, cursor);
      }
    } finally {
      sealing.unlock();
    }
    HistoryHead.close(head);
  }

  private void appendTo(int block, DirectBuffer head, Row row, ColumnRanges ranges, Pen pen) {
    byte[] key = Keys.ofOpenPage(HistoryHead.group(head), block);
    boolean goesOn = pen.cursor.rows() > 0;
    boolean[] appended = new boolean[1];
    int[] room = new int[1];
    openPages.edit(
        key,
        page -> {
          room[0] = page.capacity();
          // Rows of the page before are not overwritten in place, but in one step with their end.
          appended[0] = goesOn && write(page, page.capacity(), block, row, ranges, pen);
          if (goesOn && !appended[0]) {
            pen.scratch.putBytes(0, page, 0, pen.cursor.lengthBytes());
          }
        });
    if (appended[0]) {
      return;
    }
    int longest = pen.cursor.lengthBytes() + RowPageWriter.maxRowLength(ranges);
    pen.scratch.checkLimit(longest);
    if (!write(pen.scratch, longest, block, row, ranges, pen)) {
      throw new IllegalStateException("no room for the longest row: lengthBytes=" + longest);
    }
    int length = pen.cursor.lengthBytes();
    int capacity = Math.max(room[0], length + (goesOn ? length / 4 : 0) + LEAST_GROWTH);
    pen.scratch.checkLimit(capacity);
    openPages.put(key, pen.scratch, 0, capacity, length);
  }

  private static boolean write(
      MutableDirectBuffer page, int capacity, int block, Row row, ColumnRanges ranges, Pen pen) {
    int first = block * RowPage.MAX_COLUMNS * Long.BYTES;
    pen.writer.wrap(page, 0, capacity, pen.cursor);
    return pen.writer.append(row.timeMillis(), ranges, row.before(), first, row.after(), first);
  }

  /**
   * Seals one block, and returns when the last row of it and of those after it was pushed. On a
   * full disk the rows are dropped, so that a DELETE needs next to no room.
   */
  private long sealBlock(
      DirectBuffer head,
      int block,
      int blocks,
      long lastMillisAfter,
      Fingerprint shape,
      RowPageCursor cursor) {
    int length = 0;
    if (cursor.rows() > 0 && !sparesRoom.getAsBoolean()) {
      try {
        length = writeSealed(Keys.ofOpenPage(HistoryHead.group(head), block), shape, cursor);
      } catch (CorruptFrameException e) {
        countCorrupt();
        log.warn("a page of history is damaged and was dropped", "err", e);
      }
    }
    long lastMillis = lastMillisAfter;
    if (length > 0) {
      lastMillis = Math.max(lastMillis, ColumnPage.lastMillis(sealed, 0));
    } else if (block == 0) {
      length = SealedPage.writeEmpty(sealed, shape);
    }
    if (length > 0) {
      byte[] key = Keys.ofPage(HistoryHead.group(head), HistoryHead.openPage(head), block);
      int end = SealedPage.finish(sealed, length, lastMillis, clock.nowMillis(), blocks);
      pages.put(key, sealed, 0, end);
    }
    return lastMillis;
  }

  private int writeSealed(byte[] key, Fingerprint shape, RowPageCursor cursor) {
    int written = cursor.lengthBytes();
    boolean exists =
        openPages.read(key, page -> open.putBytes(0, page, 0, Math.min(written, page.capacity())));
    if (!exists) {
      throw new CorruptFrameException("page is gone: lengthBytes=" + written);
    }
    rows.wrap(open, 0, written, cursor);
    return sealer.seal(rows, shape.high(), shape.low(), sealed);
  }
}
