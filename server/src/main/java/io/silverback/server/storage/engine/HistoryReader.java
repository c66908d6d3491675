package io.silverback.server.storage.engine;

import io.silverback.codec.bytes.CorruptFrameException;
import io.silverback.codec.model.FamilyMetadata;
import io.silverback.codec.model.Fingerprint;
import io.silverback.codec.model.GroupBounds;
import io.silverback.codec.model.GroupingKey;
import io.silverback.codec.model.Labels;
import io.silverback.codec.model.MetricType;
import io.silverback.codec.page.RowPage;
import io.silverback.codec.row.FloatSeries;
import io.silverback.server.group.PushTimes;
import io.silverback.server.log.Log;
import io.silverback.server.storage.HistoryQuery;
import io.silverback.server.storage.OrderedHistorySink;
import io.silverback.server.storage.QueryBudget;
import io.silverback.server.storage.Samples;
import io.silverback.server.storage.maps.CopiedBytes;
import io.silverback.server.storage.maps.GroupKeys;
import io.silverback.server.storage.maps.Keys;
import io.silverback.server.storage.maps.OffHeapMaps;
import io.silverback.server.storage.maps.ShapeTable;
import io.silverback.server.storage.pages.BlockReader;
import io.silverback.server.storage.pages.GroupPages;
import io.silverback.server.storage.pages.GroupPages.Page;
import io.silverback.server.storage.pages.SampleTable;
import io.silverback.server.storage.pages.SeriesChunk;
import io.silverback.server.storage.pages.SeriesWalk;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import org.agrona.DirectBuffer;
import org.agrona.collections.LongArrayList;

/**
 * One query's look at the history of one group after the other.
 *
 * <p>Pages that cannot be read are left out, counted and logged. Not thread-safe.
 *
 * <p>Longer than other classes: all that is done with a group shares what is known of its pages.
 */
final class HistoryReader implements AutoCloseable {
  /*
   * Implementation notes
   *
   * An answer goes series by series, and what is stored page by page. To read a page takes a copy and
   * a checksum of all its bytes, so each is read for as many series at once as memory allows, a chunk
   * of them: their samples are gathered from all pages in their order, and then handed over. The next
   * chunk needs the pages again.
   *
   * So a query takes the memory of one chunk and of one block of a page, however much it asks for.
   * Only a single series that has more samples than a chunk takes more, which its budget may refuse.
   *
   * A series that the group has no more has ended, but no row says when: rows have what was pushed,
   * and not what went. It ended with the newest DELETE, PUT or expiry at the latest. That is when it
   * did for the group as it is now, and too late only for looks back at a group whose PUTs went on.
   * One that reads all that was pushed step by step has to know each end, and when: see SeriesEnds.
   */

  private static final Log log = Log.of(HistoryReader.class);

  /** What the samples of a chunk take at most if it is of several series. */
  private static final long CHUNK_BYTES = 8 << 20;

  /** Or this part of a small budget, so that a copied block fits in, too. */
  private static final int CHUNK_PART = 2;

  /** That of the times of pushes, which no client can push to. */
  static final String NO_FAMILY = "";

  static final FamilyMetadata PUSH_TIMES =
      new FamilyMetadata(
          PushTimes.SUCCESS, MetricType.GAUGE, PushTimes.help(PushTimes.SUCCESS), "");

  /** What an encoded key takes besides its bytes, about. */
  private static final int KEY_BYTES = 32;

  /** A series may have one sample more than its pages have rows. */
  private static final int END_MARKS = 1;

  private static final long[] NO_ENDS = {};

  private static final Comparator<Fingerprint> FINGERPRINTS =
      Comparator.comparingLong(Fingerprint::high).thenComparingLong(Fingerprint::low);

  private final OffHeapMaps maps;
  private final ShapeTable shapes;
  private final HistoryQuery query;
  private final QueryBudget budget;
  private final OrderedHistorySink sink;
  private final Runnable onLeftOut;
  private final boolean tellsEachEnd;
  private final BlockReader blocks;
  private final BlockReader allTimes;
  private final SampleTable samples;
  private final long chunkBytes;
  private long keyBytes;

  /**
   * A reader for a query.
   *
   * @param shapes visited as long as this is used
   * @param onLeftOut told of each page that cannot be read
   * @param tellsEachEnd whether a series gets a mark at each of its ends that is in the time of the
   *     query, and at no other one
   */
  HistoryReader(
      OffHeapMaps maps,
      ShapeTable shapes,
      HistoryQuery query,
      QueryBudget budget,
      OrderedHistorySink sink,
      Runnable onLeftOut,
      boolean tellsEachEnd) {
    this.maps = maps;
    this.shapes = shapes;
    this.query = query;
    this.budget = budget;
    this.sink = sink;
    this.onLeftOut = onLeftOut;
    this.tellsEachEnd = tellsEachEnd;
    this.blocks = new BlockReader(query, budget);
    this.allTimes =
        new BlockReader(new HistoryQuery(List.of(), Long.MIN_VALUE, Long.MAX_VALUE), budget);
    this.samples = new SampleTable(budget);
    this.chunkBytes = Math.min(CHUNK_BYTES, budget.mostBytes() / CHUNK_PART);
  }

