package io.silverback.server.storage.files;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.UUID;

/**
 * What a store asks of its disk, apart from the bytes that it maps: the steps whose order decides
 * what a power cut leaves.
 *
 * <p>Nothing that was written, renamed or deleted is safe before it is forced. Thread-safe.
 */
interface Disk {
  /** The boot where the system does not tell. */
  UUID NO_BOOT = new UUID(0, 0);

  /** Writes a file, in place of the one that has the name. */
  void write(Path file, ByteBuffer content) throws IOException;

  /** Returns once the disk has the bytes of the file, those changed through a mapping included. */
  void force(Path file) throws IOException;

  /** Returns once the disk has the names in a folder. */
  void forceNames(Path folder) throws IOException;

  /** Gives a file or folder another name in one step, in place of a file that has it. */
  void rename(Path from, Path to) throws IOException;

  /** Removes a folder with everything in it, or a file. */
  void delete(Path folder) throws IOException;

  /** Writes a file of that many bytes of no meaning, which take as much of the disk. */
  void fill(Path file, long bytes) throws IOException;

  /** Gives the room of a part of a file back, which reads as zeros from now on. */
  void giveBack(Path file, long from, long to) throws IOException;

  long freeBytes(Path folder) throws IOException;

  /** Throws if a folder has no room for that many bytes more. */
  default void requireRoom(Path folder, long neededBytes) throws IOException {
    long free = freeBytes(folder);
    if (free < neededBytes) {
      throw new IOException(
          "the disk has too little space for a copy of the store, free some: neededBytes="
              + neededBytes
              + " freeBytes="
              + free);
    }
  }

  /** Tells this start of the operating system from others. */
  UUID boot();
}
