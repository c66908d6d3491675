package io.silverback.server.storage.maps;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import io.silverback.codec.page.RowPage;
import io.silverback.codec.page.RowPageCursor;
import io.silverback.codec.row.GroupFrameReader;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;

/**
 * What this node alone knows of a group: since when it is quiet, and where its history stands. The
 * bytes before the frame in the group's entry.
 *
 * <p>A group has sealed pages, numbered from {@link #firstPage} to before {@link #openPage}, and
 * perhaps an open one. A page of a group wider than {@link RowPage#MAX_COLUMNS} is several blocks
 * side by side, and each block of the open page has a cursor here. Since the whole entry is written
 * in one step, a row counts from the moment in which the state that it led to does.
 *
 * <p>History that is too old goes by a change of the first page alone, in place, so that a group
 * that nobody pushes to is not written anew: what is written anew can be lost in a power cut. An
 * open page before the first one is gone, with its cursors still there until the next write.
 */
public final class HistoryHead {
  /** What the clock shows of groups that were last pushed to before it began. */
  public static final long QUIET_SINCE_START = 0;

  /** Pages of before the group was here have the numbers from this one to below 0. */
  public static final int LOWEST_PAGE = -(1 << 16);

  private static final int QUIET_SINCE_OFFSET = 0;

  private static final int FIRST_PAGE_OFFSET = QUIET_SINCE_OFFSET + Long.BYTES;

  /** The bytes at the start that change in place. */
  public static final int EDITED_LENGTH = FIRST_PAGE_OFFSET + Integer.BYTES;

  /** In formats 1 and 2 the first page came after the group. */
  public static final int OLD_FIRST_PAGE_OFFSET = Long.BYTES;

  private static final int GROUP_OFFSET = EDITED_LENGTH;
  private static final int OPEN_PAGE_OFFSET = GROUP_OFFSET + Long.BYTES;
  private static final int OPEN_SINCE_OFFSET = OPEN_PAGE_OFFSET + Integer.BYTES;
  private static final int COLUMNS_OFFSET = OPEN_SINCE_OFFSET + Long.BYTES;
  private static final int CURSORS_OFFSET = COLUMNS_OFFSET + Integer.BYTES;
  private static final int FULL_CURSOR_LENGTH = RowPageCursor.encodedLength(RowPage.MAX_COLUMNS);

  private HistoryHead() {}

  /** Writes the head of a group that has no history. */
  public static void start(MutableDirectBuffer entry, long group) {
    quietSince(entry, QUIET_SINCE_START);
    entry.putLong(GROUP_OFFSET, group, LITTLE_ENDIAN);
    entry.putInt(FIRST_PAGE_OFFSET, 0, LITTLE_ENDIAN);
    entry.putInt(OPEN_PAGE_OFFSET, 0, LITTLE_ENDIAN);
    entry.putLong(OPEN_SINCE_OFFSET, 0, LITTLE_ENDIAN);
    entry.putInt(COLUMNS_OFFSET, 0, LITTLE_ENDIAN);
  }

  /** The length of the head, which is where the frame begins. */
  public static int length(DirectBuffer entry) {
    int columns = columnsOfCursors(entry);
    if (columns == 0) {
      return CURSORS_OFFSET;
    }
    int last = blocks(columns) - 1;
    return cursorOffset(last) + RowPageCursor.encodedLength(columnsOf(last, columns));
  }

  /** The frame of the group, which is the rest of the entry. */
  public static GroupFrameReader frameAfter(DirectBuffer entry) {
    int length = length(entry);
    return new GroupFrameReader(entry, length, entry.capacity() - length);
  }

  /** The length with an open page of that many columns. */
  public static long maxLength(int columns) {
    return CURSORS_OFFSET + (long) blocks(columns) * FULL_CURSOR_LENGTH;
  }

  /** When something last happened that staleness is measured from, in the store's own time. */
  public static long quietSince(DirectBuffer entry) {
    return entry.getLong(QUIET_SINCE_OFFSET, LITTLE_ENDIAN);
  }

  public static void quietSince(MutableDirectBuffer entry, long millis) {
    entry.putLong(QUIET_SINCE_OFFSET, millis, LITTLE_ENDIAN);
  }

