package io.silverback.server.storage;

import io.silverback.codec.model.Version;
import io.silverback.server.log.Log;
import io.silverback.server.storage.StoreDirectory.Found;
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
  private final StoreSettings settings;
  private final Disk disk;
  private boolean foundDamage;

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
      StoreSettings settings,
      Disk disk) {
    this.found = directory.found();
    this.next = next;
    this.live = live;
    this.maps = maps;
    this.settings = settings;
    this.disk = disk;
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
    int format = found.map(it -> it.generation().format()).orElse(Generation.FORMAT);
    var recovery = new StoreRecovery(next.magic(), format, maps, isClosing);
    Optional<Map<Integer, Version>> horizons = Optional.of(Map.of());
    if (found.isPresent()) {
      Generation old = found.get().generation();
      disk.requireRoom(next.folder(), StoreFiles.usedBytes(old.folder()));
      recover(recovery, old);
      horizons = HorizonFile.read(old.folder(), next.magic());
    }
    StoreRecovery.Result read = recovery.result();
    maps.continueAfter(read.lastSequence());
    var store = new OffHeapMetricStore(settings, maps);
    try {
      int damaged = read.damaged() + store.found().lostGroups() + store.found().lostPages();
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

  private void recover(StoreRecovery recovery, Generation old) throws IOException {
    try {
      recovery.run(old.folder(), next.folder());
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
        audited.lostGroups(),
        "lost_pages",
        audited.lostPages(),
        "passed_over",
        left.passedOver().size(),
        "unflushed",
        cut.isPresent() || !left.isWhole() ? 1 : 0,
        "seconds",
        nanos / 1e9);
  }
}
