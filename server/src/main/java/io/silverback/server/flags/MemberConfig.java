package io.silverback.server.flags;

import io.silverback.cluster.ClusterConfig;
import io.silverback.cluster.peer.PeerConfig;
import io.silverback.cluster.peer.PeerSecrets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * How this server takes part in a cluster.
 *
 * @param listenAddress where it listens for the others, as {@code host:port} or {@code :port}
 * @param peerAddress where the others reach it, as {@code host:port}
 * @param webAddress where Prometheus and clients reach its web endpoint, as {@code host:port}
 * @param join where others may be, each as {@code host:port} or {@code dns+name:port}
 * @param nodeId unique among the nodes that live
 * @param zone the failure domain, empty for none
 * @param voterOnly whether it votes and holds no groups
 * @param folder for the files of the cluster; empty for one that goes with the process
 * @param drainTimeout how long it tries to hand over what it leads before it ends
 * @param rules what all nodes of a cluster should be told alike
 * @param peers what bounds the connections to the others
 */
public record MemberConfig(
    String listenAddress,
    String peerAddress,
    String webAddress,
    List<String> join,
    String nodeId,
    String zone,
    boolean voterOnly,
    PeerSecrets secrets,
    Optional<Path> folder,
    Duration drainTimeout,
    ClusterConfig rules,
    PeerConfig peers) {
  public MemberConfig {
    join = List.copyOf(join);
  }
}
