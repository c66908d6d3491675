package io.silverback.server.storage.files;

import io.silverback.server.storage.maps.DataExtents;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.stream.Stream;

/** Copies of files that are mostly holes, which a plain copy would fill. */
public final class SparseFiles {
  private SparseFiles() {}

  /** Copies a folder with everything in it. */
  public static void copyAll(Path from, Path to) throws IOException {
    try (Stream<Path> files = Files.walk(from)) {
      for (Path file : files.toList()) {
        Path target = to.resolve(from.relativize(file));
        if (Files.isDirectory(file)) {
          Files.createDirectories(target);
        } else {
          copy(file, target);
        }
      }
    }
  }

  static void copy(Path from, Path to) throws IOException {
    try (var source = FileChannel.open(from, StandardOpenOption.READ);
        var target =
            FileChannel.open(to, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      for (DataExtents.Extent extent : DataExtents.of(from)) {
        target.position(extent.start());
        source.transferTo(extent.start(), extent.end() - extent.start(), target);
      }
      if (source.size() > target.size()) {
        target.write(ByteBuffer.allocate(1), source.size() - 1);
      }
    }
  }

  /** Makes a file of that length with nothing in it. */
  static void createHole(Path file, long length) throws IOException {
    try (var target =
        FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      target.write(ByteBuffer.allocate(1), length - 1);
    }
  }
}
