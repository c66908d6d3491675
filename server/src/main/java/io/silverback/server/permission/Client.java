package io.silverback.server.permission;

import io.silverback.server.web.ClientCertificate;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.util.Collections;
import java.util.List;
import java.util.Set;

/**
 * One entry of the file.
 *
 * @param users names of basic authentication that are this client's
 * @param alternativeNames of certificates, of which one must fit
 * @param commonNames of certificates without a fitting alternative name
 */
record Client(
    Caller caller,
    Set<String> users,
    Set<String> alternativeNames,
    Set<String> commonNames,
    List<TokenFile> tokens) {
  Client {
    users = Collections.unmodifiableSet(users);
    alternativeNames = Collections.unmodifiableSet(alternativeNames);
    commonNames = Collections.unmodifiableSet(commonNames);
    tokens = List.copyOf(tokens);
  }

  boolean hasCertificates() {
    return !alternativeNames.isEmpty() || !commonNames.isEmpty();
  }

  /** True if that certificate, which a client CA has signed, is this client's. */
  boolean shows(X509Certificate certificate) {
    try {
      return !Collections.disjoint(
              alternativeNames, ClientCertificate.subjectAlternativeNames(certificate))
          || (!commonNames.isEmpty()
              && ClientCertificate.commonName(certificate)
                  .filter(commonNames::contains)
                  .isPresent());
    } catch (CertificateParsingException _) {
      return false;
    }
  }
}
