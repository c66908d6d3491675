package io.silverback.server.storage;

import io.silverback.codec.model.Fingerprint;
import io.silverback.codec.model.GroupingKey;
import io.silverback.codec.model.Labels;
import io.silverback.codec.row.ColumnPageReader;
import io.silverback.codec.row.CorruptFrameException;
import io.silverback.codec.row.FamilyShape;
import io.silverback.codec.row.FloatSeries;
import io.silverback.codec.row.RowPage;
import io.silverback.server.group.PushTimes;
import io.silverback.server.log.Log;
import java.io.IOException;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import org.agrona.DirectBuffer;

/**
 * One look at the history of one group: which of its series are asked for, and their samples page
 * by page.
 *
 * <p>Holds the series of one group and a few decoded pages at a time. Pages that are damaged are
 * left out and logged. Not thread-safe; used once.
 */
final class HistoryReader {
  private static final Log log = Log.of(HistoryReader.class);

  /** Decoded pages that are kept for the next series, which mostly are in the same. */
  private static final int KEPT_PAGES = 64;

  private final GroupingKey key;
  private final GroupPages pages;
  private final HistoryQuery query;
  private final Runnable onLeftOut;
  private final List<Page> inRange = new ArrayList<>();
  private final SampleList samples = new SampleList();
  private final long[] columnValues = new long[RowPage.MAX_ROWS];
  private final BitSet columnRows = new BitSet(RowPage.MAX_ROWS);
  private final SequencedMap<Block, Optional<ColumnPageReader>> readers =
      new LinkedHashMap<>(KEPT_PAGES, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Block, Optional<ColumnPageReader>> eldest) {
          return size() > KEPT_PAGES;
        }
      };

  private record Page(int number, Fingerprint shape) {}

  private record Block(int page, int number) {}

  private record Series(String name, Labels labels) {}

  private record Column(Fingerprint shape, int number) {}

  /**
   * A look at what the pages hold between the times of the query.
   *
   * @param onLeftOut told of each page that cannot be read
   */
  HistoryReader(GroupingKey key, GroupPages pages, HistoryQuery query, Runnable onLeftOut) {
    this.key = key;
    this.pages = pages;
    this.query = query;
    this.onLeftOut = onLeftOut;
  }

  /** Hands over each series that has a sample. */
  void read(ShapeTable shapes, HistorySink sink) throws IOException {
    findPages();
    leaveOutUnknown(shapes);
    var wanted = new LinkedHashMap<Series, List<Column>>();
    inRange.stream()
        .map(Page::shape)
        .distinct()
        .forEach(shape -> addColumns(shape, shapes, wanted));
    for (var series : wanted.entrySet()) {
      samples.clear();
      series.getValue().forEach(this::addSamples);
      hand(series.getKey().name(), series.getKey().labels(), sink);
    }
    readPushTimes(sink);
  }

  private void findPages() {
    for (int number = pages.firstPage(); number < pages.openPage(); number++) {
      DirectBuffer first = pages.summary(number);
      if (first.capacity() > 0 && SealedPage.lastMillis(first) >= query.startMillis()) {
        inRange.add(new Page(number, SealedPage.shape(first)));
      }
    }
    if (pages.hasOpenPage()) {
      inRange.add(new Page(pages.openPage(), pages.openShape()));
    }
  }

  private void leaveOutUnknown(ShapeTable shapes) {
    inRange.removeIf(
        page -> {
          boolean isUnknown = !shapes.knows(page.shape());
          if (isUnknown) {
            onLeftOut.run();
            log.warn(
                "a page of history lacks its shape and is left out",
                "group",
                key,
                "page",
                page.number());
          }
          return isUnknown;
        });
  }

  private void addColumns(Fingerprint shape, ShapeTable shapes, Map<Series, List<Column>> wanted) {
    int column = 0;
    for (FamilyShape family : shapes.shape(shape).families()) {
      for (FloatSeries series : family.series(key)) {
        if (query.matches(series.name(), series.labels())) {
          wanted
              .computeIfAbsent(new Series(series.name(), series.labels()), _ -> new ArrayList<>(1))
              .add(new Column(shape, column));
        }
        column++;
      }
    }
  }

  private void addSamples(Column column) {
    int number = column.number() % RowPage.MAX_COLUMNS;
    for (Page page : inRange) {
      if (!page.shape().equals(column.shape())) {
        continue;
      }
      var block = new Block(page.number(), column.number() / RowPage.MAX_COLUMNS);
      Optional<ColumnPageReader> reader = reader(block);
      if (reader.isEmpty()) {
        continue;
      }
      try {
        reader.get().column(number, columnValues, columnRows);
      } catch (CorruptFrameException e) {
        warn(block, e);
        readers.put(block, Optional.empty());
        continue;
      }
      for (int row = columnRows.nextSetBit(0); row >= 0; row = columnRows.nextSetBit(row + 1)) {
        add(reader.get().timeMillis(row), Double.longBitsToDouble(columnValues[row]));
      }
    }
  }

  /** That a row is there says when the group was pushed to. */
  private void readPushTimes(HistorySink sink) throws IOException {
    Labels labels = PushTimes.success(key, 0).metrics().getFirst().labels();
    if (!query.matches(PushTimes.SUCCESS, labels)) {
      return;
    }
    samples.clear();
    for (Page page : inRange) {
      for (int block = 0; block < pages.blocks(page.number()); block++) {
        reader(new Block(page.number(), block))
            .ifPresent(
                reader -> {
                  for (int row = 0; row < reader.rows(); row++) {
                    long timeMillis = reader.timeMillis(row);
                    add(timeMillis, timeMillis / 1e3);
                  }
                });
      }
    }
    samples.sort();
    hand(PushTimes.SUCCESS, labels, sink);
  }

  private void add(long timeMillis, double value) {
    if (timeMillis >= query.startMillis() && timeMillis <= query.endMillis()) {
      samples.add(timeMillis, value);
    }
  }

  private void hand(String name, Labels labels, HistorySink sink) throws IOException {
    samples.sort();
    if (samples.size() > 0) {
      sink.series(name, labels, samples.timesMillis(), samples.values(), samples.size());
    }
  }

  private Optional<ColumnPageReader> reader(Block block) {
    Optional<ColumnPageReader> known = readers.get(block);
    if (known != null) {
      return known;
    }
    Optional<ColumnPageReader> opened = Optional.empty();
    try {
      DirectBuffer page = pages.columnPage(block.page(), block.number());
      if (page.capacity() > 0) {
        var reader = new ColumnPageReader();
        reader.wrap(page, 0, page.capacity());
        opened = Optional.of(reader);
      }
    } catch (CorruptFrameException e) {
      warn(block, e);
    }
    readers.put(block, opened);
    return opened;
  }

  private void warn(Block block, CorruptFrameException fault) {
    onLeftOut.run();
    log.warn(
        "a page of history is damaged and is left out",
        "group",
        key,
        "page",
        block.page(),
        "err",
        fault);
  }
}
