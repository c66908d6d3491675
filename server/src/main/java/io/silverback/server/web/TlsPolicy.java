package io.silverback.server.web;

import io.silverback.server.trust.Identity;
import io.silverback.server.yaml.ConfigException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.NoSuchAlgorithmException;
import java.security.cert.X509Certificate;
import java.util.List;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.TrustManager;

/**
 * How connections are encrypted as of one version of the configuration and its files. Immutable.
 *
 * <p>Sessions are resumed within one policy only, so that nobody resumes one that a newer
 * configuration would not grant.
 */
final class TlsPolicy {
  private final TlsFiles settings;
  private final SSLContext context;
  private final List<String> protocols;

  private TlsPolicy(TlsFiles settings, SSLContext context, List<String> protocols) {
    this.settings = settings;
    this.context = context;
    this.protocols = protocols;
  }

  /**
   * Prepares to serve with an identity.
   *
   * @param configFile for messages
   * @param authorities the client CAs; if empty, those that the JDK trusts
   * @throws ConfigException if this JVM cannot do what the settings ask for
   */
  static TlsPolicy of(
      Path configFile, TlsFiles settings, Identity identity, List<X509Certificate> authorities) {
    try {
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(
          new KeyManager[] {new IdentityKeyManager(identity)},
          new TrustManager[] {ClientTrust.of(settings, authorities)},
          null);
      return new TlsPolicy(settings, context, usableProtocols(configFile, settings));
    } catch (GeneralSecurityException e) {
      throw ConfigException.inFile(configFile, "cannot set up TLS, " + e.getMessage());
    }
  }

  private static List<String> usableProtocols(Path configFile, TlsFiles settings)
      throws NoSuchAlgorithmException {
    List<String> enabled =
        List.of(SSLContext.getDefault().getDefaultSSLParameters().getProtocols());
    List<String> protocols =
        TlsVersion.protocols(settings.minVersion(), settings.maxVersion()).stream()
            .filter(enabled::contains)
            .toList();
    if (protocols.isEmpty()) {
      throw ConfigException.inFile(
          configFile, "this JVM has disabled every TLS version from min_version to max_version");
    }
    return protocols;
  }

  SSLContext context() {
    return context;
  }

  boolean verifiesClients() {
    return settings.clientAuth().verifies();
  }

  /** New parameters for one connection; the caller owns them. */
  SSLParameters parameters() {
    SSLParameters parameters = new SSLParameters();
    parameters.setProtocols(protocols.toArray(String[]::new));
    parameters.setCipherSuites(
        CipherSuites.enabled(settings.cipherSuites()).toArray(String[]::new));
    parameters.setUseCipherSuitesOrder(settings.preferServerCipherSuites());
    if (!settings.namedGroups().isEmpty()) {
      parameters.setNamedGroups(settings.namedGroups().toArray(String[]::new));
    }
    switch (settings.clientAuth()) {
      case NONE -> {}
      case REQUEST, VERIFY_IF_GIVEN -> {
        // upstream: once there are allowed SANs, a client without a certificate gets nowhere.
        if (settings.allowedSans().isEmpty()) {
          parameters.setWantClientAuth(true);
        } else {
          parameters.setNeedClientAuth(true);
        }
      }
      case REQUIRE_ANY, REQUIRE_AND_VERIFY -> parameters.setNeedClientAuth(true);
    }
    return parameters;
  }
}
