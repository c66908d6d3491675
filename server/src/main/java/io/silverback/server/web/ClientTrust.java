package io.silverback.server.web;

import io.silverback.server.trust.TrustedAuthorities;
import java.net.Socket;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.util.Collections;
import java.util.List;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedTrustManager;
import org.jspecify.annotations.Nullable;

/** Which client certificates are good enough. Never trusts a server. */
final class ClientTrust extends X509ExtendedTrustManager {
  /** Who checks the signatures; null if any certificate will do. */
  private final @Nullable X509ExtendedTrustManager verifier;

  private final X509Certificate[] authorities;
  private final List<String> allowedSans;

  private ClientTrust(
      @Nullable X509ExtendedTrustManager verifier,
      X509Certificate[] authorities,
      List<String> allowedSans) {
    this.verifier = verifier;
    this.authorities = authorities;
    this.allowedSans = allowedSans;
  }

  /**
   * Trusts as the settings ask.
   *
   * @param authorities the client CAs; if empty, those that the JDK trusts
   */
  static ClientTrust of(TlsFiles settings, List<X509Certificate> authorities)
      throws GeneralSecurityException {
    return new ClientTrust(
        settings.clientAuth().verifies() ? verifier(authorities) : null,
        authorities.toArray(X509Certificate[]::new),
        settings.allowedSans().stream().map(ClientCertificate::asWritten).toList());
  }

  private static X509ExtendedTrustManager verifier(List<X509Certificate> authorities)
      throws GeneralSecurityException {
    if (!authorities.isEmpty()) {
      return (X509ExtendedTrustManager) TrustedAuthorities.managers(authorities)[0];
    }
    // upstream: without client CAs Go verifies against those of the system.
    TrustManagerFactory factory =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    factory.init((KeyStore) null);
    return (X509ExtendedTrustManager) factory.getTrustManagers()[0];
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String authType, SSLEngine engine)
      throws CertificateException {
    if (verifier != null) {
      verifier.checkClientTrusted(chain, authType, engine);
    }
    checkSan(chain[0]);
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String authType, Socket socket)
      throws CertificateException {
    if (verifier != null) {
      verifier.checkClientTrusted(chain, authType, socket);
    }
    checkSan(chain[0]);
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String authType)
      throws CertificateException {
    if (verifier != null) {
      verifier.checkClientTrusted(chain, authType);
    }
    checkSan(chain[0]);
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String authType, SSLEngine engine)
      throws CertificateException {
    checkServerTrusted(chain, authType);
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String authType, Socket socket)
      throws CertificateException {
    checkServerTrusted(chain, authType);
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String authType)
      throws CertificateException {
    throw new CertificateException("this side is a server: authType=" + authType);
  }

  @Override
  public X509Certificate[] getAcceptedIssuers() {
    return authorities.clone();
  }

  private void checkSan(X509Certificate certificate) throws CertificateException {
    if (!allowedSans.isEmpty()
        && Collections.disjoint(
            allowedSans, ClientCertificate.subjectAlternativeNames(certificate))) {
      throw new CertificateException(
          "no allowed SAN in the client certificate: allowed=" + allowedSans);
    }
  }
}
