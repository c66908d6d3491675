package io.silverback.server.storage.files;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;

/** The disk of this machine, and what it was asked for, in that order. */
class RecordingDisk implements Disk {
  private final Disk disk = new SystemDisk();

  private final Path root;
  private final List<String> steps = new CopyOnWriteArrayList<>();

  /** Names paths as they are below a folder. */
  RecordingDisk(Path root) {
    this.root = root;
  }

  List<String> steps() {
    return steps;
  }

  @Override
  public void write(Path file, ByteBuffer content) throws IOException {
    steps.add("write " + nameOf(file));
    disk.write(file, content);
  }

  @Override
  public void force(Path file) throws IOException {
    steps.add("force " + nameOf(file));
    disk.force(file);
  }

  @Override
  public void forceNames(Path folder) throws IOException {
    steps.add("force names in " + nameOf(folder));
    disk.forceNames(folder);
  }

  @Override
  public void rename(Path from, Path to) throws IOException {
    steps.add("rename " + nameOf(from) + " to " + nameOf(to));
    disk.rename(from, to);
  }

  @Override
  public void delete(Path folder) throws IOException {
    steps.add("delete " + nameOf(folder));
    disk.delete(folder);
  }

  @Override
  public void fill(Path file, long bytes) throws IOException {
    steps.add("fill " + nameOf(file));
    disk.fill(file, bytes);
  }

  @Override
  public void giveBack(Path file, long from, long to) throws IOException {
    steps.add("give back of " + nameOf(file));
    disk.giveBack(file, from, to);
  }

  @Override
  public long freeBytes(Path folder) throws IOException {
    return disk.freeBytes(folder);
  }

  @Override
  public UUID boot() {
    return disk.boot();
  }

  /** Without what is different in each store. */
  private String nameOf(Path path) {
    return root.relativize(path).toString().replaceAll("-[0-9a-f]{16}", "");
  }
}
