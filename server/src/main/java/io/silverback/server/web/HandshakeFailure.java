package io.silverback.server.web;

import java.io.IOException;
import java.security.cert.CertificateException;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.SSLException;

/** Why a connection did not get through its TLS handshake. */
public enum HandshakeFailure {
  /** The client sends HTTP without TLS. */
  PLAIN_HTTP,
  NO_COMMON_PROTOCOL,
  NO_COMMON_CIPHER,
  /** The client must have a certificate and shows none. */
  CLIENT_CERTIFICATE_MISSING,
  /** The web configuration file does not allow the client's certificate. */
  CLIENT_CERTIFICATE_REFUSED,
  /** The client does not trust our certificate. */
  SERVER_CERTIFICATE_REFUSED,
  /** The web configuration file, or a file that it names, has become invalid. */
  CONFIGURATION,
  /** The client ended the connection in the middle of the handshake, or before it. */
  CLOSED,
  /** The client took too long. */
  TIMEOUT,
  OTHER;

  private static final Pattern ALERT = Pattern.compile("(?:fatal alert|Alert): ([a-z_]+)");

  private static final Set<String> ALERTS_ABOUT_OUR_CERTIFICATE =
      Set.of(
          "bad_certificate",
          "unsupported_certificate",
          "certificate_revoked",
          "certificate_expired",
          "certificate_unknown",
          "unknown_ca");

  /** The name in metrics and log lines. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** The reason of what the JDK threw, by its type and, where that says nothing, its text. */
  public static HandshakeFailure of(Throwable failure) {
    var text = new StringBuilder();
    HandshakeFailure byType = OTHER;
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      switch (cause) {
        case CertificateException _ -> {
          return CLIENT_CERTIFICATE_REFUSED;
        }
        case SSLException _ -> byType = OTHER;
        case IOException _ -> byType = CLOSED;
        default -> {}
      }
      text.append(cause.getMessage()).append('\n');
    }
    return byType == CLOSED ? CLOSED : ofText(text.toString());
  }

  private static HandshakeFailure ofText(String text) {
    Matcher alert = ALERT.matcher(text);
    if (alert.find()) {
      return ALERTS_ABOUT_OUR_CERTIFICATE.contains(alert.group(1))
          ? SERVER_CERTIFICATE_REFUSED
          : OTHER;
    }
    if (text.contains("(protocol_version)") || text.contains("SSLv2Hello")) {
      return NO_COMMON_PROTOCOL;
    }
    if (text.contains("no cipher suites in common") || text.contains("No common named group")) {
      return NO_COMMON_CIPHER;
    }
    return text.contains("Empty client certificate chain") ? CLIENT_CERTIFICATE_MISSING : OTHER;
  }
}
