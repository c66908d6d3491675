package io.silverback.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Three packaged servers in three processes, of which one has a clock that is a year ahead. */
@Tag("clusters")
final class ClusterClocksIT {
  private static final int GROUPS = 12;
  private static final double MOST_OF_A_YEAR = 364 * 24 * 3_600.0;

  /**
   * A year ahead by the wall clock alone. Waits end by the monotonic clock, which would be a fake
   * one for them otherwise, and so would the times of files.
   */
  private static final Map<String, String> YEAR_AHEAD =
      Map.of(
          "LD_PRELOAD",
          "/usr/$LIB/faketime/libfaketime.so.1",
          "FAKETIME",
          "+365d",
          "FAKETIME_DONT_FAKE_MONOTONIC",
          "1",
          "FAKETIME_FORCE_MONOTONIC_FIX",
          "0",
          "NO_FAKE_STAT",
          "1");

  @TempDir private Path folder;
  private final Map<String, String> wanted = new TreeMap<>();

  @Test
  void theNewestPushWinsWhateverTheClocksSay() {
    RunningProcess.debianProgram("/usr/bin/faketime", "faketime");
    try (var cluster = ProcessCluster.ofDeadNodes(3, folder, "--log.level=info")) {
      ProcessCluster.Node ahead = cluster.node(1);
      ahead.setEnvironment(YEAR_AHEAD);
      cluster.mend();
      assertTrue(
          IntStream.range(0, GROUPS)
              .anyMatch(group -> cluster.leaderOf("job=clocks-" + group) == ahead),
          "the node leads none of the groups");

      push(cluster, 1);
      deleteAll(cluster);
      push(cluster, 2);
      cluster.await("the skew is shown", () -> skewOf(ahead, cluster.node(0)) > MOST_OF_A_YEAR);
      cluster.await("the skew is shown", () -> skewOf(cluster.node(0), ahead) < -MOST_OF_A_YEAR);
      assertTrue(metric(cluster.node(0)) > MOST_OF_A_YEAR);
      String far = "is too far from the clock here, set the wrong one right\" node=";
      assertEquals(1, countOf(far + "node-1", cluster.node(0)));
      assertEquals(0, countOf(far + "node-2", cluster.node(0)));
      assertEquals(1, countOf(far + "node-2", ahead));

      ahead.kill();
      cluster.awaitShown("value_", wanted);
      push(cluster, 3);
      ahead.setEnvironment(Map.of());
      cluster.mend();
      push(cluster, 4);
      cluster.await("the skew is gone", () -> Math.abs(skewOf(ahead, cluster.node(0))) < 60);
      cluster.await(
          "the log says so",
          () -> countOf("is close to the clock here again\" node=node-1", cluster.node(0)) == 1);
    }
  }

  /** Each group through another node than the last time, and then all of them are shown. */
  private void push(ProcessCluster cluster, int round) {
    for (int group = 0; group < GROUPS; group++) {
      String path = "/metrics/job/clocks-" + group;
      cluster.insist(200, up(cluster, group + round), "PUT", path, "value_now " + round + "\n");
      wanted.put("value_now{instance=\"\",job=\"clocks-" + group + "\"}", String.valueOf(round));
    }
    cluster.awaitShown("value_", wanted);
  }

  private void deleteAll(ProcessCluster cluster) {
    for (int group = 0; group < GROUPS; group++) {
      cluster.insist(202, up(cluster, group), "DELETE", "/metrics/job/clocks-" + group, "");
    }
    wanted.clear();
    cluster.awaitShown("value_", wanted);
  }

  private static ProcessCluster.Node up(ProcessCluster cluster, int number) {
    ProcessCluster.Node node = cluster.node(number % 3);
    return node.isUp() ? node : cluster.otherThan(node);
  }

  /** How far the clock of a node is ahead, as another one shows it; 0 if it does not. */
  private static double skewOf(ProcessCluster.Node node, ProcessCluster.Node by) {
    for (JsonNode member : by.json("/api/v1/cluster").at("/data/members")) {
      if (member.path("node_id").asText().equals(node.name())) {
        return member.path("clock_skew_seconds").asDouble();
      }
    }
    return 0;
  }

  private static double metric(ProcessCluster.Node node) {
    String name = "silverback_cluster_clock_skew_seconds ";
    return node.get("/-/metrics")
        .body()
        .lines()
        .filter(line -> line.startsWith(name))
        .mapToDouble(line -> Double.parseDouble(line.substring(name.length())))
        .findFirst()
        .orElseThrow();
  }

  private static int countOf(String text, ProcessCluster.Node node) {
    return node.process().standardError().split(text, -1).length - 1;
  }
}
