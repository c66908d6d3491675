package io.silverback.server.web;

import io.silverback.server.log.FileFailure;
import io.silverback.server.yaml.ConfigException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A small file whose bytes are read again when it changes. Thread-safe.
 *
 * <p>Asking costs one look at the file's attributes. They tell two versions apart only if these
 * were not written within the same tick of the file system's clock, so a file that changed in the
 * last seconds is read each time and its bytes are compared.
 */
public final class WatchedFile {
  static final int MAX_BYTES = 1 << 20;
  private static final long SETTLED_AFTER_MILLIS = 2_000;

  private final Path path;
  private final String what;
  private volatile @Nullable Version last;

  /**
   * Watches a file that need not exist yet.
   *
   * @param what the key of the configuration that names the file, for messages
   */
  public WatchedFile(Path path, String what) {
    this.path = path;
    this.what = what;
  }

  /**
   * The file's bytes, which nobody may change: the same array until they differ.
   *
   * @throws ConfigException if the file cannot be read or is too large
   */
  public byte[] current() {
    try {
      Stamp stamp = Stamp.of(path);
      Version known = last;
      if (known != null && known.settled() && known.stamp.equals(stamp)) {
        return known.bytes;
      }
      long readAtMillis = System.currentTimeMillis();
      byte[] bytes = read();
      if (known != null && Arrays.equals(known.bytes, bytes)) {
        bytes = known.bytes;
      }
      last = new Version(stamp, readAtMillis, bytes);
      return bytes;
    } catch (IOException e) {
      throw ConfigException.inFile(path, "cannot read " + what + ", " + FileFailure.reason(e));
    }
  }

  private byte[] read() throws IOException {
    try (InputStream in = Files.newInputStream(path)) {
      byte[] bytes = in.readNBytes(MAX_BYTES + 1);
      if (bytes.length > MAX_BYTES) {
        throw ConfigException.inFile(path, what + " is larger than " + MAX_BYTES + " bytes");
      }
      return bytes;
    }
  }

  private record Stamp(FileTime modified, long size, @Nullable Object identity) {
    static Stamp of(Path path) throws IOException {
      BasicFileAttributes attributes = Files.readAttributes(path, BasicFileAttributes.class);
      return new Stamp(attributes.lastModifiedTime(), attributes.size(), attributes.fileKey());
    }
  }

  private static final class Version {
    final Stamp stamp;
    final long readAtMillis;
    final byte[] bytes;

    Version(Stamp stamp, long readAtMillis, byte[] bytes) {
      this.stamp = stamp;
      this.readAtMillis = readAtMillis;
      this.bytes = bytes;
    }

    /** True if the file had been at rest when it was read, so that any later write shows. */
    boolean settled() {
      return readAtMillis - stamp.modified.toMillis() > SETTLED_AFTER_MILLIS;
    }
  }
}
