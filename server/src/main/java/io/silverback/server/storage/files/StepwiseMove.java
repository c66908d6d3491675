package io.silverback.server.storage.files;

import io.silverback.server.storage.maps.Holes;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Lets the files of earlier generations shrink while their entries move into the next one, on a
 * disk that has no room for both.
 *
 * <p>Step by step: once the disk has what has moved, its old place is given back. So if this start
 * does not come to its end, each entry is in the old files, in the new ones, or in both; a mark in
 * the unfinished generation says that the next start has to read it, too. Layout: {@code
 * docs/formats/store.md}.
 */
final class StepwiseMove {
  /** The mark. */
  private static final String NAME = "moving";

  private static final long STEP_BYTES = 8 << 20;

  /**
   * What has to be free for a step, as new entries may be packed less densely than the old ones.
   */
  static final long LEAST_BYTES = 2 * STEP_BYTES;

  /** The start of a file, without which it would look like one that was lost. */
  private static final long KEPT_BYTES = Holes.PAGE_BYTES;

  private final Disk disk;
  private final StoreFiles files;
  private final Path next;
  private final Map<Path, Long> moved = new LinkedHashMap<>();
  private long movedBytes;

  /** A move that has not begun into the unfinished generation in that folder. */
  StepwiseMove(Disk disk, Path next) {
    this.disk = disk;
    this.files = new StoreFiles(disk);
    this.next = next;
  }

  /** True if entries may have been moved into a generation that was not finished. */
  static boolean hasBegun(Path folder) {
    return Files.exists(folder.resolve(NAME));
  }

  /** From now on the next start reads the unfinished generation. */
  void begin() throws IOException {
    requireRoom();
    files.replace(next, NAME, ByteBuffer.allocate(0));
    disk.forceNames(next.resolveSibling(""));
  }

  /** Notes that all entries in a part of a file have moved, with all that were in it before. */
  void passed(Path file, long from, long to) throws IOException {
    moved.put(file, to);
    movedBytes += to - from;
    if (movedBytes >= STEP_BYTES) {
      files.flush(next);
      for (var done : moved.entrySet()) {
        giveBack(done.getKey(), done.getValue());
      }
      moved.clear();
      movedBytes = 0;
      requireRoom();
    }
  }

  private void giveBack(Path file, long end) throws IOException {
    long wholePages = end / Holes.PAGE_BYTES * Holes.PAGE_BYTES;
    if (wholePages > KEPT_BYTES) {
      disk.giveBack(file, KEPT_BYTES, wholePages);
    }
  }

  private void requireRoom() throws IOException {
    long free = disk.freeBytes(next);
    if (free < LEAST_BYTES) {
      throw new IOException(DiskRoom.noRoomForStart(free));
    }
  }
}
