package io.silverback.server.storage.files;

import io.silverback.server.log.FileFailure;
import io.silverback.server.storage.StoreUnusableException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** Looks at the folder of a store before anything is started or written. */
public final class StoreFolder {
  private StoreFolder() {}

  /**
   * Why a store could not be opened there, as far as the folder alone shows; empty if nothing does.
   * A store that another process uses passes.
   */
  public static Optional<String> whyUnusable(Path root) {
    try {
      if (!Files.isDirectory(root)) {
        return whyNotMade(root);
      }
      if (!Files.isReadable(root) || !Files.isWritable(root) || !Files.isExecutable(root)) {
        return unusable(root, "permission denied");
      }
      StoreDirectory.refuseNewer(root);
      return Optional.empty();
    } catch (StoreUnusableException e) {
      return Optional.of(String.valueOf(e.getMessage()));
    } catch (IOException e) {
      return unusable(root, FileFailure.reason(e));
    } catch (UncheckedIOException e) {
      return unusable(root, FileFailure.reason(e));
    }
  }

  /** The folder is made at the start, and a file in its place is moved aside, in its parent. */
  private static Optional<String> whyNotMade(Path root) {
    Path parent = root.toAbsolutePath().getParent();
    while (parent != null && !Files.exists(parent)) {
      parent = parent.getParent();
    }
    if (parent == null || !Files.isDirectory(parent)) {
      return unusable(root, parent + " is no folder");
    }
    return Files.isWritable(parent)
        ? Optional.empty()
        : unusable(root, "permission denied in " + parent);
  }

  private static Optional<String> unusable(Path root, String reason) {
    return Optional.of("cannot use the folder of the store: folder=" + root + " reason=" + reason);
  }
}
