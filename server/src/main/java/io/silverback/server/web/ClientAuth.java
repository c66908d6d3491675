package io.silverback.server.web;

import java.util.Optional;

/** What is asked of a client's certificate. */
public enum ClientAuth {
  /** The client is not asked for one. */
  NONE,
  /** The client is asked, and may send any or none. */
  REQUEST,
  /** The client must send one, signed by anyone. */
  REQUIRE_ANY,
  /** The client may send none, but what it sends must be signed by a client CA. */
  VERIFY_IF_GIVEN,
  /** The client must send one that is signed by a client CA. */
  REQUIRE_AND_VERIFY;

  /** By its name in Go; empty if Go has no such name. */
  static Optional<ClientAuth> named(String name) {
    return switch (name) {
      case "", "NoClientCert" -> Optional.of(NONE);
      case "RequestClientCert" -> Optional.of(REQUEST);
      // upstream: tls_config.go keeps the older name RequireClientCert.
      case "RequireAnyClientCert", "RequireClientCert" -> Optional.of(REQUIRE_ANY);
      case "VerifyClientCertIfGiven" -> Optional.of(VERIFY_IF_GIVEN);
      case "RequireAndVerifyClientCert" -> Optional.of(REQUIRE_AND_VERIFY);
      default -> Optional.empty();
    };
  }

  /** True if what a client sends must be signed by a client CA. */
  public boolean verifies() {
    return this == VERIFY_IF_GIVEN || this == REQUIRE_AND_VERIFY;
  }
}
