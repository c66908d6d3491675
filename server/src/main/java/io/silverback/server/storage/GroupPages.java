package io.silverback.server.storage;

import io.silverback.codec.model.Fingerprint;
import io.silverback.codec.model.GroupingKey;
import io.silverback.codec.row.ColumnPageWriter;
import io.silverback.codec.row.CorruptFrameException;
import io.silverback.codec.row.RowPageCursor;
import io.silverback.codec.row.RowPageReader;
import java.util.ArrayList;
import java.util.List;
import org.agrona.DirectBuffer;
import org.agrona.ExpandableArrayBuffer;
import org.agrona.MutableDirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * The history of one group as it was at one moment: the numbers of its sealed pages, which never
 * change but may go, and a copy of the open one.
 */
final class GroupPages {
  private final OffHeapMap openPages;
  private final OffHeapMap pages;
  private final List<OpenBlock> open = new ArrayList<>();
  private long group;
  private int firstPage;
  private int openPage;
  private Fingerprint openShape = Fingerprint.NONE;

  private record OpenBlock(RowPageCursor cursor, DirectBuffer rows) {}

  private GroupPages(OffHeapMaps maps) {
    this.openPages = maps.openPages;
    this.pages = maps.pages;
  }

  /** The history as it is now. */
  static GroupPages of(GroupingKey group, GroupEntries entries, OffHeapMaps maps) {
    return entries.with(
        group,
        (_, workspace) -> {
          var pages = new GroupPages(maps);
          pages.copy(workspace.entry(), workspace.frame().shape());
          return pages;
        });
  }

  /**
   * Takes the moment to be now. Called under the lock of the group.
   *
   * @param shape the one that the group has now, and so its open page
   */
  private void copy(DirectBuffer head, Fingerprint shape) {
    group = HistoryHead.group(head);
    firstPage = HistoryHead.firstPage(head);
    openPage = HistoryHead.openPage(head);
    openShape = shape;
    for (int block = 0; block < HistoryHead.blocks(HistoryHead.columns(head)); block++) {
      var cursor = new RowPageCursor();
      HistoryHead.readCursor(head, block, cursor);
      MutableDirectBuffer rows = new UnsafeBuffer(new byte[cursor.lengthBytes()]);
      openPages.read(
          Keys.ofOpenPage(group, block),
          page -> rows.putBytes(0, page, 0, Math.min(rows.capacity(), page.capacity())));
      open.add(new OpenBlock(cursor, rows));
    }
  }

  int firstPage() {
    return firstPage;
  }

  /** The number of the open page; behind the last one if there is none. */
  int openPage() {
    return openPage;
  }

  boolean hasOpenPage() {
    return !open.isEmpty();
  }

  Fingerprint openShape() {
    return openShape;
  }

  /**
   * The column page of a block, empty if it has no rows or is not there any more.
   *
   * @throws CorruptFrameException if the open page is damaged
   */
  DirectBuffer columnPage(int page, int block) {
    return page == openPage ? sealedCopy(block) : sealedPage(page, block);
  }

  /** The first block of a sealed page, empty if the page is not there any more. */
  DirectBuffer summary(int page) {
    var copy = new UnsafeBuffer(new byte[0]);
    pages.read(Keys.ofPage(group, page, 0), block -> copy.wrap(copyOf(block)));
    return copy;
  }

  /** How many blocks a page has. */
  int blocks(int page) {
    if (page == openPage) {
      return open.size();
    }
    int[] blocks = new int[1];
    pages.read(Keys.ofPage(group, page, 0), block -> blocks[0] = SealedPage.blocks(block));
    return blocks[0];
  }

  private static byte[] copyOf(DirectBuffer bytes) {
    byte[] copy = new byte[bytes.capacity()];
    bytes.getBytes(0, copy);
    return copy;
  }

  private DirectBuffer sealedPage(int page, int block) {
    var copy = new UnsafeBuffer(new byte[0]);
    pages.read(
        Keys.ofPage(group, page, block),
        stored -> {
          if (!SealedPage.isEmpty(stored)) {
            byte[] bytes = new byte[SealedPage.columnPageLength(stored)];
            stored.getBytes(0, bytes);
            copy.wrap(bytes);
          }
        });
    return copy;
  }

  private DirectBuffer sealedCopy(int block) {
    if (block >= open.size() || open.get(block).cursor.rows() == 0) {
      return new UnsafeBuffer(new byte[0]);
    }
    var rows = new RowPageReader();
    DirectBuffer bytes = open.get(block).rows;
    rows.wrap(bytes, 0, bytes.capacity(), open.get(block).cursor);
    MutableDirectBuffer sealed = new ExpandableArrayBuffer();
    int length = new ColumnPageWriter().seal(rows, openShape.high(), openShape.low(), sealed);
    return new UnsafeBuffer(sealed, 0, length);
  }
}
