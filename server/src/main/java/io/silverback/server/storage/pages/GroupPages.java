package io.silverback.server.storage.pages;

import io.silverback.codec.model.Fingerprint;
import io.silverback.codec.model.GroupBounds;
import io.silverback.codec.page.RowPageCursor;
import io.silverback.codec.row.GroupFrameReader;
import io.silverback.server.storage.maps.HistoryHead;
import io.silverback.server.storage.maps.Keys;
import io.silverback.server.storage.maps.OffHeapMap;
import io.silverback.server.storage.maps.OffHeapMaps;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.ToIntFunction;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * The history of one group as it was at one moment: the sealed pages, which never change but may
 * go, and how far the open one was written, which goes on.
 */
public final class GroupPages {
  private final OffHeapMaps maps;
  private final byte[] key;
  private final UnsafeBuffer head;
  private final Fingerprint shape;
  private final GroupBounds bounds;

  /**
   * A page.
   *
   * @param blocks how many there are side by side
   * @param mostRows how many rows each of them has at most
   */
  public record Page(int number, Fingerprint shape, int blocks, int mostRows) {}

  private GroupPages(
      OffHeapMaps maps, byte[] key, UnsafeBuffer head, Fingerprint shape, GroupBounds bounds) {
    this.maps = maps;
    this.key = key;
    this.head = head;
    this.shape = shape;
    this.bounds = bounds;
  }

  /** The history of the group of that key as it is now; empty if there is no such group. */
  public static Optional<GroupPages> of(byte[] key, OffHeapMaps maps) {
    var found = new GroupPages[1];
    maps.groups.read(
        key,
        entry -> {
          var head = new UnsafeBuffer(new byte[HistoryHead.length(entry)]);
          head.putBytes(0, entry, 0, head.capacity());
          GroupFrameReader frame = HistoryHead.frameAfter(entry);
          found[0] = new GroupPages(maps, key, head, frame.shape(), frame.bounds());
        });
    return Optional.ofNullable(found[0]);
  }

  /** That of the series which the group has now. */
  public Fingerprint shape() {
    return shape;
  }

  /** What happened to the group. */
  public GroupBounds bounds() {
    return bounds;
  }

  /** The pages that may have rows between two moments, both included, in their order. */
  public List<Page> between(long startMillis, long endMillis) {
    var pages = new ArrayList<Page>();
    for (int number = HistoryHead.firstPage(head); number < openPage(); number++) {
      int page = number;
      maps.pages.read(
          Keys.ofPage(group(), page, 0),
          first -> {
            if (SealedPage.lastMillis(first) >= startMillis
                && SealedPage.firstMillis(first) <= endMillis) {
              pages.add(SealedPage.outline(page, first));
            }
          });
    }
    if (HistoryHead.columns(head) > 0) {
      int blocks = HistoryHead.blocks(HistoryHead.columns(head));
      pages.add(new Page(openPage(), shape, blocks, mostOpenRows(blocks)));
    }
    return pages;
  }

  /** The time of the last row of a sealed page; the least of all if it is gone. */
  public long lastMillis(Page page) {
    long[] last = {Long.MIN_VALUE};
    maps.pages.read(
        Keys.ofPage(group(), page.number(), 0), first -> last[0] = SealedPage.lastMillis(first));
    return last[0];
  }

  /** True if the page was not sealed at that moment. */
  boolean wasOpen(Page page) {
    return page.number() == openPage();
  }

  /** True if it is not sealed yet. */
  boolean isOpen(Page page) {
    boolean[] isOpen = new boolean[1];
    maps.groups.read(
        key,
        entry ->
            isOpen[0] =
                HistoryHead.group(entry) == group()
                    && HistoryHead.openPage(entry) == page.number()
                    && HistoryHead.columns(entry) > 0);
    return isOpen[0];
  }

  /** How far a block of the open page was written. */
  void readCursor(int block, RowPageCursor cursor) {
    HistoryHead.readCursor(head, block, cursor);
  }

  /** Copies what a block of the open page has up to a length now; how much that is. */
  int copyOpen(int block, int length, QueryBuffer target) throws IOException {
    return copy(
        maps.openPages,
        Keys.ofOpenPage(group(), block),
        page -> Math.min(length, page.capacity()),
        target);
  }

  /** Copies the column page of a block; 0 if it has no rows, or is not there any more. */
  int copySealed(Page page, int block, QueryBuffer target) throws IOException {
    return copy(
        maps.pages,
        Keys.ofPage(group(), page.number(), block),
        stored -> SealedPage.isEmpty(stored) ? 0 : SealedPage.columnPageLength(stored),
        target);
  }

  private int openPage() {
    return HistoryHead.openPage(head);
  }

  private long group() {
    return HistoryHead.group(head);
  }

  private int mostOpenRows(int blocks) {
    var cursor = new RowPageCursor();
    int most = 0;
    for (int block = 0; block < blocks; block++) {
      readCursor(block, cursor);
      most = Math.max(most, cursor.rows());
    }
    return most;
  }

  private static int copy(
      OffHeapMap map, byte[] key, ToIntFunction<DirectBuffer> lengthOf, QueryBuffer target)
      throws IOException {
    int[] length = new int[1];
    UnsafeBuffer room;
    do {
      room = target.atLeast(length[0]);
      UnsafeBuffer into = room;
      length[0] = 0;
      map.read(
          key,
          stored -> {
            length[0] = lengthOf.applyAsInt(stored);
            if (length[0] <= into.capacity()) {
              into.putBytes(0, stored, 0, length[0]);
            }
          });
    } while (length[0] > room.capacity());
    return length[0];
  }
}
