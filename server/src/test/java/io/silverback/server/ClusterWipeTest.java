package io.silverback.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.silverback.server.RawHttp.Answer;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

/** What a wipe does to a cluster; the libraries below it are those of {@link LocalLibraries}. */
final class ClusterWipeTest {
  private static final String HISTORY =
      "/api/v1/history?match%5B%5D=%7Bjob%3D~%22job-.*%22%7D&start=0&end=9999999999";

  @Test
  void aWipeTakesTheHistoryOnAllNodesAndFreesThePlacesOfGroups() throws IOException {
    try (var cluster = LocalCluster.start(3)) {
      ClusterGatewayTest.pushThroughAll(cluster);
      assertEquals(202, cluster.send(1, "DELETE", "/metrics/job/job-3", "").status());
      assertTrue(remembered(cluster) > 0);
      assertTrue(cluster.get(0, HISTORY).text().contains("value_"));

      Answer wiped = cluster.send(2, "PUT", "/api/v1/admin/wipe", "");

      assertEquals(202, wiped.status(), wiped.text());
      assertEquals(List.of(), ClusterGatewayTest.exposed(cluster));
      for (int node = 0; node < cluster.size(); node++) {
        int asked = node;
        // The one that did not hold up the answer may still be at it.
        cluster.await("no history", () -> !cluster.get(asked, HISTORY).text().contains("value_"));
      }
      cluster.await("no tombstones", () -> remembered(cluster) == 0);
      ClusterGatewayTest.pushThroughAll(cluster);
      assertEquals(
          ClusterGatewayTest.lines(),
          ClusterGatewayTest.exposed(cluster).stream().sorted().toList());
    }
  }

  private static int remembered(LocalCluster cluster) throws IOException {
    String name = "silverback_cluster_tombstones ";
    int all = 0;
    for (int node = 0; node < cluster.size(); node++) {
      all +=
          cluster
              .get(node, "/-/metrics")
              .text()
              .lines()
              .filter(line -> line.startsWith(name))
              .mapToInt(line -> Integer.parseInt(line.substring(name.length())))
              .sum();
    }
    return all;
  }

  @Test
  void aWipeGoesThroughANodeThatLeadsNothing() throws IOException {
    try (var cluster = LocalCluster.start(3)) {
      ClusterGatewayTest.pushThroughAll(cluster);
      Answer drained =
          cluster.send(0, "POST", "/api/v1/cluster/members/node-2/drain?timeout=30s", "");
      assertEquals(200, drained.status(), drained.text());

      Answer wiped = cluster.send(2, "PUT", "/api/v1/admin/wipe", "");

      assertEquals(202, wiped.status(), wiped.text());
      assertEquals(List.of(), ClusterGatewayTest.exposed(cluster));
    }
  }

  @Test
  void aWipeThatALeaderDoesNotConfirmNamesItAndIsDoneAgain() throws IOException {
    try (var cluster = LocalCluster.start(3)) {
      ClusterGatewayTest.pushThroughAll(cluster);
      cluster.freezeViews(true);
      cluster.stop(1);
      Answer wiped = cluster.send(0, "PUT", "/api/v1/admin/wipe", "");

      assertEquals(503, wiped.status(), wiped.text());
      assertTrue(wiped.text().contains("some slots are left"), wiped.text());
      assertTrue(wiped.text().contains(" nodes=[node-1]"), wiped.text());

      cluster.freezeViews(false);
      cluster.await(
          "the others go on",
          () -> cluster.get(0, "/api/v1/cluster/status").text().contains("\"settled\":true"));
      Answer again = cluster.send(0, "PUT", "/api/v1/admin/wipe", "");
      assertEquals(202, again.status(), again.text());
      for (int node : new int[] {0, 2}) {
        assertFalse(cluster.get(node, "/metrics").text().contains("value_"));
      }
    }
  }

  /** A push that was answered before the wipe is gone; one that is sent after it stays. */
  @Test
  void pushesGoOnWhileAllIsWiped() throws IOException, InterruptedException {
    try (var cluster = LocalCluster.start(3)) {
      var failures = new ConcurrentLinkedQueue<String>();
      var isOver = new AtomicBoolean();
      Thread pusher =
          Thread.ofVirtual()
              .start(
                  () -> {
                    while (!isOver.get()) {
                      try {
                        Answer pushed = cluster.send(1, "PUT", "/metrics/job/busy", "busy 1\n");
                        if (pushed.status() != 200) {
                          failures.add(pushed.text());
                        }
                      } catch (IOException e) {
                        failures.add(e.toString());
                      }
                    }
                  });
      for (int round = 0; round < 5; round++) {
        ClusterGatewayTest.pushThroughAll(cluster);
        Answer wiped = cluster.send(round % 3, "PUT", "/api/v1/admin/wipe", "");
        assertEquals(202, wiped.status(), wiped.text());
        assertEquals(List.of(), ClusterGatewayTest.exposed(cluster));
      }
      ClusterGatewayTest.pushThroughAll(cluster);
      isOver.set(true);
      pusher.join();
      assertEquals(List.of(), List.copyOf(failures));
      assertEquals(
          ClusterGatewayTest.lines(),
          ClusterGatewayTest.exposed(cluster).stream().sorted().toList());
    }
  }
}
