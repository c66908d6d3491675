package io.silverback.server.storage.files;

import io.silverback.codec.model.Version;
import io.silverback.server.log.Log;
import io.silverback.server.storage.StoreClosedException;
import io.silverback.server.storage.StoreConfig;
import io.silverback.server.storage.engine.Horizons;
import io.silverback.server.storage.engine.OffHeapMetricStore;
import io.silverback.server.storage.engine.StoreAudit;
import io.silverback.server.storage.files.StoreDirectory.Found;
import io.silverback.server.storage.maps.OffHeapMaps;
import java.io.IOException;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.function.BooleanSupplier;

/**
 * The start of a store in files: brings what an earlier process left into the next generation, and
 * makes that count.
 */
final class StoreOpening {
  private static final Log log = Log.of(StoreOpening.class);

  private final Optional<Found> found;
  private final Generation next;
  private final LiveGeneration live;
  private final OffHeapMaps maps;
  private final StoreConfig settings;
  private final Disk disk;
  private boolean foundDamage;
  private int missingGroups;

  /**
   * A start that has not begun.
   *
   * @param next the generation whose files the maps are in
   */
  StoreOpening(
      StoreDirectory directory,
      Generation next,
      LiveGeneration live,
      OffHeapMaps maps,
      StoreConfig settings,
      Disk disk) {
    this.found = directory.found();
    this.next = next;
    this.live = live;
    this.maps = maps;
    this.settings = settings;
    this.disk = disk;
  }

  /**
   * False if the process before this one did not come to close the store, or left no word of that.
   */
  boolean lastEndWasClean() {
    return found.isEmpty()
        || !found.get().generation().isMarked()
        || found.get().mark().filter(mark -> mark.isOfAnEnd(disk.boot())).isPresent();
  }

  /** True if not all could be read, so that the files are worth keeping aside. */
  boolean foundDamage() {
    return foundDamage;
  }

  /**
   * Opens the store.
   *
   * @param isClosing asked now and then
   * @throws StoreClosedException as soon as it is
   */
  OffHeapMetricStore run(BooleanSupplier isClosing) throws IOException {
    long start = System.nanoTime();
    var recovery = new StoreRecovery(next.magic(), maps, stepwiseMove(), isClosing);
    Optional<Map<Integer, Version>> horizons = Optional.of(Map.of());
    if (found.isPresent()) {
      recover(recovery, found.get());
      horizons = HorizonFile.read(found.get().generation().folder(), next.magic());
    }
    StoreRecovery.Result read = recovery.result();
    maps.continueAfter(read.lastSequence());
    var store = new OffHeapMetricStore(settings, maps);
    try {
      missingGroups = missingGroups(store.found());
      int damaged =
          read.damaged() + store.found().lostGroups() + store.found().lostPages() + missingGroups;
      foundDamage =
          damaged > 0 || horizons.isEmpty() || found.filter(it -> !it.isWhole()).isPresent();
      // What is missing because it was damaged was not purged.
      keep(damaged > 0 ? Map.of() : horizons.orElse(Map.of()), store);
      live.publish(store.heldGroups());
    } catch (IOException | RuntimeException | Error e) {
      store.close();
      throw e;
    }
    if (horizons.isEmpty()) {
      log.warn("what was purged from the store cannot be read, so other nodes are asked");
    }
    found.ifPresent(left -> report(left, read, store.found(), System.nanoTime() - start));
    return store;
  }

  /** Empty if the disk has room for both the old and the new files. */
  private Optional<StepwiseMove> stepwiseMove() throws IOException {
    if (found.isEmpty()) {
      return Optional.empty();
    }
    long used = StoreFiles.usedBytes(found.get().generation().folder());
    for (Generation half : found.get().halfMoved()) {
      used += StoreFiles.usedBytes(half.folder());
    }
    long free = disk.freeBytes(next.folder());
    if (free >= used) {
      return Optional.empty();
    }
    log.warn(
        "the disk has too little space for a second copy of the store, so the old files shrink while the new"
            + " ones are written",
        "used",
        used,
        "free",
        free);
    var move = new StepwiseMove(disk, next.folder());
    move.begin();
    return Optional.of(move);
  }

  /** Those that were there when the store was closed, and are not any more. */
  private int missingGroups(StoreAudit.Result audited) {
    return found
        .flatMap(Found::mark)
        .filter(mark -> mark.isOfAnEnd(disk.boot()))
        .map(mark -> (int) Math.max(0, mark.groups() - audited.existing() - audited.lostGroups()))
        .orElse(0);
  }

  private void recover(StoreRecovery recovery, Found left) throws IOException {
    try {
      for (Generation half : left.halfMoved()) {
        recovery.runUnfinished(half);
      }
      recovery.run(left.generation(), next.folder());
    } catch (StoreClosedException e) {
      maps.close();
      throw e;
    }
  }

  /** In the new files before they count, so that nothing is forgotten over a restart. */
  private void keep(Map<Integer, Version> kept, OffHeapMetricStore store) throws IOException {
    Horizons horizons = store.parts().tombstones().horizons();
    horizons.keepWith(live::keep, kept);
    if (!kept.isEmpty()) {
      live.keep(horizons.all());
    }
  }

  private void report(
      Found left, StoreRecovery.Result read, StoreAudit.Result audited, long nanos) {
    if (!left.isWhole()) {
      log.error(
          "the files of the store were never flushed, and what reached the disk is all there is",
          "folder",
          left.generation().folder().toString());
    }
    for (Generation newer : left.passedOver()) {
      log.warn(
          "newer files of the store were never flushed, so those from before are taken",
          "newer",
          newer.folder().toString(),
          "taken",
          left.generation().folder().toString());
    }
    if (missingGroups > 0) {
      log.error(
          "groups are missing that were there when the store was closed",
          "missing",
          missingGroups,
          "groups",
          audited.existing());
    }
    if (!lastEndWasClean()) {
      log.warn(
          "the last end was not clean: the process was killed, or ended for lack of memory, or the"
              + " system went down, before the store was closed");
    }
    Optional<FlushMark> cut = left.mark().filter(mark -> mark.isBeforeAnotherBoot(disk.boot()));
    cut.ifPresent(
        mark ->
            log.warn(
                "the system went down before the files of the store were flushed: groups that were"
                    + " pushed to or deleted since then may be missing, or as they were",
                "flushed",
                Instant.ofEpochMilli(mark.wallMillis()),
                "groups_then",
                mark.groups(),
                "groups",
                audited.existing()));
    log.info(
        "store recovered",
        "groups",
        audited.existing(),
        "interrupted",
        read.interrupted(),
        "unfinished",
        audited.unfinished(),
        "redone",
        read.redone(),
        "damaged",
        read.damaged(),
        "lost_groups",
        audited.lostGroups() + missingGroups,
        "lost_pages",
        audited.lostPages(),
        "passed_over",
        left.passedOver().size(),
        "unflushed",
        cut.isPresent() || !left.isWhole() ? 1 : 0,
        "clean",
        lastEndWasClean() ? 1 : 0,
        "seconds",
        nanos / 1e9);
  }
}
