package io.silverback.server.storage.files;

import io.silverback.server.storage.maps.DataExtents;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.UUID;
import java.util.stream.Stream;

/**
 * A disk whose power fails at some step, and which then has only what was forced, and by chance any
 * part of the rest: of each folder its old or its new names, of each page of a file its old or its
 * new bytes.
 */
final class FlakyDisk implements Disk {
  private final Disk disk = new SystemDisk();

  private static final int PAGE_BYTES = 4096;

  private final Path root;
  private final Path safe;
  private final SplittableRandom random;
  private final UUID boot = UUID.randomUUID();
  private final Map<Object, Map<String, Object>> safeNames = new HashMap<>();
  private final Map<Object, Path> safeFiles = new HashMap<>();
  private int copies;
  private int graves;
  private int stepsLeft;
  private int flushesBegun;
  private int flushed;
  private volatile long freeBytes = Long.MAX_VALUE;

  /**
   * A disk on which everything in a folder is safe.
   *
   * @param safe an empty folder elsewhere for what is on the disk
   * @param steps after which the power fails
   */
  FlakyDisk(Path root, Path safe, SplittableRandom random, int steps) throws IOException {
    this.root = root;
    this.safe = safe;
    this.random = random;
    this.stepsLeft = Integer.MAX_VALUE;
    try (Stream<Path> all = Files.walk(root)) {
      for (Path path : all.toList()) {
        if (Files.isDirectory(path)) {
          forceNames(path);
        } else {
          force(path);
        }
      }
    }
    this.stepsLeft = steps;
    this.flushesBegun = 0;
  }

  void freeBytes(long bytes) {
    freeBytes = bytes;
  }

  synchronized boolean isOff() {
    return stepsLeft == 0;
  }

  /** How many flushes have begun: a push is safe once a flush is over that begins after it. */
  synchronized int flushesBegun() {
    return flushesBegun;
  }

  /** The number of the last flush that is over, the first one being 1. */
  synchronized int flushed() {
    return flushed;
  }

  @Override
  public synchronized void write(Path file, ByteBuffer content) throws IOException {
    step();
    disk.write(file, content);
  }

  @Override
  public synchronized void force(Path file) throws IOException {
    step();
    flushesBegun += file.endsWith("groups") ? 1 : 0;
    Path copy = safe.resolve("kept-" + copies++);
    SparseFiles.copy(file, copy);
    safeFiles.put(keyOf(file), copy);
  }

  @Override
  public synchronized void forceNames(Path folder) throws IOException {
    step();
    safeNames.put(keyOf(folder), namesIn(folder));
  }

  @Override
  public synchronized void rename(Path from, Path to) throws IOException {
    step();
    if (Files.exists(to)) {
      // So that nothing new gets the place of what the disk still may have.
      Files.createLink(grave(), to);
    }
    disk.rename(from, to);
    flushed = to.endsWith(FlushMark.NAME) ? flushesBegun : flushed;
  }

  @Override
  public synchronized void delete(Path folder) throws IOException {
    step();
    disk.rename(folder, grave());
  }

  private Path grave() {
    return safe.resolve("gone-" + graves++);
  }

  @Override
  public synchronized void fill(Path file, long bytes) throws IOException {
    step();
    disk.fill(file, bytes);
  }

  /** What was given back is gone at once, forced or not. */
  @Override
  public synchronized void giveBack(Path file, long from, long to) throws IOException {
    step();
    disk.giveBack(file, from, to);
  }

  @Override
  public long freeBytes(Path folder) throws IOException {
    return Math.min(freeBytes, disk.freeBytes(folder));
  }

  @Override
  public UUID boot() {
    return boot;
  }

  private void step() throws IOException {
    if (stepsLeft == 0) {
      throw new IOException("the power has failed");
    }
    stepsLeft--;
    if (stepsLeft == 0) {
      throw new IOException("the power fails");
    }
  }

  /** Makes a folder as the disk has it when the power is back. */
  synchronized void restore(Path target) throws IOException {
    var now = new HashMap<Object, Path>();
    try (Stream<Path> all = Files.walk(root)) {
      for (Path path : all.toList()) {
        now.put(keyOf(path), path);
      }
    }
    restoreFolder(keyOf(root), target, now);
  }

  private void restoreFolder(Object folder, Path target, Map<Object, Path> now) throws IOException {
    Files.createDirectories(target);
    Path here = now.get(folder);
    Map<String, Object> names = safeNames.getOrDefault(folder, Map.of());
    if (here != null && random.nextBoolean()) {
      names = namesIn(here);
    }
    for (var name : names.entrySet()) {
      Object key = name.getValue();
      Path path = target.resolve(name.getKey());
      Path there = now.get(key);
      if (there == null ? safeNames.containsKey(key) : Files.isDirectory(there)) {
        restoreFolder(key, path, now);
      } else {
        restoreFile(key, path, now);
      }
    }
  }

  private void restoreFile(Object key, Path target, Map<Object, Path> now) throws IOException {
    Path old = safeFiles.get(key);
    Path there = now.get(key);
    if (there == null) {
      SparseFiles.copy(Objects.requireNonNull(old), target);
      return;
    }
    SparseFiles.copy(there, target);
    try (var file = new RandomAccessFile(target.toFile(), "rw");
        var before = old == null ? null : new RandomAccessFile(old.toFile(), "r")) {
      byte[] page = new byte[PAGE_BYTES];
      for (DataExtents.Extent extent : DataExtents.of(there)) {
        for (long at = extent.start(); at < extent.end(); at += PAGE_BYTES) {
          if (random.nextBoolean()) {
            Arrays.fill(page, (byte) 0);
            if (before != null && at < before.length()) {
              before.seek(at);
              before.read(page);
            }
            file.seek(at);
            file.write(page, 0, (int) Math.min(PAGE_BYTES, extent.end() - at));
          }
        }
      }
    }
  }

  private static Map<String, Object> namesIn(Path folder) throws IOException {
    var names = new HashMap<String, Object>();
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.toList()) {
        names.put(file.getFileName().toString(), keyOf(file));
      }
    }
    return names;
  }

  private static Object keyOf(Path path) throws IOException {
    try {
      return Objects.requireNonNull(
          Files.readAttributes(path, BasicFileAttributes.class).fileKey());
    } catch (NoSuchFileException e) {
      throw new IOException("gone meanwhile: path=" + path, e);
    }
  }
}
