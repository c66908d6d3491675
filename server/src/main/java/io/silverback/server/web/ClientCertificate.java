package io.silverback.server.web;

import java.net.InetAddress;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import javax.naming.InvalidNameException;
import javax.naming.ldap.LdapName;
import javax.naming.ldap.Rdn;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLPeerUnverifiedException;

/** Whom the certificate of a client names. */
public final class ClientCertificate {
  private static final int SAN_IP = 7;
  private static final List<Integer> SAN_TEXTS = List.of(1, 2, 6, SAN_IP);

  private ClientCertificate() {}

  /**
   * The certificate that a client CA vouches for; empty without one, or if the policy under which
   * the connection was made takes certificates that anyone may have signed.
   */
  public static Optional<X509Certificate> verified(SSLEngine engine) {
    if (!(engine instanceof PolicyEngine policy) || !policy.verifiesClients()) {
      return Optional.empty();
    }
    try {
      return engine.getSession().getPeerCertificates()[0] instanceof X509Certificate certificate
          ? Optional.of(certificate)
          : Optional.empty();
    } catch (SSLPeerUnverifiedException _) {
      return Optional.empty();
    }
  }

  /**
   * Its subject alternative names that are texts: names of hosts, addresses, mail addresses and
   * URIs; addresses as {@link #asWritten} has them.
   */
  public static List<String> subjectAlternativeNames(X509Certificate certificate)
      throws CertificateParsingException {
    Collection<List<?>> names = certificate.getSubjectAlternativeNames();
    var texts = new ArrayList<String>();
    for (List<?> name : names == null ? List.<List<?>>of() : names) {
      if (name.get(0) instanceof Integer kind
          && SAN_TEXTS.contains(kind)
          && name.get(1) instanceof String text) {
        texts.add(kind == SAN_IP ? asWritten(text) : text);
      }
    }
    return texts;
  }

  /**
   * The one spelling of an IPv6 address, and any other text as it is: the JDK writes all groups of
   * an address, a file may have it in Go's short form.
   */
  public static String asWritten(String name) {
    if (!name.contains(":")) {
      return name;
    }
    try {
      return InetAddress.ofLiteral(name).getHostAddress();
    } catch (IllegalArgumentException _) {
      // Not an address but a URI.
      return name;
    }
  }

  /** The common name of its subject; empty if there is not exactly one. */
  public static Optional<String> commonName(X509Certificate certificate) {
    try {
      List<Rdn> named =
          new LdapName(certificate.getSubjectX500Principal().getName())
              .getRdns().stream().filter(rdn -> rdn.toAttributes().get("CN") != null).toList();
      return named.size() == 1
              && named.getFirst().size() == 1
              && named.getFirst().getValue() instanceof String name
          ? Optional.of(name)
          : Optional.empty();
    } catch (InvalidNameException _) {
      return Optional.empty();
    }
  }
}
