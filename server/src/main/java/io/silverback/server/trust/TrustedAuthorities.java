package io.silverback.server.trust;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.util.Collection;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;

/** Certificates that are trusted instead of those of the JDK. */
public final class TrustedAuthorities {
  /** More than any file of authorities has, in bytes; a reader should not take more. */
  public static final int MOST_BYTES = 4 * 1024 * 1024;

  private TrustedAuthorities() {}

  /**
   * A context that trusts the certificates of a text in PEM form, and no others.
   *
   * @param pem not kept, and not written to
   * @throws GeneralSecurityException if it has none, or one that cannot be read
   */
  public static SSLContext of(byte[] pem) throws GeneralSecurityException {
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(null, managers(pem), null);
    return context;
  }

  /**
   * What trusts the certificates of a text in PEM form, and no others.
   *
   * @param pem not kept, and not written to
   * @throws GeneralSecurityException if it has none, or one that cannot be read
   */
  public static TrustManager[] managers(byte[] pem) throws GeneralSecurityException {
    Collection<? extends Certificate> certificates =
        CertificateFactory.getInstance("X.509").generateCertificates(new ByteArrayInputStream(pem));
    if (certificates.isEmpty()) {
      throw new CertificateException("no certificate in it");
    }
    return managers(certificates);
  }

  /** What trusts those certificates, and no others. */
  public static TrustManager[] managers(Collection<? extends Certificate> certificates)
      throws GeneralSecurityException {
    KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
    try {
      store.load(null, null);
    } catch (IOException e) {
      throw new IllegalStateException("an empty store is not read from anywhere", e);
    }
    int number = 0;
    for (Certificate certificate : certificates) {
      store.setCertificateEntry("ca-" + number++, certificate);
    }
    var factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    factory.init(store);
    return factory.getTrustManagers();
  }
}
