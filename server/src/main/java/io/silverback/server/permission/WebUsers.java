package io.silverback.server.permission;

import io.silverback.server.web.WebConfig;
import java.util.Collections;
import java.util.Optional;
import java.util.Set;

/**
 * What of the web configuration a file of permissions builds on.
 *
 * @param names of the users that have a password
 * @param areCertificatesVerified whether clients may show a certificate, and only one that is
 *     signed by a client CA
 */
record WebUsers(Set<String> names, boolean areCertificatesVerified) {
  WebUsers {
    names = Collections.unmodifiableSet(names);
  }

  /** Those of a server that has that configuration, or none. */
  static WebUsers of(Optional<WebConfig> web) {
    return new WebUsers(
        web.map(it -> it.users().keySet()).orElse(Set.of()),
        web.filter(it -> it.tls().enabled() && it.tls().clientAuth().verifies()).isPresent());
  }
}
