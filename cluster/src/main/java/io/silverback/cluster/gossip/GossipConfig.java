package io.silverback.cluster.gossip;

import java.time.Duration;

/**
 * The times and bounds of a {@link ScaleCubeMembership}.
 *
 * @param pingInterval how often a node pings some other
 * @param pingTimeout how long it waits for the answer; shorter than the interval
 * @param suspicionMultiplier how long a silent node is only suspected, in rounds of pings
 * @param gossipInterval how often news is passed on
 * @param syncInterval how often two nodes compare all that they know
 * @param seedInterval how often names of seeds are resolved while no peer is known
 * @param closeTimeout how long saying farewell may take
 * @param maxPeers how many peers are told of at most
 */
public record GossipConfig(
    Duration pingInterval,
    Duration pingTimeout,
    int suspicionMultiplier,
    Duration gossipInterval,
    Duration syncInterval,
    Duration seedInterval,
    Duration closeTimeout,
    int maxPeers) {
  public GossipConfig {
    if (!pingTimeout.isPositive() || pingInterval.compareTo(pingTimeout) <= 0) {
      throw new IllegalArgumentException(
          "a ping must time out before the next one: pingInterval="
              + pingInterval
              + " pingTimeout="
              + pingTimeout);
    }
    if (!gossipInterval.isPositive()
        || !syncInterval.isPositive()
        || !seedInterval.isPositive()
        || !closeTimeout.isPositive()) {
      throw new IllegalArgumentException(
          "times must be positive: gossipInterval="
              + gossipInterval
              + " syncInterval="
              + syncInterval
              + " seedInterval="
              + seedInterval
              + " closeTimeout="
              + closeTimeout);
    }
    if (suspicionMultiplier < 1 || maxPeers < 1) {
      throw new IllegalArgumentException(
          "bounds must be positive: suspicionMultiplier="
              + suspicionMultiplier
              + " maxPeers="
              + maxPeers);
    }
  }

  /** For nodes in one network, up to fifty. */
  public static GossipConfig standard() {
    return new GossipConfig(
        Duration.ofMillis(500),
        Duration.ofMillis(300),
        3,
        Duration.ofMillis(100),
        Duration.ofSeconds(3),
        Duration.ofSeconds(3),
        Duration.ofSeconds(1),
        128);
  }
}
