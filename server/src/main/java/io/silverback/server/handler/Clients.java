package io.silverback.server.handler;

import io.silverback.codec.model.GroupingKey;
import io.silverback.server.writers.GroupClients.Client;
import java.util.List;

/** Who pushes to a group, as one server knows it or all of a cluster do. Thread-safe. */
@FunctionalInterface
public interface Clients {
  /** A server that does not answer is named and keeps nothing from being told. */
  Known clientsOf(GroupingKey key);

  /**
   * What is known.
   *
   * @param clients the one that pushed last is the first
   * @param silent the names of the servers that did not say anything
   */
  record Known(List<Client> clients, List<String> silent) {
    public Known {
      clients = List.copyOf(clients);
      silent = List.copyOf(silent);
    }
  }
}
