package io.silverback.codec.page;

import io.silverback.codec.row.PushedRows;
import java.util.BitSet;
import org.agrona.ExpandableArrayBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/** Prints what pages of each workload take and how fast they are written and read. */
final class PageMeasurement {
  private static final long SEED = 42;
  private static final long WARM_NANOS = 700_000_000L;

  public static void main(String[] arguments) {
    System.out.println(
        "workload columns rows row_page_bytes sealed_bytes append_ns read_ns seal_ns column_ns");
    // What is printed first is measured before the compiler has seen all workloads.
    for (int round = 0; round < 2; round++) {
      for (PageWorkload workload : PageWorkload.values()) {
        measure(workload, 1600, 64);
        measure(workload, 10, 240);
      }
    }
  }

  private static void measure(PageWorkload workload, int columns, int count) {
    PushedRows rows = workload.rows(columns, count, SEED);
    PushedRows.Page page = rows.page();
    double samples = (double) columns * count;
    byte[] sealed = page.seal();
    System.out.printf(
        "%-15s %5d %4d %8.3f %8.3f %8.1f %8.1f %8.1f %8.1f%n",
        workload,
        columns,
        count,
        page.cursor().lengthBytes() / samples,
        sealed.length / samples,
        nanos(() -> append(rows, page)) / samples,
        nanos(() -> read(page)) / samples,
        nanos(sealing(page)) / samples,
        nanos(reading(new UnsafeBuffer(sealed))) / samples);
  }

  private static final RowPageCursor CURSOR = new RowPageCursor();
  private static final RowPageWriter WRITER = new RowPageWriter();
  private static final RowPageReader READER = new RowPageReader();

  private static void append(PushedRows rows, PushedRows.Page page) {
    CURSOR.start(rows.columns());
    CURSOR.encode(page.cursorBytes, 0);
    for (PushedRows.Row row : rows.rows()) {
      CURSOR.decode(page.cursorBytes, 0, page.cursorBytes.capacity());
      WRITER.wrap(page.buffer, PushedRows.Page.MARGIN, page.length, CURSOR);
      if (!WRITER.append(row.timeMillis(), row.ranges(), row.before(), 0, row.after(), 0)) {
        throw new IllegalStateException("page is full: rows=" + CURSOR.rows());
      }
      CURSOR.encode(page.cursorBytes, 0);
    }
  }

  private static void read(PushedRows.Page page) {
    CURSOR.decode(page.cursorBytes, 0, page.cursorBytes.capacity());
    READER.wrap(page.buffer, PushedRows.Page.MARGIN, page.length, CURSOR);
    while (READER.next()) {}
  }

  private static Runnable sealing(PushedRows.Page page) {
    var writer = new ColumnPageWriter();
    var target = new ExpandableArrayBuffer();
    return () -> {
      CURSOR.decode(page.cursorBytes, 0, page.cursorBytes.capacity());
      READER.wrap(page.buffer, PushedRows.Page.MARGIN, page.length, CURSOR);
      writer.seal(READER, 1, 2, target);
    };
  }

  private static Runnable reading(UnsafeBuffer sealed) {
    var reader = new ColumnPageReader();
    var present = new BitSet();
    long[] valueBits = new long[RowPage.MAX_ROWS];
    return () -> {
      reader.wrap(sealed, 0, sealed.capacity());
      for (int column = 0; column < reader.columns(); column++) {
        reader.column(column, valueBits, present);
      }
    };
  }

  /** The best of many runs, since others share the machine. */
  private static long nanos(Runnable work) {
    long best = Long.MAX_VALUE;
    long end = System.nanoTime() + WARM_NANOS;
    while (System.nanoTime() < end) {
      long start = System.nanoTime();
      work.run();
      best = Math.min(best, System.nanoTime() - start);
    }
    return best;
  }

  private PageMeasurement() {}
}
