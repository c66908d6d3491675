package io.silverback.server.admin;

import io.silverback.server.log.FileFailure;
import io.silverback.server.trust.TrustedAuthorities;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.util.Optional;
import javax.net.ssl.SSLContext;

/** The certificates of a file, to trust instead of those of the JDK. */
final class Trust {
  private Trust() {}

  /** That of a PEM file; empty if none is named. */
  static Optional<SSLContext> of(String file) {
    if (file.isEmpty()) {
      return Optional.empty();
    }
    try {
      Path path = Path.of(file);
      if (Files.size(path) > TrustedAuthorities.MOST_BYTES) {
        throw unusable("it is over 4 MiB", file);
      }
      return Optional.of(TrustedAuthorities.of(Files.readAllBytes(path)));
    } catch (IOException e) {
      throw unusable(FileFailure.reason(e), file);
    } catch (InvalidPathException _) {
      throw unusable("it is not the path of a file", file);
    } catch (GeneralSecurityException e) {
      throw unusable("it has no certificates that can be read: " + e.getMessage(), file);
    }
  }

  private static AdminException unusable(String reason, String file) {
    return AdminException.wrongUsage("--ca-file cannot be used, " + reason + ": ca-file=" + file);
  }
}
