package io.silverback.server.storage.files;

import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.Comparator;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * One generation of a store's files.
 *
 * @param format the version of the format
 * @param number of the generation; the newest one that is whole counts
 * @param magic the number by which the store's entries are found; no client knows it
 * @param folder where the files are
 */
public record Generation(int format, int number, long magic, Path folder) {
  /** The version of the format that is written, and the newest one that is read. */
  public static final int FORMAT = 3;

  /** The first format in which a generation counts only with the mark of a flush. */
  private static final int MARKED_SINCE = 3;

  static final Comparator<Generation> BY_NUMBER = Comparator.comparingInt(Generation::number);

  private static final Pattern NAME = Pattern.compile("v([1-9]\\d{0,5})-(\\d{8})-([0-9a-f]{16})");

  /** The first one of a new store, to be in that folder. */
  static Generation first(Path root) {
    var first = new Generation(FORMAT, 1, newMagic(), root);
    return first.in(root.resolve(first.name()));
  }

  /** The generation in a folder of that name; empty if the name is not one of ours. */
  static Optional<Generation> of(Path folder) {
    Matcher name = NAME.matcher(String.valueOf(folder.getFileName()));
    if (!name.matches()) {
      return Optional.empty();
    }
    return Optional.of(
        new Generation(
            Integer.parseInt(name.group(1)),
            Integer.parseInt(name.group(2)),
            Long.parseUnsignedLong(name.group(3), 16),
            folder));
  }

  /** What comes in the same store after the one of that number. */
  Generation following(int last) {
    var next = new Generation(FORMAT, last + 1, magic, folder);
    return next.in(folder.resolveSibling(next.name()));
  }

  /** True if it counts only once it is marked as flushed. */
  boolean isMarked() {
    return format >= MARKED_SINCE;
  }

  Generation in(Path other) {
    return new Generation(format, number, magic, other);
  }

  /** The name of its folder, once it counts. */
  String name() {
    return "v%d-%08d-%016x".formatted(format, number, magic);
  }

  /** No byte of it is 0, so that the holes of a file can be passed over. */
  private static long newMagic() {
    long magic = new SecureRandom().nextLong();
    for (int shift = 0; shift < Long.SIZE; shift += Byte.SIZE) {
      magic |= ((magic >>> shift) & 0xff) == 0 ? 1L << shift : 0;
    }
    return magic;
  }
}
