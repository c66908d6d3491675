package io.silverback.server.member;

import io.silverback.server.flags.StartUpException;
import io.silverback.server.log.FileFailure;
import io.silverback.server.log.Log;
import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.security.SecureRandom;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The folder in which a node keeps its vote, and the number under which the cluster knows that
 * folder. One that nobody named goes with the process.
 */
final class ClusterFolder implements AutoCloseable {
  private static final Log log = Log.of(ClusterFolder.class);

  private static final String NUMBER_FILE = "store-id";
  private static final int HEX = 16;

  private final Path path;
  private final boolean isTemporary;
  private final long storeId;

  private ClusterFolder(Path path, boolean isTemporary, long storeId) {
    this.path = path;
    this.isTemporary = isTemporary;
    this.storeId = storeId;
  }

  /**
   * Makes the folder, or goes on with it. The number of a folder that another node wrote is not
   * taken over: it may be a copy, and two nodes with one number would count as one voter.
   *
   * @throws StartUpException if it cannot be used; says what to change
   */
  static ClusterFolder open(Optional<Path> named, String nodeId) {
    try {
      Path path =
          named.isPresent()
              ? Files.createDirectories(named.get())
              : Files.createTempDirectory("silverback-cluster-");
      return new ClusterFolder(path, named.isEmpty(), storeId(path, nodeId));
    } catch (IOException e) {
      throw new StartUpException(
          "cannot use the folder of the cluster below --persistence.file, make it writable: folder="
              + named.map(Path::toString).orElse("temporary")
              + " reason="
              + FileFailure.reason(e));
    }
  }

  Path path() {
    return path;
  }

  /** Random, and the same as long as the folder lives and the node keeps its name. */
  long storeId() {
    return storeId;
  }

  @Override
  public void close() {
    if (isTemporary) {
      try {
        delete(path);
      } catch (IOException e) {
        log.warn("cannot remove a temporary folder", "folder", path.toString(), "err", e);
      }
    }
  }

  private static long storeId(Path folder, String nodeId) throws IOException {
    Path file = folder.resolve(NUMBER_FILE);
    if (!Files.exists(file)) {
      return writeStoreId(folder, new SecureRandom().nextLong(), nodeId);
    }
    List<String> lines = Files.readAllLines(file);
    long storeId;
    try {
      storeId = Long.parseUnsignedLong(lines.isEmpty() ? "" : lines.getFirst().strip(), HEX);
    } catch (NumberFormatException e) {
      throw new IOException("no number in the file, remove the folder: file=" + file, e);
    }
    if (lines.size() < 2) {
      return writeStoreId(folder, storeId, nodeId);
    }
    if (lines.get(1).equals(nodeId)) {
      return storeId;
    }
    log.warn(
        "the folder of the cluster was written by another node, its vote is not taken over",
        "folder",
        folder.toString(),
        "writer",
        lines.get(1),
        "node",
        nodeId);
    return writeStoreId(folder, new SecureRandom().nextLong(), nodeId);
  }

  private static long writeStoreId(Path folder, long storeId, String nodeId) throws IOException {
    Path unfinished = folder.resolve(NUMBER_FILE + ".in_progress");
    Files.writeString(unfinished, Long.toHexString(storeId) + "\n" + nodeId + "\n");
    Files.move(unfinished, folder.resolve(NUMBER_FILE), StandardCopyOption.ATOMIC_MOVE);
    return storeId;
  }

  private static void delete(Path folder) throws IOException {
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
          public FileVisitResult postVisitDirectory(Path visited, @Nullable IOException failure)
              throws IOException {
            if (failure != null) {
              throw failure;
            }
            Files.delete(visited);
            return FileVisitResult.CONTINUE;
          }
        });
  }
}
