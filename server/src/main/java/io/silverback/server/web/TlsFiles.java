package io.silverback.server.web;

import java.util.List;

/**
 * The TLS section of a web configuration, as it stands there: no file named in it has been read.
 *
 * @param allowedSans if not empty, a client must show a certificate with one of these subject
 *     alternative names
 * @param cipherSuites names known to both Go and the JDK, for TLS up to 1.2; empty for the default
 * @param preferServerCipherSuites whether the order here counts more than the client's
 * @param namedGroups the JDK's names of the curves for the key exchange; empty for the default
 */
public record TlsFiles(
    PemSource certificate,
    PemSource key,
    PemSource clientCa,
    ClientAuth clientAuth,
    List<String> allowedSans,
    TlsVersion minVersion,
    TlsVersion maxVersion,
    List<String> cipherSuites,
    boolean preferServerCipherSuites,
    List<String> namedGroups) {

  public TlsFiles {
    allowedSans = List.copyOf(allowedSans);
    cipherSuites = List.copyOf(cipherSuites);
    namedGroups = List.copyOf(namedGroups);
  }

  /** True if connections are to be encrypted. */
  public boolean enabled() {
    return certificate.isPresent() && key.isPresent();
  }
}
