package io.silverback.server.storage.pages;

import io.silverback.codec.bytes.CorruptFrameException;
import io.silverback.codec.page.ColumnPageReader;
import io.silverback.codec.page.RowPage;
import io.silverback.codec.page.RowPageCursor;
import io.silverback.codec.page.RowPageReader;
import io.silverback.server.storage.HistoryQuery;
import io.silverback.server.storage.QueryBudget;
import io.silverback.server.storage.pages.GroupPages.Page;
import java.io.IOException;
import java.util.BitSet;
import java.util.function.LongConsumer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Reads one block of a page after the other, each from a copy outside of the heap that takes the
 * place of the one before. Not thread-safe.
 *
 * <p>A block that is damaged throws {@link CorruptFrameException}; one that is gone has no rows.
 */
public final class BlockReader implements AutoCloseable {
  private final HistoryQuery query;
  private final QueryBuffer bytes;
  private final ColumnPageReader sealed = new ColumnPageReader();
  private final RowPageReader open = new RowPageReader();
  private final RowPageCursor cursor = new RowPageCursor();
  private final long[] valueBits = new long[RowPage.MAX_ROWS];
  private final BitSet present = new BitSet(RowPage.MAX_ROWS);
  private int sealedRows;

  private enum Kind {
    WITHOUT_ROWS,
    OPEN,
    SEALED
  }

  public BlockReader(HistoryQuery query, QueryBudget budget) {
    this.query = query;
    this.bytes = new QueryBuffer(budget);
  }

  /** A column that is wanted, and the number of the series in the table. */
  static long wanted(int column, int series) {
    return (long) column << Integer.SIZE | series;
  }

  public static int columnOf(long wanted) {
    return (int) (wanted >>> Integer.SIZE);
  }

  private static int seriesOf(long wanted) {
    return (int) wanted;
  }

  /**
   * Adds the samples of some columns.
   *
   * @param wanted columns of the group with the numbers of their series, of which those from {@code
   *     from} to before {@code to} are in the block
   */
  public void read(
      GroupPages pages, Page page, int block, long[] wanted, int from, int to, SampleTable samples)
      throws IOException {
    int firstColumn = block * RowPage.MAX_COLUMNS;
    switch (open(pages, page, block)) {
      case WITHOUT_ROWS -> {}
      case SEALED -> {
        for (int i = from; i < to; i++) {
          int column = columnOf(wanted[i]) - firstColumn;
          addSealed(column, seriesOf(wanted[i]), samples);
        }
      }
      case OPEN -> {
        while (open.next()) {
          if (isAskedFor(open.timeMillis())) {
            for (int i = from; i < to; i++) {
              int column = columnOf(wanted[i]) - firstColumn;
              addOpen(column, seriesOf(wanted[i]), samples);
            }
          }
        }
      }
    }
  }

  /** Calls the consumer with the time of each row. */
  public void readTimes(GroupPages pages, Page page, int block, LongConsumer consumer)
      throws IOException {
    switch (open(pages, page, block)) {
      case WITHOUT_ROWS -> {}
      case SEALED -> {
        for (int row = 0; row < sealedRows; row++) {
          accept(sealed.timeMillis(row), consumer);
        }
      }
      case OPEN -> {
        while (open.next()) {
          accept(open.timeMillis(), consumer);
        }
      }
    }
  }

  @Override
  public void close() {
    bytes.close();
  }

  private void addSealed(int column, int series, SampleTable samples) {
    sealed.column(column, valueBits, present);
    present.clear(sealedRows, RowPage.MAX_ROWS);
    for (int row = present.nextSetBit(0); row >= 0; row = present.nextSetBit(row + 1)) {
      long timeMillis = sealed.timeMillis(row);
      if (isAskedFor(timeMillis)) {
        samples.add(series, timeMillis, Double.longBitsToDouble(valueBits[row]));
      }
    }
  }

  private void addOpen(int column, int series, SampleTable samples) {
    if (open.isPresent(column)) {
      samples.add(series, open.timeMillis(), Double.longBitsToDouble(open.valueBits(column)));
    }
  }

  private void accept(long timeMillis, LongConsumer consumer) {
    if (isAskedFor(timeMillis)) {
      consumer.accept(timeMillis);
    }
  }

  private boolean isAskedFor(long timeMillis) {
    return timeMillis >= query.startMillis() && timeMillis <= query.endMillis();
  }

  private Kind open(GroupPages pages, Page page, int block) throws IOException {
    return pages.wasOpen(page)
        ? openWritten(pages, page, block)
        : openSealed(pages, page, block, RowPage.MAX_ROWS);
  }

  private Kind openSealed(GroupPages pages, Page page, int block, int mostRows) throws IOException {
    int length = pages.copySealed(page, block, bytes);
    if (length == 0) {
      return Kind.WITHOUT_ROWS;
    }
    sealed.wrap(bytes.atLeast(length), 0, length);
    sealedRows = Math.min(mostRows, sealed.rows());
    return Kind.SEALED;
  }

  /** What the cursor's checksum fits are the very rows of then, whatever was appended since. */
  private Kind openWritten(GroupPages pages, Page page, int block) throws IOException {
    pages.readCursor(block, cursor);
    if (cursor.rows() == 0) {
      return Kind.WITHOUT_ROWS;
    }
    int length = pages.copyOpen(block, cursor.lengthBytes(), bytes);
    UnsafeBuffer copy = bytes.atLeast(length);
    try {
      open.wrap(copy, 0, length, cursor);
      return Kind.OPEN;
    } catch (CorruptFrameException e) {
      if (pages.isOpen(page)) {
        throw e;
      }
      // It was sealed meanwhile, perhaps with more rows, and its room was used again or given back.
      return openSealed(pages, page, block, cursor.rows());
    }
  }
}
