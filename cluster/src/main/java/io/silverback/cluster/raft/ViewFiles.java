package io.silverback.cluster.raft;

import static java.util.Map.entry;

import io.silverback.cluster.View;
import io.silverback.codec.bytes.MalformedBytesException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.zip.CRC32;

/**
 * The folder of a view log: {@code view}, the newest view seen; {@code seed}, what the server was
 * started from, there only while it is a voter or about to be; {@code log}, the files of Ratis; and
 * {@code removed}, those of the time when it was a voter last. Not thread-safe.
 *
 * <p>Both small files begin with a CRC-32 of the rest, and are replaced as a whole.
 */
final class ViewFiles {
  private static final System.Logger logger = System.getLogger(ViewFiles.class.getName());

  private static final int CHECKSUM_LENGTH = Integer.BYTES;
  private static final int SEED_HEADER_LENGTH = Long.BYTES + Byte.BYTES;

  /** Term and vote, as Ratis names and places them within the folder of a group. */
  private static final Path VOTE = Path.of("current", "raft-meta");

  private final Path folder;

  /**
   * The files in a folder, which is made where it is missing.
   *
   * @throws UncheckedIOException if it cannot be made
   */
  ViewFiles(Path folder) {
    this.folder = folder;
    try {
      Files.createDirectories(folder);
    } catch (IOException failure) {
      throw new UncheckedIOException("the view log has no folder: folder=" + folder, failure);
    }
  }

  /** Where Ratis keeps a folder for each group. */
  Path log() {
    return folder.resolve("log");
  }

  /** Empty if there is none, or it is broken, which is logged. */
  Optional<View> view() {
    return read("view").flatMap(bytes -> decoded("view", bytes));
  }

  void writeView(View view) throws IOException {
    write("view", view.encode());
  }

  /** Empty if there is none, or it is broken, which is logged. */
  Optional<Seed> seed() {
    Optional<byte[]> bytes = read("seed");
    if (bytes.isEmpty() || bytes.get().length < SEED_HEADER_LENGTH) {
      return Optional.empty();
    }
    ByteBuffer seed = ByteBuffer.wrap(bytes.get());
    long storeId = seed.getLong();
    boolean first = seed.get() != 0;
    byte[] view = new byte[seed.remaining()];
    seed.get(view);
    return decoded("seed", view).map(decoded -> new Seed(storeId, first, decoded));
  }

  void writeSeed(Seed seed) throws IOException {
    byte[] view = seed.view().encode();
    write(
        "seed",
        ByteBuffer.allocate(SEED_HEADER_LENGTH + view.length)
            .putLong(seed.storeId())
            .put((byte) (seed.first() ? 1 : 0))
            .put(view)
            .array());
  }

  /**
   * Takes the files of a former voter out of the way. Its term and its vote stay, since it may be
   * made a voter again under the same name, and must not vote twice.
   *
   * @param keepVotes false if the name is not used again
   */
  void putAside(boolean keepVotes) throws IOException {
    Files.deleteIfExists(folder.resolve("seed"));
    if (!Files.exists(log())) {
      return;
    }
    Path removed = folder.resolve("removed");
    delete(removed);
    Files.move(log(), removed, StandardCopyOption.ATOMIC_MOVE);
    if (keepVotes) {
      try (var groups = Files.newDirectoryStream(removed)) {
        for (Path group : groups) {
          Path vote = group.resolve(VOTE);
          if (Files.exists(vote)) {
            Path kept = log().resolve(group.getFileName()).resolve(VOTE);
            Files.createDirectories(kept.getParent());
            Files.copy(vote, kept);
          }
        }
      }
    }
  }

  /**
   * Takes the files of all groups but that one out of the way: those of an earlier generation, as
   * the library would start what it finds.
   */
  void keepOnly(String group) throws IOException {
    if (!Files.exists(log())) {
      return;
    }
    List<Path> others;
    try (var groups = Files.list(log())) {
      others = groups.filter(path -> !path.getFileName().toString().equals(group)).toList();
    }
    Path removed = folder.resolve("removed");
    if (!others.isEmpty()) {
      delete(removed);
      Files.createDirectories(removed);
    }
    for (Path other : others) {
      Files.move(other, removed.resolve(other.getFileName()), StandardCopyOption.ATOMIC_MOVE);
    }
  }

  private static void delete(Path path) throws IOException {
    if (!Files.exists(path)) {
      return;
    }
    List<Path> files;
    try (var walk = Files.walk(path)) {
      files = walk.sorted(Comparator.reverseOrder()).toList();
    }
    for (Path file : files) {
      Files.delete(file);
    }
  }

  private Optional<byte[]> read(String name) {
    byte[] bytes;
    try {
      bytes = Files.readAllBytes(folder.resolve(name));
    } catch (NoSuchFileException _) {
      return Optional.empty();
    } catch (IOException failure) {
      throw new UncheckedIOException(
          "cannot be read: file=" + folder.resolve(name) + " error=" + failure, failure);
    }
    if (bytes.length >= CHECKSUM_LENGTH) {
      ByteBuffer file = ByteBuffer.wrap(bytes);
      int checksum = file.getInt();
      byte[] content = new byte[file.remaining()];
      file.get(content);
      if (checksum == checksumOf(content)) {
        return Optional.of(content);
      }
    }
    logger.log(
        System.Logger.Level.ERROR,
        "a file of the view log is broken and is taken as missing",
        entry("file", folder.resolve(name)));
    return Optional.empty();
  }

  private Optional<View> decoded(String name, byte[] bytes) {
    try {
      return Optional.of(View.decode(bytes));
    } catch (MalformedBytesException malformed) {
      logger.log(
          System.Logger.Level.ERROR,
          "a file of the view log is broken and is taken as missing",
          entry("file", folder.resolve(name)),
          entry("reason", String.valueOf(malformed.getMessage())));
      return Optional.empty();
    }
  }

  private void write(String name, byte[] content) throws IOException {
    Path written = folder.resolve(name + ".new");
    ByteBuffer file =
        ByteBuffer.allocate(CHECKSUM_LENGTH + content.length)
            .putInt(checksumOf(content))
            .put(content)
            .flip();
    try (var channel =
        FileChannel.open(
            written,
            StandardOpenOption.CREATE,
            StandardOpenOption.TRUNCATE_EXISTING,
            StandardOpenOption.WRITE)) {
      while (file.hasRemaining()) {
        channel.write(file);
      }
      channel.force(true);
    }
    Files.move(
        written,
        folder.resolve(name),
        StandardCopyOption.ATOMIC_MOVE,
        StandardCopyOption.REPLACE_EXISTING);
  }

  private static int checksumOf(byte[] content) {
    var checksum = new CRC32();
    checksum.update(content);
    return (int) checksum.getValue();
  }
}
