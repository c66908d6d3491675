package io.silverback.server.remotewrite;

import io.silverback.server.log.Log;
import io.silverback.server.log.RateLimitedLog;
import io.silverback.server.remotewrite.RemoteWriteConfig.IdentityFiles;
import io.silverback.server.trust.Identity;
import io.silverback.server.yaml.ConfigException;
import java.io.IOException;
import java.net.Socket;
import java.security.Principal;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.time.Duration;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.X509ExtendedKeyManager;
import org.jspecify.annotations.Nullable;

/**
 * Shows a certificate to each target that asks for one. Its files are read for each connection, so
 * that they may change without a reload; while they cannot be read, what was in them goes on.
 */
final class ShownIdentity extends X509ExtendedKeyManager {
  private static final RateLimitedLog failures =
      new RateLimitedLog(Log.of(ShownIdentity.class), Duration.ofMinutes(1), 10, System::nanoTime);

  private static final String ALIAS = "client";

  private final IdentityFiles files;
  private volatile Identity identity;

  /**
   * Reads the files a first time.
   *
   * @throws IOException if they cannot be used; says why
   */
  ShownIdentity(IdentityFiles files) throws IOException {
    this.files = files;
    this.identity = read();
  }

  private Identity read() throws IOException {
    byte[] certificate = TargetTls.read(files.certificate());
    try {
      return Identity.of(files.certificate(), certificate, TargetTls.read(files.key()));
    } catch (ConfigException e) {
      throw new IOException(e.getMessage(), e);
    }
  }

  @Override
  public @Nullable String chooseEngineClientAlias(
      String[] keyTypes, Principal @Nullable [] issuers, SSLEngine engine) {
    try {
      identity = read();
    } catch (IOException e) {
      failures.warn(
          files.certificate().toString(),
          "a client certificate cannot be read, the one of before is shown",
          "reason",
          String.valueOf(e.getMessage()));
    }
    return ALIAS;
  }

  @Override
  public @Nullable String chooseClientAlias(
      String[] keyTypes, Principal @Nullable [] issuers, Socket socket) {
    return ALIAS;
  }

  @Override
  public String @Nullable [] getClientAliases(String keyType, Principal @Nullable [] issuers) {
    return new String[] {ALIAS};
  }

  @Override
  public X509Certificate @Nullable [] getCertificateChain(String alias) {
    return identity.chain();
  }

  @Override
  public @Nullable PrivateKey getPrivateKey(String alias) {
    return identity.key();
  }

  @Override
  public @Nullable String chooseServerAlias(
      String keyType, Principal @Nullable [] issuers, Socket socket) {
    return null;
  }

  @Override
  public String @Nullable [] getServerAliases(String keyType, Principal @Nullable [] issuers) {
    return null;
  }
}
