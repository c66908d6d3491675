package io.silverback.server.storage.pages;

import io.silverback.codec.bytes.CorruptFrameException;
import io.silverback.codec.model.Fingerprint;
import io.silverback.codec.page.ColumnPage;
import io.silverback.codec.page.ColumnPageReader;
import io.silverback.codec.page.ColumnPageWriter;
import io.silverback.codec.page.RowPage;
import io.silverback.codec.page.RowPageCursor;
import io.silverback.codec.page.RowPageReader;
import io.silverback.codec.row.GroupShape;
import io.silverback.server.storage.maps.HistoryHead;
import io.silverback.server.storage.maps.Keys;
import io.silverback.server.storage.maps.OffHeapMaps;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.agrona.DirectBuffer;
import org.agrona.ExpandableArrayBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Takes pages of a group out of the maps, and puts pages of other servers before those that are
 * there. A page is a list of blocks, each a {@link ColumnPage}, or empty without rows.
 *
 * <p>Thread-safe for different groups; calls for one group belong under the lock of the group.
 */
public final class PageMover {
  private final OffHeapMaps maps;
  private final PageClock clock;

  public PageMover(OffHeapMaps maps, PageClock clock) {
    this.maps = maps;
    this.clock = clock;
  }

  /** A page that was taken out. */
  public record Taken(Fingerprint shape, List<byte[]> blocks) {}

  /** When the first row of the history was pushed; the latest time there is without one. */
  public long firstMillis(DirectBuffer head) {
    int open = HistoryHead.openPage(head);
    for (int number = HistoryHead.firstPage(head); number < open; number++) {
      long first = firstMillis(HistoryHead.group(head), number);
      if (first < Long.MAX_VALUE) {
        return first;
      }
    }
    return HistoryHead.columns(head) > 0 ? HistoryHead.openSinceMillis(head) : Long.MAX_VALUE;
  }

  /** When the first row of a sealed page was pushed; the latest time there is without one. */
  public long firstMillis(long group, int number) {
    int[] blocks = {1};
    long[] first = {Long.MAX_VALUE};
    for (int block = 0; block < blocks[0]; block++) {
      boolean isFirst = block == 0;
      maps.pages.read(
          Keys.ofPage(group, number, block),
          stored -> {
            blocks[0] = isFirst ? SealedPage.blocks(stored) : blocks[0];
            if (!SealedPage.isEmpty(stored)) {
              first[0] = Math.min(first[0], ColumnPage.firstMillis(stored, 0));
            }
          });
    }
    return first[0];
  }

  /** When the last row of a sealed page was pushed; empty if it is not there. */
  public Optional<Long> lastMillis(long group, int number) {
    long[] last = new long[1];
    return maps.pages.read(
            Keys.ofPage(group, number, 0), stored -> last[0] = SealedPage.lastMillis(stored))
        ? Optional.of(last[0])
        : Optional.empty();
  }

  /** A copy of a sealed page; empty if it is not there. */
  public Optional<Taken> takeSealed(long group, int number) {
    var blocks = new ArrayList<byte[]>();
    int[] count = {1};
    Fingerprint[] shape = {Fingerprint.NONE};
    for (int block = 0; block < count[0]; block++) {
      boolean isFirst = block == 0;
      byte[][] copy = {new byte[0]};
      boolean isThere =
          maps.pages.read(
              Keys.ofPage(group, number, block),
              stored -> {
                if (isFirst) {
                  count[0] = SealedPage.blocks(stored);
                  shape[0] = SealedPage.shape(stored);
                }
                if (!SealedPage.isEmpty(stored)) {
                  copy[0] = new byte[SealedPage.columnPageLength(stored)];
                  stored.getBytes(0, copy[0]);
                }
              });
      if (isFirst && !isThere) {
        return Optional.empty();
      }
      blocks.add(copy[0]);
    }
    return Optional.of(new Taken(shape[0], blocks));
  }

