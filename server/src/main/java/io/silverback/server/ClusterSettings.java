package io.silverback.server;

import io.silverback.cluster.ClusterConfig;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * How this server takes part in a cluster.
 *
 * @param listenAddress where it listens for the others
 * @param peerAddress where the others reach it, as {@code host:port}
 * @param webAddress where Prometheus and clients reach its web door, as {@code host:port}
 * @param join where others may be, each as {@code host:port} or {@code dns+name:port}
 * @param nodeId unique among the nodes that live
 * @param zone the failure domain, empty for none
 * @param voterOnly whether it votes and holds no groups
 * @param secretFile whose lines the peers know; empty only on an address of this machine
 * @param folder for the files of the cluster; empty for one that goes with the process
 */
record ClusterSettings(
    InetSocketAddress listenAddress,
    String peerAddress,
    String webAddress,
    List<String> join,
    String nodeId,
    String zone,
    boolean voterOnly,
    Optional<Path> secretFile,
    Optional<Path> folder,
    ClusterConfig rules,
    PeerBounds bounds) {
  ClusterSettings {
    join = List.copyOf(join);
  }

  /**
   * What peers may cost.
   *
   * @param queueBytes that may wait to be sent to one peer
   * @param messageBytes that a message may have
   * @param connections that peers may have open to this server
   */
  record PeerBounds(int queueBytes, int messageBytes, int connections) {}
}
