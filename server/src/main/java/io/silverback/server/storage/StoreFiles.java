package io.silverback.server.storage;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.function.Consumer;

/** The files of one generation, as files. */
final class StoreFiles {
  private static final String IN_PROGRESS = ".in_progress";

  private StoreFiles() {}

  /** Returns when the disk has what was written to the files so far. */
  static void flush(Path folder) throws IOException {
    for (String name : OffHeapMaps.fileNames()) {
      // Linux flushes the pages of a file that were changed through any mapping of it.
      try (var file = FileChannel.open(folder.resolve(name), StandardOpenOption.WRITE)) {
        file.force(false);
      }
    }
  }

  /** What the files take on the disk, of which holes take nothing. */
  static long usedBytes(Path folder) throws IOException {
    long used = 0;
    try (var files = Files.newDirectoryStream(folder)) {
      for (Path file : files) {
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
   * @param filler puts the entries into the maps
   */
  static void writeNew(Path folder, Consumer<OffHeapMaps> filler) throws IOException {
    Path unfinished = Path.of(folder + IN_PROGRESS);
    Generation first = Generation.first(unfinished);
    Files.createDirectories(first.folder());
    try {
      try (var maps = new OffHeapMaps(first.folder(), first.magic())) {
        filler.accept(maps);
      }
      flush(first.folder());
      Files.move(unfinished, folder, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException | RuntimeException e) {
      delete(first.folder());
      delete(unfinished);
      throw e;
    }
  }

  /** Removes a folder with the files in it. */
  static void delete(Path folder) throws IOException {
    try (var files = Files.newDirectoryStream(folder)) {
      for (Path file : files) {
        Files.delete(file);
      }
    }
    Files.delete(folder);
  }
}
