package io.silverback.server.storage.files;

import io.silverback.server.log.Log;
import io.silverback.server.storage.maps.Holes;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.SplittableRandom;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** The disk as the operating system has it. Stateless. */
final class SystemDisk implements Disk {
  private static final Log log = Log.of(SystemDisk.class);

  private static final int FILL_CHUNK_BYTES = 1 << 16;

  /** Linux makes a random one at each start. */
  private static final Path BOOT_ID = Path.of("/proc/sys/kernel/random/boot_id");

  @Override
  public void write(Path file, ByteBuffer content) throws IOException {
    try (var channel =
        FileChannel.open(
            file,
            StandardOpenOption.CREATE,
            StandardOpenOption.TRUNCATE_EXISTING,
            StandardOpenOption.WRITE)) {
      ByteBuffer left = content.duplicate();
      while (left.hasRemaining()) {
        channel.write(left);
      }
    }
  }

  @Override
  public void force(Path file) throws IOException {
    // Linux flushes the pages of a file that were changed through any mapping of it.
    try (var channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      channel.force(false);
    }
  }

  @Override
  public void forceNames(Path folder) throws IOException {
    try (var names = FileChannel.open(folder, StandardOpenOption.READ)) {
      names.force(true);
    }
  }

  @Override
  public void rename(Path from, Path to) throws IOException {
    Files.move(from, to, StandardCopyOption.ATOMIC_MOVE);
  }

  @Override
  public void delete(Path folder) throws IOException {
    Files.walkFileTree(
        folder,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
              throws IOException {
            Files.delete(file);
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult postVisitDirectory(Path emptied, @Nullable IOException fault)
              throws IOException {
            if (fault != null) {
              throw fault;
            }
            Files.delete(emptied);
            return FileVisitResult.CONTINUE;
          }
        });
  }

  @Override
  public void fill(Path file, long bytes) throws IOException {
    // At random, as some file systems need no room for zeros, or for what they have already.
    var random = new SplittableRandom();
    byte[] chunk = new byte[FILL_CHUNK_BYTES];
    try (var out = Files.newOutputStream(file)) {
      for (long left = bytes; left > 0; left -= chunk.length) {
        random.nextBytes(chunk);
        out.write(chunk, 0, (int) Math.min(left, chunk.length));
      }
    }
  }

  @Override
  public void giveBack(Path file, long from, long to) throws IOException {
    Holes.punch(file, from, to);
  }

  @Override
  public long freeBytes(Path folder) throws IOException {
    // One call of the system; what the other way asks for besides takes a hundred times as long.
    long free = folder.toFile().getUsableSpace();
    return free > 0 ? free : Files.getFileStore(folder).getUsableSpace();
  }

  @Override
  public UUID boot() {
    try {
      return Files.exists(BOOT_ID) ? UUID.fromString(Files.readString(BOOT_ID).strip()) : NO_BOOT;
    } catch (IOException | IllegalArgumentException e) {
      log.warn("cannot tell whether the system was restarted", "file", BOOT_ID, "err", e);
      return NO_BOOT;
    }
  }
}
