package io.silverback.server.storage.files;

import io.silverback.codec.model.Version;
import io.silverback.server.storage.maps.OffHeapMaps;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.function.LongSupplier;

/** The generation that this process writes: makes it count, and flushes it. Thread-safe. */
final class LiveGeneration {
  private final StoreDirectory directory;
  private final Generation generation;
  private final Disk disk;
  private final StoreFiles files;
  private final LongSupplier wallMillis;

  /** By which the system knows each file, once the generation counts; empty if it does not say. */
  private final Map<String, Optional<Object>> keys = new HashMap<>();

  private Path folder;

  /**
   * A generation that was begun in the directory and does not count yet.
   *
   * @param wallMillis the wall clock, in milliseconds since the epoch
   */
  LiveGeneration(
      StoreDirectory directory, Generation generation, Disk disk, LongSupplier wallMillis) {
    this.directory = directory;
    this.generation = generation;
    this.disk = disk;
    this.files = new StoreFiles(disk);
    this.wallMillis = wallMillis;
    this.folder = generation.folder();
  }

  /**
   * Brings the files to the disk and makes them count. Nothing may be acknowledged before: until
   * then the next start would take the generation before this one.
   */
  synchronized void publish(long groups) throws IOException {
    flush(groups);
    folder = directory.publish(generation);
    for (String name : OffHeapMaps.fileNames()) {
      keys.put(name, keyOf(folder.resolve(name)));
    }
  }

  /**
   * Looks whether the files are still there, which the maps would not notice.
   *
   * @throws IOException if one was deleted, or is another one under the same name
   */
  synchronized void requireFiles() throws IOException {
    for (var file : keys.entrySet()) {
      Path path = folder.resolve(file.getKey());
      if (!Files.exists(path)) {
        throw new IOException(
            "a file of the store was deleted, and what is stored ends with this process: file="
                + path);
      }
      if (!file.getValue().equals(keyOf(path))) {
        throw new IOException("a file of the store was replaced by another: file=" + path);
      }
    }
  }

  private static Optional<Object> keyOf(Path file) throws IOException {
    return Optional.ofNullable(Files.readAttributes(file, BasicFileAttributes.class).fileKey());
  }

  /** Returns when the disk has all that was written to the files so far. */
  synchronized void flush(long groups) throws IOException {
    flush(groups, disk.boot());
  }

  /** The last flush, with nothing written during it or after. */
  synchronized void end(long groups) throws IOException {
    flush(groups, Disk.NO_BOOT);
  }

  private void flush(long groups, UUID boot) throws IOException {
    var mark = new FlushMark(wallMillis.getAsLong(), groups, boot);
    files.flush(folder);
    files.mark(folder, generation.magic(), mark);
  }

  /** Keeps the horizons, after all of which they would say that it was purged if it were lost. */
  synchronized void keep(List<Version> horizons) throws IOException {
    files.flush(folder);
    files.replace(folder, HorizonFile.NAME, HorizonFile.encode(generation.magic(), horizons));
  }
}
