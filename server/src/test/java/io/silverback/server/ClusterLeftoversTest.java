package io.silverback.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.silverback.server.RawHttp.Answer;
import java.io.IOException;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** What a node does not own any more goes, and nothing of it is missing then or comes back. */
final class ClusterLeftoversTest {
  private static final int GROUPS = 30;
  private static final String DRAIN = "/api/v1/cluster/members/node-2/drain";

  private final Map<String, Integer> values = new TreeMap<>();
  private int samples;

  @Test
  void aDrainedNodeKeepsNothingAndAllElseHasAll() throws IOException {
    try (var cluster = LocalCluster.startWith(3, "--cluster.stability=1s")) {
      for (int i = 0; i < 2 * GROUPS; i++) {
        put(cluster, i % 3, "job-" + i % GROUPS);
      }
      assertTrue(own(cluster, 2, "storage_groups") > 0);

      assertEquals(202, cluster.send(0, "POST", DRAIN + "?timeout=0s", "").status());
      // Whatever comes while groups go wins.
      for (int i = 0; own(cluster, 2, "storage_groups") > 0 && i < 2_000; i++) {
        put(cluster, i % 3, "job-" + i % (GROUPS / 2));
        if (i == GROUPS) {
          assertEquals(202, cluster.send(2, "DELETE", "/metrics/job/job-29", "").status());
          values.remove("job-29");
        }
      }
      cluster.await("nothing is left", () -> own(cluster, 2, "cluster_leftover_slots") == 0);
      assertEquals(0, own(cluster, 2, "storage_groups"));
      assertTrue(own(cluster, 2, "cluster_leftovers_forgotten_total") > 0);
      assertAll(cluster);

      assertEquals(200, cluster.send(1, "DELETE", DRAIN, "").status());
      cluster.await("it holds its share again", () -> own(cluster, 2, "storage_groups") > 0);
      cluster.await("all is settled", () -> isSettled(cluster));
      cluster.await("others keep only theirs", () -> copies(cluster) == 2 * values.size());
      assertAll(cluster);
    }
  }

  @Test
  void whatMovesToANodeThatJoinsIsHeldTwiceAndNoMore() throws IOException {
    try (var cluster = LocalCluster.startWith(2, "--cluster.stability=1s")) {
      for (int i = 0; i < 2 * GROUPS; i++) {
        put(cluster, i % 2, "job-" + i % GROUPS);
      }
      assertEquals(2 * GROUPS, copies(cluster));
      cluster.add();
      cluster.await("it holds its share", () -> own(cluster, 2, "storage_groups") > 0);
      cluster.await("others keep only theirs", () -> copies(cluster) == 2 * GROUPS);
      assertAll(cluster);
    }
  }

  private void put(LocalCluster cluster, int node, String job) throws IOException {
    int value = values.merge(job, 1, Integer::sum);
    Answer answer = cluster.send(node, "PUT", "/metrics/job/" + job, "v " + value + "\n");
    assertEquals(200, answer.status(), answer.text());
    samples++;
  }

  /** Through any node. */
  private void assertAll(LocalCluster cluster) throws IOException {
    for (int node = 0; node < cluster.size(); node++) {
      var shown = new TreeMap<String, Integer>();
      String page = cluster.get(node, "/metrics?scope=cluster").text();
      Matcher lines = Pattern.compile("(?m)^v\\{.*job=\"([^\"]*)\".*} (\\d+)").matcher(page);
      while (lines.find()) {
        shown.put(lines.group(1), Integer.valueOf(lines.group(2)));
      }
      assertEquals(values, shown);
      int rows = 0;
      Answer history = cluster.get(node, "/api/v1/history?match[]=v");
      for (JsonNode series : new JsonMapper().readTree(history.text()).at("/data/result")) {
        rows += series.at("/values").size();
      }
      // Of two pushes of one millisecond, history has the later one.
      assertTrue(rows > samples - samples / 10 && rows <= samples, rows + " of " + samples);
    }
  }

  private static double copies(LocalCluster cluster) throws IOException {
    double copies = 0;
    for (int node = 0; node < cluster.size(); node++) {
      copies += own(cluster, node, "storage_groups");
    }
    return copies;
  }

  private static boolean isSettled(LocalCluster cluster) throws IOException {
    return cluster.get(0, "/api/v1/cluster/status").text().contains("\"settled\":true");
  }

  private static double own(LocalCluster cluster, int node, String name) throws IOException {
    String page = cluster.get(node, "/-/metrics").text();
    Matcher line = Pattern.compile("(?m)^silverback_" + name + " (\\S+)$").matcher(page);
    assertTrue(line.find(), name);
    return Double.parseDouble(line.group(1));
  }
}