  /** The number by which the pages know their group. */
  public static long group(DirectBuffer entry) {
    return entry.getLong(GROUP_OFFSET, LITTLE_ENDIAN);
  }

  public static int firstPage(DirectBuffer entry) {
    return entry.getInt(FIRST_PAGE_OFFSET, LITTLE_ENDIAN);
  }

  public static void firstPage(MutableDirectBuffer entry, int page) {
    entry.putInt(FIRST_PAGE_OFFSET, page, LITTLE_ENDIAN);
  }

  /** The number of the open page, or of the next one. */
  public static int openPage(DirectBuffer entry) {
    return entry.getInt(OPEN_PAGE_OFFSET, LITTLE_ENDIAN);
  }

  /** When the first row of the open page was pushed, in milliseconds. */
  public static long openSinceMillis(DirectBuffer entry) {
    return entry.getLong(OPEN_SINCE_OFFSET, LITTLE_ENDIAN);
  }

  /** How many columns the open page has over all blocks; 0 if no page is open. */
  public static int columns(DirectBuffer entry) {
    return firstPage(entry) > openPage(entry) ? 0 : columnsOfCursors(entry);
  }

  private static int columnsOfCursors(DirectBuffer entry) {
    return entry.getInt(COLUMNS_OFFSET, LITTLE_ENDIAN);
  }

  public static boolean isEmpty(DirectBuffer entry) {
    return columns(entry) == 0 && firstPage(entry) >= openPage(entry);
  }

  /** Lets the open page and all before it be gone, with nothing else changed. */
  public static void passOpenPage(MutableDirectBuffer entry) {
    firstPage(entry, openPage(entry) + 1);
  }

  /** Takes away the cursors of an open page that is gone. */
  public static void settle(MutableDirectBuffer entry) {
    if (firstPage(entry) > openPage(entry)) {
      close(entry);
    }
  }

  /** Makes the first page one that can be, whatever happened to the bytes that change in place. */
  public static void mendFirstPage(MutableDirectBuffer entry) {
    int last = openPage(entry) + (columnsOfCursors(entry) > 0 ? 1 : 0);
    if (firstPage(entry) < LOWEST_PAGE || firstPage(entry) > last) {
      // From there on, pages that are not there are passed over.
      firstPage(entry, LOWEST_PAGE);
    }
  }

  public static void open(
      MutableDirectBuffer entry, int columns, long sinceMillis, RowPageCursor scratch) {
    entry.putInt(COLUMNS_OFFSET, columns, LITTLE_ENDIAN);
    entry.putLong(OPEN_SINCE_OFFSET, sinceMillis, LITTLE_ENDIAN);
    for (int block = 0; block < blocks(columns); block++) {
      scratch.start(columnsOf(block, columns));
      scratch.encode(entry, cursorOffset(block));
    }
  }

  /** The open page is one no longer, and the next one has the number after it. */
  public static void close(MutableDirectBuffer entry) {
    entry.putInt(COLUMNS_OFFSET, 0, LITTLE_ENDIAN);
    entry.putInt(OPEN_PAGE_OFFSET, openPage(entry) + 1, LITTLE_ENDIAN);
  }

  public static void readCursor(DirectBuffer entry, int block, RowPageCursor cursor) {
    int length = RowPageCursor.encodedLength(columnsOf(block, columns(entry)));
    cursor.decode(entry, cursorOffset(block), length);
  }

  public static void writeCursor(MutableDirectBuffer entry, int block, RowPageCursor cursor) {
    cursor.encode(entry, cursorOffset(block));
  }

  public static int blocks(int columns) {
    return (columns + RowPage.MAX_COLUMNS - 1) / RowPage.MAX_COLUMNS;
  }

  /** How many of the columns are in the block. */
  static int columnsOf(int block, int columns) {
    return Math.min(RowPage.MAX_COLUMNS, columns - block * RowPage.MAX_COLUMNS);
  }

  private static int cursorOffset(int block) {
    return CURSORS_OFFSET + block * FULL_CURSOR_LENGTH;
  }
}
