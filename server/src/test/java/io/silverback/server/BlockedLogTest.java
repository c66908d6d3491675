package io.silverback.server;

import static org.junit.jupiter.api.Assertions.assertFalse;

import io.silverback.cluster.Membership;
import io.silverback.cluster.Network;
import io.silverback.cluster.ViewLog;
import io.silverback.server.flags.MemberConfig;
import io.silverback.server.member.ClusterLibraries;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A voter that lives and whose log is cut off, with the real log. */
@Timeout(180)
final class BlockedLogTest {
  private static final String LATE = "node node-1 does not keep up with the log of the views";

  @Test
  void aVoterWhoseLogIsBlockedIsNoneThatWorksUntilItHeals() throws IOException {
    Set<String> blocked = ConcurrentHashMap.newKeySet();
    try (var cluster = LocalCluster.start(3, usual -> new RealLogs(usual, blocked))) {
      awaitStatus(cluster, 1);
      blocked.add("node-1");
      cluster.await("it is named", () -> status(cluster).contains(LATE));
      awaitStatus(cluster, 0);
      cluster.await(
          "a metric of it, at the one that proposes or at itself",
          () -> metrics(cluster, 0, 1, 2).contains("\nsilverback_cluster_late_logs 1\n"));
      assertFalse(
          cluster.get(0, "/api/v1/cluster/members").text().contains("\"silent\":true"),
          "its process lives");

      blocked.clear();
      awaitStatus(cluster, 1);
      assertFalse(status(cluster).contains(LATE));
      cluster.await(
          "no metric of it",
          () -> !metrics(cluster, 0, 1, 2).contains("\nsilverback_cluster_late_logs 1\n"));
    }
  }

  private static void awaitStatus(LocalCluster cluster, int mayFail) throws IOException {
    cluster.await(
        "as many may fail: " + mayFail,
        () -> status(cluster).contains("\"without_stopping_pushes\":" + mayFail));
  }

  private static String status(LocalCluster cluster) throws IOException {
    return cluster.get(0, "/api/v1/cluster/status").text();
  }

  private static String metrics(LocalCluster cluster, int... nodes) throws IOException {
    var all = new StringBuilder();
    for (int node : nodes) {
      all.append(cluster.get(node, "/-/metrics").text());
    }
    return all.toString();
  }

  private record RealLogs(ClusterLibraries usual, Set<String> blocked) implements ClusterLibraries {
    @Override
    public Membership membership(MemberConfig settings, Network network) {
      return usual.membership(settings, network);
    }

    @Override
    public ViewLog viewLog(MemberConfig settings, Path folder, Network network) {
      BooleanSupplier isBlocked = () -> blocked.contains(settings.nodeId());
      return new ClusterLibraries.Usual()
          .viewLog(settings, folder, new LossyNetwork(network, isBlocked));
    }
  }

  /** Loses what the log says and hears while it is blocked; nothing else goes over it. */
  private record LossyNetwork(Network network, BooleanSupplier isBlocked) implements Network {
    @Override
    public boolean send(String address, Channel channel, byte[] message) {
      return isBlocked.getAsBoolean() || network.send(address, channel, message);
    }

    @Override
    public void receive(Channel channel, Receiver receiver) {
      network.receive(
          channel,
          (from, message) -> {
            if (!isBlocked.getAsBoolean()) {
              receiver.received(from, message);
            }
          });
    }

    @Override
    public void knock(String address, Consumer<Knock> done) {
      network.knock(address, done);
    }

    @Override
    public void whenHungUp(Consumer<Sender> listener) {
      network.whenHungUp(listener);
    }

    @Override
    public void dropConnections() {
      network.dropConnections();
    }

    @Override
    public String localAddress() {
      return network.localAddress();
    }

    @Override
    public void close() {
      network.close();
    }
  }
}
