package io.silverback.server.remotewrite;

import io.silverback.server.log.FileFailure;
import io.silverback.server.trust.TrustedAuthorities;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import java.util.Optional;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509ExtendedTrustManager;

/** Which certificates of targets are trusted. */
final class TargetTrust {
  private TargetTrust() {}

  /**
   * What those settings ask for; empty for the trust of the JDK.
   *
   * @throws IOException if the certificates cannot be read; says which
   */
  static Optional<SSLContext> of(RemoteWriteConfig.Tls tls) throws IOException {
    try {
      if (tls.isUnverified()) {
        return Optional.of(everything());
      }
      return tls.authority().isPresent()
          ? Optional.of(TrustedAuthorities.of(read(tls.authority().get())))
          : Optional.empty();
    } catch (GeneralSecurityException e) {
      throw new IOException(
          "no certificates that can be used: file="
              + tls.authority().map(Path::toString).orElse("")
              + " reason="
              + e.getMessage(),
          e);
    }
  }

  private static SSLContext everything() throws GeneralSecurityException {
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(null, new TrustManager[] {new Everything()}, null);
    return context;
  }

  private static byte[] read(Path file) throws IOException {
    try (InputStream in = Files.newInputStream(file)) {
      return in.readNBytes(TrustedAuthorities.MOST_BYTES);
    } catch (IOException e) {
      throw new IOException("cannot read " + file + ": " + FileFailure.reason(e), e);
    }
  }

  /** An extended one is not asked whether the name fits, either. */
  private static final class Everything extends X509ExtendedTrustManager {
    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type, Socket socket) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type, Socket socket) {}

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type, SSLEngine engine) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type, SSLEngine engine) {}

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type) {}

    @Override
    public X509Certificate[] getAcceptedIssuers() {
      return new X509Certificate[0];
    }
  }
}
