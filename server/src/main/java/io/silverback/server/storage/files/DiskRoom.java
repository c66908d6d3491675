package io.silverback.server.storage.files;

import io.silverback.server.log.Log;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Whether the disk of a store has room, and a reserve for when it has none.
 *
 * <p>A write to a mapped page that the disk has no room for cannot be refused any more, so pushes
 * are refused before. What frees memory, as a DELETE does, writes a little, too: for that there is
 * a file of bytes of no meaning, which goes when the disk is full, and is made again when it has
 * room. Thread-safe.
 */
final class DiskRoom {
  private static final Log log = Log.of(DiskRoom.class);

  /** What new files take before they have entries, and a little more. */
  private static final long NEW_FILES_BYTES = 32L << 20;

  /** What a start needs in any case: new files, and the room to fill them step by step. */
  static final long START_BYTES = NEW_FILES_BYTES + StepwiseMove.LEAST_BYTES;

  private static final String RESERVE = "reserve";
  private static final long MOST_RESERVE_BYTES = 16 << 20;
  private static final int RESERVE_PART = 8;

  /** With less than this a disk is full, whatever the limit says. */
  private static final long LITTLE_BYTES = 1 << 20;

  private final Disk disk;
  private final Path folder;
  private final Path reserve;
  private final long minFreeBytes;
  private final long reserveBytes;
  private volatile long freeBytes = Long.MAX_VALUE;
  private volatile boolean isFull;
  private volatile boolean isShortOfStart;
  private boolean hasReserve;

  /**
   * That of a folder, without a look so far. A reserve that an earlier process left is given back.
   *
   * @param minFreeBytes below which the disk counts as full; an eighth of it is the reserve, but at
   *     most 16 MiB
   */
  DiskRoom(Disk disk, Path folder, long minFreeBytes) throws IOException {
    this.disk = disk;
    this.folder = folder;
    this.reserve = folder.resolve(RESERVE);
    this.minFreeBytes = minFreeBytes;
    this.reserveBytes = Math.min(MOST_RESERVE_BYTES, minFreeBytes / RESERVE_PART);
    this.hasReserve = Files.exists(reserve);
    giveBackReserve();
  }

  /** At the last look. */
  long freeBytes() {
    return freeBytes;
  }

  /** Looks at the disk, and has a reserve if there is room for one. */
  synchronized void look() throws IOException {
    ask();
    if (!hasReserve && reserveBytes > 0 && freeBytes - reserveBytes >= minFreeBytes) {
      hasReserve = true;
      disk.fill(reserve, reserveBytes);
    }
  }

  /** Called before the files of a start are made. */
  void requireStart() throws IOException {
    long free = disk.freeBytes(folder);
    if (free < NEW_FILES_BYTES) {
      throw new IOException(noRoomForStart(free));
    }
  }

  static String noRoomForStart(long freeBytes) {
    return "the disk has too little space for a start, free some: neededBytes="
        + START_BYTES
        + " freeBytes="
        + freeBytes;
  }

  /** True if nothing may be written any more that can be refused. Asks the disk, which is quick. */
  boolean isFull() {
    tryToAsk();
    return isFull;
  }

  /** True if a write that has failed may have failed for lack of room. */
  boolean isExhausted() {
    tryToAsk();
    return isFull || freeBytes < LITTLE_BYTES;
  }

  /** True if no more is free than two times the reserve, at the last look. */
  boolean isAlmostOut() {
    return freeBytes < 2 * reserveBytes;
  }

  /**
   * Called before something is written that cannot be refused: it may take the reserve. Not given
   * back before, as whatever fills the disk would take that, too.
   */
  void makeRoom() {
    tryToAsk();
    if (freeBytes < reserveBytes) {
      try {
        giveBackReserve();
      } catch (IOException e) {
        log.error("the reserve of a full disk cannot be given back", "err", e);
      }
    }
  }

  private synchronized void giveBackReserve() throws IOException {
    if (hasReserve) {
      disk.delete(reserve);
      hasReserve = false;
    }
  }

  private void tryToAsk() {
    try {
      ask();
    } catch (IOException _) {
      // Then the last answer counts; the next look fails in the same way, and is a chore's.
    }
  }

  private void ask() throws IOException {
    long free = disk.freeBytes(folder);
    freeBytes = free;
    noteFull(free < minFreeBytes);
    noteShortOfStart(free < START_BYTES);
  }

  private void noteFull(boolean now) {
    boolean before = isFull;
    isFull = now;
    if (now && !before) {
      log.error(
          "the disk of the store is full: pushes are refused",
          "folder",
          folder.toString(),
          "free",
          freeBytes,
          "limit",
          minFreeBytes);
    } else if (before && !now) {
      log.info("the disk of the store has enough space again", "free", freeBytes);
    }
  }

  private void noteShortOfStart(boolean now) {
    boolean before = isShortOfStart;
    isShortOfStart = now;
    if (now && !before) {
      log.error(
          "the disk of the store has too little space for the next start, free some before one",
          "folder",
          folder.toString(),
          "free",
          freeBytes,
          "needed",
          START_BYTES);
    }
  }
}
