package io.silverback.server.flags;

import io.silverback.server.handler.EndpointConfig;
import io.silverback.server.storage.PersistenceConfig;
import io.silverback.server.storage.StorageLimits;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * Everything that the command line can set, so that a test can set it without one.
 *
 * @param listenAddresses where to listen, at least one; port 0 takes any free port
 * @param webConfigFile the file with TLS, users, headers and rate limit; empty for none of them
 * @param permissionsFile the file that says which client may do what; empty if all may do all
 * @param shutdownTimeout how long requests may go on once the end was asked for
 * @param historyRetention how long what was pushed can be looked up; zero for not at all
 * @param persistence where groups are kept beyond the end of the process; empty for nowhere
 * @param limits what the store is not to outgrow
 * @param maxWipedBytes the most heap for what remote write has to know of wiped groups
 * @param live what may change while the server runs
 * @param advertisedWebAddress where Prometheus reaches this server, as {@code host:port}; empty for
 *     where it listens
 * @param cluster how this server takes part in a cluster; empty for a single node
 */
public record GatewayConfig(
    List<InetSocketAddress> listenAddresses,
    EndpointConfig endpoints,
    String webConfigFile,
    String permissionsFile,
    Duration shutdownTimeout,
    Duration historyRetention,
    Optional<PersistenceConfig> persistence,
    StorageLimits limits,
    long maxWipedBytes,
    LiveConfig live,
    String advertisedWebAddress,
    Optional<MemberConfig> cluster) {
  public GatewayConfig {
    listenAddresses = List.copyOf(listenAddresses);
    if (listenAddresses.isEmpty()) {
      throw new IllegalArgumentException("nowhere to listen: listenAddresses=[]");
    }
    if (shutdownTimeout.isNegative()) {
      throw new IllegalArgumentException(
          "shutdown timeout must not be negative: shutdownTimeout=" + shutdownTimeout);
    }
    if (historyRetention.isNegative()) {
      throw new IllegalArgumentException(
          "history retention must not be negative: historyRetention=" + historyRetention);
    }
  }
}
