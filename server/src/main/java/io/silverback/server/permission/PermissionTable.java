package io.silverback.server.permission;

import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * What a file says. Of several clients that fit a request the first one counts.
 *
 * @param anyone what every request may do
 */
record PermissionTable(Set<Right> anyone, List<Client> clients) {
  PermissionTable {
    anyone = Right.copyOf(anyone);
    clients = List.copyOf(clients);
  }

  /** Of whom nothing is known but a name, which may be empty. */
  Caller stranger(String name) {
    return new Caller(name, anyone, Reach.ALL);
  }

  /** A user without an entry may do what anyone may. */
  Caller ofUser(String user) {
    return clients.stream()
        .filter(client -> client.users().contains(user))
        .findFirst()
        .map(Client::caller)
        .orElseGet(() -> stranger(user));
  }

  Optional<Caller> ofCertificate(X509Certificate certificate) {
    return clients.stream()
        .filter(client -> client.shows(certificate))
        .findFirst()
        .map(Client::caller);
  }

  boolean hasUsers() {
    return clients.stream().anyMatch(client -> !client.users().isEmpty());
  }

  boolean hasTokens() {
    return clients.stream().anyMatch(client -> !client.tokens().isEmpty());
  }

  boolean hasCertificates() {
    return clients.stream().anyMatch(Client::hasCertificates);
  }
}
