package io.silverback.server.storage;

import io.silverback.server.log.Log;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The folder of a store, and which files in it count.
 *
 * <p>The maps lie in a folder whose name says all that has to be known before a file is read: the
 * version of the format, the generation, and the number by which entries are found. Each start
 * moves what it finds into the next generation, which counts from the moment in which it gets its
 * name. One process at a time may use a store. Layout: {@code docs/formats/store.md}.
 */
final class StoreDirectory implements AutoCloseable {
  private static final Log log = Log.of(StoreDirectory.class);

  private static final String IN_PROGRESS = ".in_progress";
  private static final String SET_ASIDE = "set-aside-";
  private static final String LOCK = "lock";
  private static final int KEPT_ASIDE = 2;

  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmss.SSS'Z'").withZone(ZoneOffset.UTC);

  private final Path root;
  private final FileChannel lock;
  private final Optional<Generation> found;

  private StoreDirectory(Path root, FileChannel lock, Optional<Generation> found) {
    this.root = root;
    this.lock = lock;
    this.found = found;
  }

  /**
   * Takes the folder for this process, and makes it if there is none. A file that lies there is
   * kept aside.
   *
   * @throws StoreUnusableException if the folder cannot be used, or is used by another process, or
   *     was written by a newer version
   */
  static StoreDirectory open(Path root) {
    FileChannel lock = null;
    try {
      if (Files.exists(root) && !Files.isDirectory(root)) {
        ForeignFile.keepAside(root, Path.of(root + "." + SET_ASIDE + TIME.format(Instant.now())));
      }
      Files.createDirectories(root);
      lock = lock(root);
      refuseNewer(root);
      Optional<Generation> newest = generations(root).stream().max(Generation.BY_NUMBER);
      return new StoreDirectory(root, lock, newest);
    } catch (IOException | UncheckedIOException e) {
      close(lock);
      throw new StoreUnusableException(
          "cannot use the folder of the store: folder=" + root + " reason=" + e, e);
    } catch (StoreUnusableException e) {
      close(lock);
      throw e;
    }
  }

  Path root() {
    return root;
  }

  /** What an earlier process left; empty in a new store. */
  Optional<Generation> found() {
    return found;
  }

  /** Makes the folder of the next generation, which does not count yet. */
  Generation begin() throws IOException {
    for (Path left : list(root, name -> name.startsWith("v") && name.endsWith(IN_PROGRESS))) {
      StoreFiles.delete(left);
    }
    Generation next = found.map(Generation::next).orElseGet(() -> Generation.first(root));
    return next.in(Files.createDirectory(root.resolve(next.name() + IN_PROGRESS)));
  }

  /** Makes a generation count; where it lies from now on. */
  Path publish(Generation next) throws IOException {
    Path folder = root.resolve(next.name());
    return Files.move(next.folder(), folder, StandardCopyOption.ATOMIC_MOVE);
  }

  /**
   * Removes what came before the generation that counts now.
   *
   * @param damaged true to keep it aside for a while, since not all of it could be read
   */
  void dropFound(boolean damaged) throws IOException {
    int counts = found.map(Generation::number).orElse(0);
    for (Generation old : generations(root)) {
      if (old.number() < counts) {
        StoreFiles.delete(old.folder());
      } else if (old.number() == counts && damaged) {
        Path aside = root.resolve(SET_ASIDE + TIME.format(Instant.now()) + "-" + old.name());
        Files.move(old.folder(), aside);
        log.warn("kept the damaged files of the store aside", "folder", aside.toString());
      } else if (old.number() == counts) {
        StoreFiles.delete(old.folder());
      }
    }
    List<Path> aside = list(root, name -> name.startsWith(SET_ASIDE));
    for (Path old : aside.subList(0, Math.max(0, aside.size() - KEPT_ASIDE))) {
      StoreFiles.delete(old);
    }
  }

  @Override
  public void close() {
    close(lock);
  }

  /** For a name that no other in the folder has, and that sorts by age. */
  static String timeName() {
    return TIME.format(Instant.now());
  }

  private static FileChannel lock(Path root) throws IOException {
    var channel =
        FileChannel.open(root.resolve(LOCK), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    try {
      if (channel.tryLock() != null) {
        return channel;
      }
    } catch (OverlappingFileLockException _) {
      // By this process: the same answer.
    }
    channel.close();
    throw new StoreUnusableException(
        "the store is used by another process, stop it or take another folder: folder=" + root);
  }

  private static void refuseNewer(Path root) throws IOException {
    for (Generation generation : generations(root)) {
      if (generation.format() > Generation.FORMAT) {
        throw new StoreUnusableException(
            "the store was written by a newer version of Silverback, start that one or take another"
                + " folder: format="
                + generation.format()
                + " newestKnown="
                + Generation.FORMAT
                + " folder="
                + generation.folder());
      }
    }
  }

  private static List<Generation> generations(Path root) throws IOException {
    return list(root, _ -> true).stream().flatMap(path -> Generation.of(path).stream()).toList();
  }

  private static List<Path> list(Path folder, Predicate<String> wanted) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files
          .filter(path -> wanted.test(String.valueOf(path.getFileName())))
          .sorted(Comparator.naturalOrder())
          .toList();
    }
  }

  private static void close(@Nullable FileChannel closeable) {
    if (closeable != null) {
      try {
        closeable.close();
      } catch (IOException e) {
        log.warn("cannot close the lock of the store", "err", e);
      }
    }
  }
}
