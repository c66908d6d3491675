package io.silverback.server.admin;

import io.silverback.server.log.FileFailure;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.util.Collection;
import java.util.Optional;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/** The certificates of a file, to trust instead of those of the JDK. */
final class Trust {
  private static final int MOST_BYTES = 4 * 1024 * 1024;

  private Trust() {}

  /** That of a PEM file; empty if none is named. */
  static Optional<SSLContext> of(String file) {
    if (file.isEmpty()) {
      return Optional.empty();
    }
    try {
      Path path = Path.of(file);
      if (Files.size(path) > MOST_BYTES) {
        throw unusable("it is over 4 MiB", file);
      }
      return Optional.of(of(Files.readAllBytes(path), file));
    } catch (IOException e) {
      throw unusable(FileFailure.reason(e), file);
    } catch (InvalidPathException _) {
      throw unusable("it is not the path of a file", file);
    } catch (GeneralSecurityException e) {
      throw unusable("it has no certificates that can be read: " + e.getMessage(), file);
    }
  }

  private static SSLContext of(byte[] pem, String file)
      throws IOException, GeneralSecurityException {
    Collection<? extends Certificate> certificates =
        CertificateFactory.getInstance("X.509").generateCertificates(new ByteArrayInputStream(pem));
    if (certificates.isEmpty()) {
      throw unusable("it has no certificates", file);
    }
    KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
    store.load(null, null);
    int number = 0;
    for (Certificate certificate : certificates) {
      store.setCertificateEntry("ca-" + number++, certificate);
    }
    var factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    factory.init(store);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(null, factory.getTrustManagers(), null);
    return context;
  }

  private static AdminException unusable(String reason, String file) {
    return AdminException.wrongUsage("--ca-file cannot be used, " + reason + ": ca-file=" + file);
  }
}
