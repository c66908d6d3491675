package io.silverback.server.remotewrite;

import io.silverback.server.log.FileFailure;
import io.silverback.server.trust.AnyCertificate;
import io.silverback.server.trust.TrustedAuthorities;
import java.io.IOException;
import java.io.InputStream;
import java.net.http.HttpClient;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.TrustManager;
import org.jspecify.annotations.Nullable;

/** How https is done to a target. */
final class TargetTls {
  private TargetTls() {}

  /**
   * What those settings ask for.
   *
   * @throws IOException if the certificates cannot be read; says which
   */
  static void set(RemoteWriteConfig.Tls tls, HttpClient.Builder client) throws IOException {
    if (tls.equals(RemoteWriteConfig.Tls.USUAL)) {
      return;
    }
    SSLContext context = context(tls);
    client.sslContext(
        tls.serverName().isPresent() ? NamedContext.of(context, tls.serverName().get()) : context);
    if (!tls.versions().isEmpty()) {
      SSLParameters parameters = context.getDefaultSSLParameters();
      parameters.setProtocols(tls.versions().toArray(String[]::new));
      client.sslParameters(parameters);
    }
  }

  private static SSLContext context(RemoteWriteConfig.Tls tls) throws IOException {
    KeyManager[] keys =
        tls.identity().isPresent()
            ? new KeyManager[] {new ShownIdentity(tls.identity().get())}
            : new KeyManager[0];
    try {
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(keys, trusted(tls), null);
      return context;
    } catch (GeneralSecurityException e) {
      throw new IOException(
          "no certificates that can be used: file="
              + tls.authority().map(Path::toString).orElse("")
              + " reason="
              + e.getMessage(),
          e);
    }
  }

  /** Null for those of the JDK. */
  private static TrustManager @Nullable [] trusted(RemoteWriteConfig.Tls tls)
      throws IOException, GeneralSecurityException {
    if (tls.isUnverified()) {
      return new TrustManager[] {new AnyCertificate()};
    }
    return tls.authority().isPresent()
        ? TrustedAuthorities.managers(read(tls.authority().get()))
        : null;
  }

  /** A file of certificates or a key, of which too long a one is cut off and so not valid. */
  static byte[] read(Path file) throws IOException {
    try (InputStream in = Files.newInputStream(file)) {
      return in.readNBytes(TrustedAuthorities.MOST_BYTES);
    } catch (IOException e) {
      throw new IOException("cannot read " + file + ": " + FileFailure.reason(e), e);
    }
  }
}
