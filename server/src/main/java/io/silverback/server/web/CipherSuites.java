package io.silverback.server.web;

import java.util.ArrayList;
import java.util.List;

/** The cipher suites that Go calls secure; the JDK has the same names for them. */
final class CipherSuites {
  private static final List<String> TLS13 =
      List.of("TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256");

  private static final List<String> TLS12 =
      List.of(
          "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
          "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
          "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
          "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
          "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
          "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
          "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA",
          "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA",
          "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA",
          "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA");

  private CipherSuites() {}

  static boolean isKnown(String name) {
    return TLS13.contains(name) || TLS12.contains(name);
  }

  /** What to enable for a list of the file; those of TLS 1.3 are always on, as in Go. */
  static List<String> enabled(List<String> configured) {
    List<String> suites = new ArrayList<>(TLS13);
    for (String suite : configured.isEmpty() ? TLS12 : configured) {
      if (!suites.contains(suite)) {
        suites.add(suite);
      }
    }
    return suites;
  }
}
