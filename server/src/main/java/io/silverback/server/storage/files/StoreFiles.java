package io.silverback.server.storage.files;

import io.silverback.server.storage.maps.DataExtents;
import io.silverback.server.storage.maps.OffHeapMaps;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.ToLongFunction;

/** The files of one generation, as files. Thread-safe for different files. */
public final class StoreFiles {
  private static final String IN_PROGRESS = ".in_progress";

  private final Disk disk;

  StoreFiles(Disk disk) {
    this.disk = disk;
  }

  /** Returns when the disk has what was written to the maps so far. */
  void flush(Path folder) throws IOException {
    for (String name : OffHeapMaps.fileNames()) {
      disk.force(folder.resolve(name));
    }
  }

  /** Makes a generation count that was flushed, or says that it was flushed again. */
  void mark(Path folder, long magic, FlushMark mark) throws IOException {
    replace(folder, FlushMark.NAME, mark.encode(magic));
  }

  /**
   * Replaces a small file; returns when the disk has the new one. Whatever happens meanwhile, there
   * is the old one or the new one.
   */
  void replace(Path folder, String name, ByteBuffer content) throws IOException {
    Path unfinished = folder.resolve(name + IN_PROGRESS);
    disk.write(unfinished, content);
    disk.force(unfinished);
    disk.rename(unfinished, folder.resolve(name));
    disk.forceNames(folder);
  }

  /** What the files take on the disk, of which holes take nothing. */
  public static long usedBytes(Path folder) throws IOException {
    long used = 0;
    for (String name : OffHeapMaps.fileNames()) {
      Path file = folder.resolve(name);
      if (Files.isRegularFile(file)) {
        for (DataExtents.Extent extent : DataExtents.of(file)) {
          used += extent.end() - extent.start();
        }
      }
    }
    return used;
  }

  /**
   * Makes a store in a folder that is not there yet, or nothing.
   *
   * @param filler puts the entries into the maps, and tells how many groups they are
   */
  void writeNew(Path folder, long wallMillis, ToLongFunction<OffHeapMaps> filler)
      throws IOException {
    Path unfinished = Path.of(folder + IN_PROGRESS);
    Generation first = Generation.first(unfinished);
    Files.createDirectories(first.folder());
    try {
      long groups;
      try (var maps = new OffHeapMaps(first.folder(), first.magic())) {
        groups = filler.applyAsLong(maps);
      }
      flush(first.folder());
      mark(first.folder(), first.magic(), new FlushMark(wallMillis, groups, Disk.NO_BOOT));
      disk.forceNames(unfinished);
      disk.rename(unfinished, folder);
      disk.forceNames(folder.resolveSibling(""));
    } catch (IOException | RuntimeException e) {
      disk.delete(unfinished);
      throw e;
    }
  }
}
