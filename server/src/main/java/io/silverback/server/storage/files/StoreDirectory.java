package io.silverback.server.storage.files;

import io.silverback.server.log.FileFailure;
import io.silverback.server.log.Log;
import io.silverback.server.storage.StoreUnusableException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The folder of a store, and which files in it count.
 *
 * <p>The maps are in a folder whose name says all that has to be known before a file is read: the
 * version of the format, the generation, and the number by which entries are found. Each start
 * moves what it finds into the next generation. That counts once it has its name and the mark of a
 * flush, and only then the one before goes: whenever the power fails, one of the two is whole. One
 * process at a time may use a store. Layout: {@code docs/formats/store.md}.
 */
final class StoreDirectory implements AutoCloseable {
  private static final Log log = Log.of(StoreDirectory.class);

  private static final String IN_PROGRESS = ".in_progress";
  static final String SET_ASIDE = "set-aside-";
  private static final String LOCK = "lock";
  private static final int KEPT_ASIDE = 2;

  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmss.SSS'Z'").withZone(ZoneOffset.UTC);

  private final Path root;
  private final Disk disk;
  private final FileChannel lock;
  private final Optional<Found> found;

  private StoreDirectory(Path root, Disk disk, FileChannel lock, Optional<Found> found) {
    this.root = root;
    this.disk = disk;
    this.lock = lock;
    this.found = found;
  }

  /**
   * What an earlier process left.
   *
   * @param mark of its last flush, which old formats do not have
   * @param isWhole false if it was never flushed, and counts only as there is no other
   * @param passedOver newer ones that were never flushed
   * @param halfMoved newer ones into which entries were moved by starts that did not finish
   */
  record Found(
      Generation generation,
      Optional<FlushMark> mark,
      boolean isWhole,
      List<Generation> passedOver,
      List<Generation> halfMoved) {
    private int newestNumber() {
      return Stream.of(List.of(generation), passedOver, halfMoved)
          .flatMap(List::stream)
          .mapToInt(Generation::number)
          .max()
          .orElseThrow();
    }
  }

  /**
   * Takes the folder for this process, and creates it if it is missing. A file that is there is
   * kept aside.
   *
   * @throws StoreUnusableException if the folder cannot be used, or is used by another process, or
   *     was written by a newer version
   */
  static StoreDirectory open(Path root, Disk disk) {
    FileChannel lock = null;
    try {
      if (Files.exists(root) && !Files.isDirectory(root)) {
        ForeignFile.keepAside(root, ForeignFile.aside(root));
      }
      Files.createDirectories(root);
      lock = lock(root);
      refuseNewer(root);
      return new StoreDirectory(root, disk, lock, find(root));
    } catch (IOException e) {
      close(lock);
      throw unusable(root, FileFailure.reason(e), e);
    } catch (UncheckedIOException e) {
      close(lock);
      throw unusable(root, FileFailure.reason(e), e);
    } catch (StoreUnusableException e) {
      close(lock);
      throw e;
    }
  }

  private static StoreUnusableException unusable(Path root, String reason, Exception cause) {
    return new StoreUnusableException(
        "cannot use the folder of the store: folder=" + root + " reason=" + reason, cause);
  }

  Path root() {
    return root;
  }

  /** Empty in a new store. */
  Optional<Found> found() {
    return found;
  }

  /** Makes the folder of the next generation, which does not count yet. */
  Generation begin() throws IOException {
    List<Path> halfMoved =
        found.stream().flatMap(it -> it.halfMoved().stream()).map(Generation::folder).toList();
    for (Path left : unfinished(root)) {
      if (!halfMoved.contains(left)) {
        disk.delete(left);
      }
    }
    Generation next =
        found
            .map(it -> it.generation().following(it.newestNumber()))
            .orElseGet(() -> Generation.first(root));
    return next.in(Files.createDirectory(root.resolve(next.name() + IN_PROGRESS)));
  }

  /** Makes a generation count that is flushed and says so; returns its new folder. */
  Path publish(Generation next) throws IOException {
    Path folder = root.resolve(next.name());
    disk.rename(next.folder(), folder);
    disk.forceNames(root);
    return folder;
  }

  /**
   * Removes what came before the generation that counts now.
   *
   * @param damaged true to keep what was found aside for a while, since not all could be read
   */
  void dropFound(boolean damaged) throws IOException {
    if (found.isPresent()) {
      Found left = found.get();
      for (Generation old : generations(root)) {
        if (left.passedOver().contains(old) || (damaged && old.equals(left.generation()))) {
          keepAside(old);
        } else if (old.number() <= left.generation().number()) {
          disk.delete(old.folder());
        }
      }
      for (Generation half : left.halfMoved()) {
        if (Files.exists(half.folder())) {
          disk.delete(half.folder());
        }
      }
    }
    List<Path> aside = list(root, name -> name.startsWith(SET_ASIDE));
    for (Path old : aside.subList(0, Math.max(0, aside.size() - KEPT_ASIDE))) {
      disk.delete(old);
    }
  }

  private void keepAside(Generation old) throws IOException {
    Path aside = root.resolve(SET_ASIDE + timeName() + "-" + old.name());
    disk.rename(old.folder(), aside);
    log.warn("kept files of the store aside that are not whole", "folder", aside.toString());
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

  /** Throws if a newer version of the server wrote the store. */
  static void refuseNewer(Path root) throws IOException {
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

  /** The newest generation that was flushed, or the newest if none was. */
  private static Optional<Found> find(Path root) throws IOException {
    var passedOver = new ArrayList<Generation>();
    List<Generation> newestFirst =
        generations(root).stream().sorted(Generation.BY_NUMBER.reversed()).toList();
    for (Generation generation : newestFirst) {
      Optional<FlushMark> mark = FlushMark.read(generation.folder(), generation.magic());
      if (mark.isPresent() || !generation.isMarked()) {
        return Optional.of(
            new Found(
                generation,
                mark,
                true,
                List.copyOf(passedOver),
                halfMoved(root, generation.number())));
      }
      passedOver.add(generation);
    }
    if (newestFirst.isEmpty()) {
      return Optional.empty();
    }
    Generation newest = newestFirst.getFirst();
    return Optional.of(
        new Found(newest, Optional.empty(), false, List.of(), halfMoved(root, newest.number())));
  }

  /** Those after the generation of that number, which has had everything that is in older ones. */
  private static List<Generation> halfMoved(Path root, int after) throws IOException {
    return unfinished(root).stream()
        .filter(StepwiseMove::hasBegun)
        .flatMap(path -> generationBegunIn(path).stream())
        .filter(generation -> generation.number() > after)
        .toList();
  }

  private static Optional<Generation> generationBegunIn(Path folder) {
    String name = String.valueOf(folder.getFileName());
    return Generation.of(
            folder.resolveSibling(name.substring(0, name.length() - IN_PROGRESS.length())))
        .map(generation -> generation.in(folder));
  }

  private static List<Path> unfinished(Path root) throws IOException {
    return list(root, name -> name.startsWith("v") && name.endsWith(IN_PROGRESS));
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
