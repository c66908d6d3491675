package io.silverback.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.silverback.server.RawHttp.Answer;
import java.io.IOException;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Two nodes that are cut apart; the libraries below them are those of {@link LocalLibraries}. */
final class ClusterPairTest {
  @Test
  void eachSideOfACutTakesPushesAndShowsOnlyThoseAndTheNewestIsLeftAfterwards() throws IOException {
    try (var cluster = LocalCluster.startToBeCut(2)) {
      push(cluster, 0, "PUT", "nightly", "f1 1\nf2 1\n");
      push(cluster, 1, "PUT", "other", "f1 1\n");

      cluster.cut(true);
      for (int node = 0; node < 2; node++) {
        int one = node;
        cluster.await("being alone", () -> isFresh(cluster, one));
        cluster.await("readiness", () -> cluster.get(one, "/-/ready").status() == 200);
        assertEquals(List.of(), values(cluster, node, "/metrics"));
      }
      push(cluster, 0, "POST", "nightly", "f2 2\n");
      push(cluster, 0, "PUT", "zero", "f3 7\n");
      push(cluster, 1, "POST", "nightly", "f2 3\n");
      List<String> zero =
          List.of("f2{instance=\"\",job=\"nightly\"} 2", "f3{instance=\"\",job=\"zero\"} 7");
      List<String> one = List.of("f2{instance=\"\",job=\"nightly\"} 3");
      for (String path : List.of("/metrics", "/metrics?scope=cluster")) {
        assertEquals(zero, values(cluster, 0, path));
        assertEquals(one, values(cluster, 1, path));
      }
      String page = cluster.get(0, "/metrics").text();
      assertEquals(2, page.split("\npush_time_seconds\\{", -1).length - 1, page);
      assertFalse(page.contains("\npush_failure_time_seconds{"), page);
      String groups = cluster.get(0, "/api/v1/metrics").text();
      assertTrue(groups.contains("\"nightly\"") && groups.contains("\"zero\""), groups);
      assertFalse(groups.contains("\"other\"") || groups.contains("\"f1\""), groups);
      assertEquals(503, cluster.send(0, "PUT", "/api/v1/admin/wipe", "").status());
      Answer ordered = cluster.send(0, "POST", "/api/v1/cluster/rebalance", "");
      assertEquals(503, ordered.status(), ordered.text());

      cluster.cut(false);
      for (int node = 0; node < 2; node++) {
        int each = node;
        cluster.await("readiness", () -> isReadyTogether(cluster, each));
      }
      List<String> all =
          List.of(
              "f1{instance=\"\",job=\"nightly\"} 1",
              "f1{instance=\"\",job=\"other\"} 1",
              "f2{instance=\"\",job=\"nightly\"} 3",
              "f3{instance=\"\",job=\"zero\"} 7");
      cluster.await("all groups", () -> cluster.get(0, "/metrics?scope=cluster").status() == 200);
      for (int node = 0; node < 2; node++) {
        assertEquals(all, values(cluster, node, "/metrics?scope=cluster"));
      }
      List<String> shown =
          IntStream.range(0, 2)
              .boxed()
              .flatMap(node -> values(cluster, node, "/metrics").stream())
              .sorted()
              .toList();
      assertEquals(all, shown);
      push(cluster, 0, "PUT", "nightly", "f1 9\n");
    }
  }

  private static boolean isFresh(LocalCluster cluster, int node) throws IOException {
    return cluster.get(node, "/-/metrics").text().contains("\nsilverback_cluster_fresh 1\n");
  }

  private static boolean isReadyTogether(LocalCluster cluster, int node) throws IOException {
    return !isFresh(cluster, node) && cluster.get(node, "/-/ready").status() == 200;
  }

  private static void push(LocalCluster cluster, int node, String method, String job, String body)
      throws IOException {
    Answer pushed = cluster.send(node, method, "/metrics/job/" + job, body);
    assertEquals(200, pushed.status(), pushed.text());
  }

  /** The pushed series of a page. */
  private static List<String> values(LocalCluster cluster, int node, String path) {
    try {
      return cluster
          .get(node, path)
          .text()
          .lines()
          .filter(line -> line.matches("f\\d\\{.*"))
          .toList();
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }
}