  /** Hands over each series of the groups in one part of the table that has a sample. */
  void readPart(int part, GroupTable groups) throws IOException {
    try (var copies = new CopiedBytes()) {
      List<DirectBuffer> keys = groups.keysIn(part, query::mayMatch, copies);
      holdKeys(copies.takenBytes());
      for (DirectBuffer key : keys) {
        read(Keys.copyOf(key));
      }
    }
  }

  /** The same of the groups in a slot of the cluster, in the order of their keys. */
  void readSlot(int slot, ReplicaIndex index) throws IOException {
    List<byte[]> keys = index.keys(slot);
    holdKeys(keys.stream().mapToLong(key -> KEY_BYTES + key.length).sum());
    keys.sort(Arrays::compareUnsigned);
    for (byte[] key : keys) {
      if (query.mayMatch(GroupKeys.decode(key))) {
        read(key);
      }
    }
  }

  /**
   * The same of some groups in one part of the table, to which something happened in that time or
   * later.
   */
  void readChanged(int part, GroupTable groups, Predicate<byte[]> wanted) throws IOException {
    List<byte[]> keys = groups.keysChangedIn(part, query.startMillis());
    keys.removeIf(key -> !wanted.test(key));
    holdKeys(keys.stream().mapToLong(key -> KEY_BYTES + key.length).sum());
    keys.sort(Arrays::compareUnsigned);
    for (byte[] key : keys) {
      read(key);
    }
  }

  private void holdKeys(long bytes) throws IOException {
    budget.take(Math.max(0, bytes - keyBytes));
    keyBytes = Math.max(keyBytes, bytes);
  }

  private void read(byte[] key) throws IOException {
    budget.goOn();
    Optional<GroupPages> pages = GroupPages.of(key, maps);
    if (pages.isPresent()) {
      sink.group(key);
      new Group(GroupKeys.decode(key), pages.get()).read();
    }
  }

  @Override
  public void close() {
    blocks.close();
    allTimes.close();
    samples.close();
  }

  /** Reads a block of a page; what is damaged throws. */
  @FunctionalInterface
  private interface Reading {
    void read() throws IOException;
  }

  /**
   * A page, and the number of its shape among those of the group.
   *
   * <p>Numbers are given in the order in which shapes are found.
   */
  private record Numbered(Page page, int shape) {}

  /** The history of one group. */
  private final class Group {
    private final GroupingKey key;
    private final GroupPages pages;
    private final List<Fingerprint> distinct = new ArrayList<>();
    private final List<Numbered> inRange = new ArrayList<>();
    private final LongArrayList unreadable = new LongArrayList();
    private final List<long[]> ends = new ArrayList<>();
    private final BitSet ended = new BitSet();
    private final int currentShape;
    private final SeriesEnds eachEnd = new SeriesEnds(query);
    private boolean hadRows;

    private Group(GroupingKey key, GroupPages pages) throws IOException {
      this.key = key;
      this.pages = pages;
      Map<Fingerprint, Integer> numbers = new TreeMap<>(FINGERPRINTS);
      for (Page page : pages.between(query.startMillis(), query.endMillis())) {
        if (numbers.containsKey(page.shape()) || shapes.knows(page.shape())) {
          int shape = numbers.computeIfAbsent(page.shape(), this::number);
          inRange.add(new Numbered(page, shape));
        } else {
          leaveOut(page, "its shape is gone");
        }
      }
      boolean hasSeries = !pages.shape().equals(Fingerprint.NONE) && shapes.knows(pages.shape());
      currentShape =
          query.marksEnds() && hasSeries
              ? numbers.computeIfAbsent(pages.shape(), this::number)
              : SeriesEnds.NO_SHAPE;
      if (tellsEachEnd) {
        hadRows =
            eachEnd.find(
                pages,
                inRange.stream().map(Numbered::page).toList(),
                page -> numberOf(page, numbers),
                currentShape,
                this::firstMillis);
      }
    }

    private long firstMillis(Page page) throws IOException {
      var times = new LongArrayList();
      for (int block = 0; block < page.blocks(); block++) {
        int one = block;
        read(page, one, () -> allTimes.readTimes(pages, page, one, times::addLong));
      }
      return times.longStream().min().orElse(Long.MIN_VALUE);
    }

    private int numberOf(Page page, Map<Fingerprint, Integer> numbers) {
      return shapes.knows(page.shape())
          ? numbers.computeIfAbsent(page.shape(), this::number)
          : SeriesEnds.NO_SHAPE;
    }

    private int number(Fingerprint shape) {
      distinct.add(shape);
      return distinct.size() - 1;
    }