  /**
   * A sealed copy of the open page, which must be there.
   *
   * @throws CorruptFrameException if it is damaged
   */
  public Taken takeOpen(DirectBuffer head, Fingerprint shape) {
    var blocks = new ArrayList<byte[]>();
    var cursor = new RowPageCursor();
    var rows = new RowPageReader();
    var sealer = new ColumnPageWriter();
    var sealed = new ExpandableArrayBuffer();
    for (int block = 0; block < HistoryHead.blocks(HistoryHead.columns(head)); block++) {
      HistoryHead.readCursor(head, block, cursor);
      var copy = new byte[cursor.rows() == 0 ? 0 : cursor.lengthBytes()];
      if (copy.length > 0) {
        maps.openPages.read(
            Keys.ofOpenPage(HistoryHead.group(head), block),
            page -> page.getBytes(0, copy, 0, Math.min(copy.length, page.capacity())));
        rows.wrap(new UnsafeBuffer(copy), 0, copy.length, cursor);
        int length = sealer.seal(rows, shape.high(), shape.low(), sealed);
        var page = new byte[length];
        sealed.getBytes(0, page);
        blocks.add(page);
      } else {
        blocks.add(copy);
      }
    }
    return new Taken(shape, blocks);
  }

  /** The times of a page that was looked at. */
  public record Span(long firstMillis, long lastMillis) {}

  /**
   * Looks at all bytes of a page.
   *
   * @throws CorruptFrameException if they are damaged, not of that shape, or without rows
   */
  public static Span verify(List<byte[]> blocks, GroupShape shape) {
    if (blocks.isEmpty() || blocks.size() != HistoryHead.blocks(shape.columnCount())) {
      throw new CorruptFrameException(
          "not a page of the shape: blocks=" + blocks.size() + " columns=" + shape.columnCount());
    }
    var reader = new ColumnPageReader();
    long first = Long.MAX_VALUE;
    long last = Long.MIN_VALUE;
    for (int block = 0; block < blocks.size(); block++) {
      byte[] bytes = blocks.get(block);
      if (bytes.length == 0) {
        continue;
      }
      reader.wrap(new UnsafeBuffer(bytes), 0, bytes.length);
      var fingerprint = new Fingerprint(reader.fingerprintHigh(), reader.fingerprintLow());
      int columns =
          Math.min(RowPage.MAX_COLUMNS, shape.columnCount() - block * RowPage.MAX_COLUMNS);
      if (!fingerprint.equals(shape.fingerprint()) || reader.columns() != columns) {
        throw new CorruptFrameException(
            "not a block of the shape: block=" + block + " columns=" + reader.columns());
      }
      first = Math.min(first, reader.firstMillis());
      last = Math.max(last, reader.lastMillis());
    }
    if (first > last) {
      throw new CorruptFrameException("a page without rows: blocks=" + blocks.size());
    }
    return new Span(first, last);
  }

  /** True if the maps can hold the page. */
  public boolean fits(List<byte[]> blocks) {
    return blocks.stream()
        .allMatch(block -> SealedPage.lengthOf(block.length) <= maps.pages.longestBytes());
  }

  /** Stores a page that nothing leads to yet. */
  public void put(long group, int number, List<byte[]> blocks, Fingerprint shape, long lastMillis) {
    var sealed = new ExpandableArrayBuffer();
    // The first block last, which says how many there are.
    for (int block = blocks.size() - 1; block >= 0; block--) {
      byte[] bytes = blocks.get(block);
      int length = bytes.length;
      if (length > 0) {
        sealed.putBytes(0, bytes);
      } else if (block == 0) {
        length = SealedPage.writeEmpty(sealed, shape);
      }
      if (length > 0) {
        int end = SealedPage.finish(sealed, length, lastMillis, clock.nowMillis(), blocks.size());
        maps.pages.put(Keys.ofPage(group, number, block), sealed, 0, end);
      }
    }
  }
}
