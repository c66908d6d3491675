package io.silverback.server.storage.maps;

import io.silverback.server.storage.StorageStatistics.MapStatistics;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The maps of one store: how they are opened, laid out and closed.
 *
 * <p>Room is taken from the operating system as entries come and is used again when they go. It is
 * given back where most of a map's entries have gone, if the map has a file.
 */
public final class OffHeapMaps implements AutoCloseable {
  /** The file in which values are kept while they are written. */
  public static final String LANES = "writes";

  private static final int MIB = 1 << 20;

  /** Far above what fits into a request. */
  private static final int LONGEST_KEY = MIB;

  private static final OffHeapMap.Plan GROUPS =
      new OffHeapMap.Plan("groups", 1, 64, 32, 16, 64L * MIB, 16 * 1024, HistoryHead.EDITED_LENGTH);
  private static final OffHeapMap.Plan SHAPES =
      new OffHeapMap.Plan("shapes", 2, 16, 64, 4, 64L * MIB, 16 * 1024, ShapeTable.EDITED_LENGTH);
  private static final OffHeapMap.Plan SYMBOLS =
      new OffHeapMap.Plan("symbols", 3, 8, 32, 4, 64L * MIB, 32 * 1024, SymbolTable.EDITED_LENGTH);
  private static final OffHeapMap.Plan OPEN_PAGES =
      new OffHeapMap.Plan("open_pages", 4, 12, 64, 16, 64L * MIB, 16 * 1024, 0);
  private static final OffHeapMap.Plan PAGES =
      new OffHeapMap.Plan("pages", 5, 16, 64, 16, 64L * MIB, 16 * 1024, 0);
  private static final OffHeapMap.Plan TALLIES =
      new OffHeapMap.Plan("tallies", 6, 16, 64, 4, 16L * MIB, 64 * 1024, 0);
  private static final OffHeapMap.Plan SLOTS =
      new OffHeapMap.Plan("slots", 7, 8, 16, 16, 64L * MIB, 16 * 1024, 0);
  private static final OffHeapMap.Plan LABEL_SETS =
      new OffHeapMap.Plan("label_sets", 8, 16, 32, 4, 16L * MIB, 16 * 1024, 0);

  /** Those whose files outlive the process. */
  private static final List<OffHeapMap.Plan> KEPT =
      List.of(GROUPS, SHAPES, SYMBOLS, OPEN_PAGES, PAGES);

  /** Grouping key to the group's state. */
  public final OffHeapMap groups;

  /** Fingerprint to shape. */
  public final OffHeapMap shapes;

  /** Symbol to text. */
  public final OffHeapMap symbols;

  /**
   * Group and block to the open page of history. Apart from the sealed ones: these change and grow,
   * and would leave gaps between those that come once and go in the order in which they came.
   */
  public final OffHeapMap openPages;

  /** Group, number and block to a sealed page of history. */
  public final OffHeapMap pages;

  /** Fingerprint to a row of counters; made anew from the groups whenever a store is opened. */
  public final OffHeapMap tallies;

  /**
   * Number of a group to its place in the list of its slot; empty unless it is a member's store.
   */
  public final OffHeapMap slots;

  /** Fingerprint to a set of label names; empty unless it is a member's store. */
  public final OffHeapMap labelSets;

  /** Null if nothing is to outlive the process. */
  private final @Nullable WriteLanes lanes;

  private final BooleanSupplier sparesRoom;

  /** Maps that end with the process. */
  public OffHeapMaps() {
    this(plan -> plan);
  }

  /**
   * The same with other plans.
   *
   * @param changed makes them of the usual ones
   */
  OffHeapMaps(UnaryOperator<OffHeapMap.Plan> changed) {
    lanes = null;
    sparesRoom = () -> false;
    groups = changed.apply(GROUPS).create();
    shapes = changed.apply(SHAPES).create();
    symbols = changed.apply(SYMBOLS).create();
    openPages = changed.apply(OPEN_PAGES).create();
    pages = changed.apply(PAGES).create();
    tallies = changed.apply(TALLIES).create();
    slots = changed.apply(SLOTS).create();
    labelSets = changed.apply(LABEL_SETS).create();
  }

  /**
   * Maps in new files of a folder.
   *
   * @param magic the number of the store
   */
  public OffHeapMaps(Path folder, long magic) throws IOException {
    this(folder, magic, () -> false);
  }

  /**
   * The same on a disk that may become full.
   *
   * @param sparesRoom true while it is, so that nothing should be written that can be done without
   */
  public OffHeapMaps(Path folder, long magic, BooleanSupplier sparesRoom) throws IOException {
    this.sparesRoom = sparesRoom;
    lanes = new WriteLanes(folder.resolve(LANES), magic, longestEnvelope());
    groups = GROUPS.createIn(folder, lanes);
    shapes = SHAPES.createIn(folder, lanes);
    symbols = SYMBOLS.createIn(folder, lanes);
    openPages = OPEN_PAGES.createIn(folder, lanes);
    pages = PAGES.createIn(folder, lanes);
    tallies = TALLIES.create();
    slots = SLOTS.create();
    labelSets = LABEL_SETS.create();
  }

  /** True while nothing should be written that can be done without. */
  public boolean spareRoom() {
    return sparesRoom.getAsBoolean();
  }

  /** Makes the next write a later one than those of earlier processes. */
  public void continueAfter(long lastSequence) {
    if (lanes != null) {
      lanes.continueAfter(lastSequence);
    }
  }

  /** Gives room that many entries have left back to the disk. For one thread at a time. */
  public void giveBack() {
    Stream.of(groups, shapes, symbols, openPages, pages).forEach(OffHeapMap::giveBack);
  }

  /** The names of the files, that of the lanes last. */
  public static List<String> fileNames() {
    return Stream.concat(KEPT.stream().map(OffHeapMap.Plan::name), Stream.of(LANES)).toList();
  }

  /** How long an envelope can be. */
  public static int longestEnvelope() {
    int longest = 0;
    for (OffHeapMap.Plan plan : KEPT) {
      longest = Math.max(longest, plan.longestBytes());
    }
    return Envelope.length(LONGEST_KEY, longest);
  }

  /** The map whose entries bear that number in files. */
  public Optional<OffHeapMap> numbered(int number) {
    return Stream.of(groups, shapes, symbols, openPages, pages)
        .filter(map -> map.number() == number)
        .findAny();
  }

  public List<MapStatistics> statistics() {
    return Stream.of(groups, shapes, symbols, openPages, pages, tallies, slots, labelSets)
        .map(map -> new MapStatistics(map.name(), map.size(), map.allocatedBytes()))
        .toList();
  }

  @Override
  public void close() {
    groups.close();
    shapes.close();
    symbols.close();
    openPages.close();
    pages.close();
    tallies.close();
    slots.close();
    labelSets.close();
    if (lanes != null) {
      lanes.close();
    }
  }
}