    private void read() throws IOException {
      int mostRows = inRange.stream().mapToInt(it -> it.page().mostRows()).sum();
      if (mostRows == 0 && !(tellsEachEnd && hadRows && eachEnd.isAskedFor(removedMillis()))) {
        return;
      }
      handPushTimes();
      var walk = new SeriesWalk(key, distinct, shapes, query);
      var chunk =
          new SeriesChunk(
              distinct.size(), chunkBytes / SampleTable.SAMPLE_LENGTH / capacity(mostRows));
      while (walk.hasNext()) {
        for (var series : walk.next().entrySet()) {
          boolean isOver = query.marksEnds() && !series.getValue().isIn(currentShape);
          ended.set(chunk.size(), isOver && !tellsEachEnd);
          ends.add(tellsEachEnd ? eachEnd.of(series.getValue()) : NO_ENDS);
          chunk.add(walk.family(), series.getKey(), series.getValue());
          if (chunk.isFull()) {
            hand(chunk, mostRows);
          }
        }
      }
      hand(chunk, mostRows);
    }

    private int capacity(int mostRows) {
      return mostRows + END_MARKS + eachEnd.count();
    }

    private void hand(SeriesChunk chunk, int mostRows) throws IOException {
      if (chunk.size() == 0) {
        return;
      }
      samples.start(chunk.size(), capacity(mostRows));
      List<long[]> wanted = IntStream.range(0, distinct.size()).mapToObj(chunk::wanted).toList();
      for (Numbered numbered : inRange) {
        gather(numbered.page(), wanted.get(numbered.shape()));
      }
      for (int i = 0; i < chunk.size(); i++) {
        FloatSeries series = chunk.series(i);
        for (long millis : ends.get(i)) {
          samples.add(i, millis, HistoryQuery.STALE);
        }
        sink.family(chunk.family(i));
        hand(chunk.family(i).name(), series.name(), series.labels(), i, ended.get(i));
      }
      chunk.clear();
      ends.clear();
    }

    /** Adds what a page has of the wanted columns, block by block. */
    private void gather(Page page, long[] wanted) throws IOException {
      int from = 0;
      while (from < wanted.length) {
        int first = from;
        int block = blockOf(wanted[first]);
        while (from < wanted.length && blockOf(wanted[from]) == block) {
          from++;
        }
        int end = from;
        read(page, block, () -> blocks.read(pages, page, block, wanted, first, end, samples));
      }
    }

    /** That a row is there says when the group was pushed to. */
    private void handPushTimes() throws IOException {
      Labels labels = PushTimes.success(key, 0).metrics().getFirst().labels();
      if (!query.matches(PushTimes.SUCCESS, labels)) {
        return;
      }
      int most = 0;
      for (Numbered numbered : inRange) {
        Page page = numbered.page();
        most += page.blocks() == 1 ? page.mostRows() : times(page).length;
      }
      samples.start(1, most + END_MARKS);
      for (Numbered numbered : inRange) {
        for (long timeMillis : times(numbered.page())) {
          samples.add(0, timeMillis, timeMillis / 1e3);
        }
      }
      GroupBounds bounds = pages.bounds();
      boolean isShown =
          bounds.pushMillis() > 0 && (!bounds.isStale() || bounds.expiry().keepsPushTime());
      if (tellsEachEnd && !isShown && hadRows && eachEnd.isAskedFor(removedMillis())) {
        samples.add(0, removedMillis(), HistoryQuery.STALE);
      }
      boolean hasEnded = query.marksEnds() && !isShown;
      sink.family(PUSH_TIMES);
      hand(NO_FAMILY, PushTimes.SUCCESS, labels, 0, hasEnded && !tellsEachEnd);
    }

    /** When the rows of a page were pushed, each of which some block has. */
    private long[] times(Page page) throws IOException {
      var times = new LongArrayList();
      for (int block = 0; block < page.blocks(); block++) {
        int one = block;
        read(page, one, () -> blocks.readTimes(pages, page, one, times::addLong));
      }
      return times.longStream().sorted().distinct().toArray();
    }

    private void hand(String family, String name, Labels labels, int number, boolean hasEnded)
        throws IOException {
      Samples found = samples.of(number);
      if (found.size() == 0) {
        return;
      }
      if (hasEnded) {
        long lastMillis = found.timeMillis(found.size() - 1);
        long endMillis = Math.max(removedMillis(), lastMillis + 1);
        // A member that missed updates of the group may have newer rows than its state.
        if (removedMillis() >= lastMillis && endMillis <= query.endMillis()) {
          samples.add(number, endMillis, HistoryQuery.STALE);
          found = samples.of(number);
        }
      }
      sink.series(family, name, labels, found);
    }

    private long removedMillis() {
      return pages.bounds().removedMillis();
    }

    private void read(Page page, int block, Reading reading) throws IOException {
      budget.goOn();
      long place = (long) page.number() << Integer.SIZE | block;
      if (unreadable.containsLong(place)) {
        return;
      }
      try {
        reading.read();
      } catch (CorruptFrameException e) {
        unreadable.addLong(place);
        leaveOut(page, String.valueOf(e.getMessage()));
      }
    }

    private void leaveOut(Page page, String reason) {
      onLeftOut.run();
      log.warn(
          "a page of history cannot be read and is left out",
          "group",
          key,
          "page",
          page.number(),
          "reason",
          reason);
    }
  }

  private static int blockOf(long wanted) {
    return BlockReader.columnOf(wanted) / RowPage.MAX_COLUMNS;
  }
}
