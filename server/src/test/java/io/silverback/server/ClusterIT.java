package io.silverback.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;

/** Three packaged servers in three processes, of which one is killed. */
@EnabledIfSystemProperty(named = "cluster.faults", matches = "true")
final class ClusterIT {
  private static final int NODES = 3;
  private static final int GROUPS = 60;
  private static final Duration FORMED_LIMIT = Duration.ofSeconds(40);
  private static final Duration TAKEN_OVER_LIMIT = Duration.ofSeconds(5);

  private final List<Integer> ports =
      Stream.generate(RunningProcess::freePort).limit(2L * NODES).toList();

  @Test
  void aKilledNodeCostsNoAcknowledgedValue(@TempDir Path folder) {
    var nodes = new ArrayList<RunningProcess>();
    try {
      for (int i = 0; i < NODES; i++) {
        nodes.add(start(i, folder));
      }
      awaitAllShown();
      var acknowledged = new TreeMap<String, String>();
      for (int i = 0; i < GROUPS; i++) {
        push(i % NODES, i, "1", acknowledged);
      }
      assertEquals(acknowledged, shown(List.of(0, 1, 2)));
      for (int i = 0; i < NODES; i++) {
        String targets = Http.get(uri(i, "/api/v1/cluster/http_sd")).body();
        for (int other = 0; other < NODES; other++) {
          assertTrue(targets.contains('"' + webAddress(other) + '"'), targets);
        }
      }

      nodes.get(1).close();
      long killedNanos = System.nanoTime();
      await(TAKEN_OVER_LIMIT, killedNanos, () -> shown(List.of(0, 2)).equals(acknowledged));
      for (int i = 0; i < GROUPS; i++) {
        push(i % 2 == 0 ? 0 : 2, i, "2", acknowledged);
      }

      nodes.set(1, start(1, folder));
      await(
          FORMED_LIMIT,
          System.nanoTime(),
          () -> Http.answersOk(uri(1, "/-/ready")) && Http.answersOk(uri(1, "/api/v1/metrics")));
      push(1, 0, "3", acknowledged);
      assertEquals(acknowledged, shown(List.of(0, 1, 2)));
    } finally {
      nodes.forEach(RunningProcess::close);
    }
  }

  private RunningProcess start(int node, Path folder) {
    var command =
        new ArrayList<>(
            List.of(
                RunningGateway.launcher(),
                "--web.listen-address=" + webAddress(node),
                "--persistence.file=" + folder.resolve("node-" + node),
                "--cluster.listen-address=" + peerAddress(node),
                "--cluster.node-id=node-" + node));
    for (int other = 0; other < NODES; other++) {
      command.add("--cluster.join=" + peerAddress(other));
    }
    return RunningProcess.start(command, Map.of());
  }

  private void awaitAllShown() {
    await(
        FORMED_LIMIT,
        System.nanoTime(),
        () ->
            Stream.of(0, 1, 2)
                .allMatch(
                    node ->
                        Http.answersOk(uri(node, "/-/ready"))
                            && Http.answersOk(uri(node, "/api/v1/metrics"))));
  }

  private void push(int node, int group, String value, Map<String, String> acknowledged) {
    String name = "value_" + group;
    var answer =
        Http.send("PUT", uri(node, "/metrics/job/job-" + group), name + " " + value + "\n");
    assertEquals(200, answer.statusCode(), answer.body());
    acknowledged.put(name, value);
  }

  /** What these nodes expose together; fails if two of them expose the same. */
  private Map<String, String> shown(List<Integer> nodes) {
    var shown = new TreeMap<String, String>();
    for (int node : nodes) {
      for (String line : Http.get(uri(node, "/metrics")).body().lines().toList()) {
        if (line.startsWith("value_")) {
          String earlier =
              shown.put(
                  line.substring(0, line.indexOf('{')), line.substring(line.lastIndexOf(' ') + 1));
          assertEquals(null, earlier, () -> "exposed twice: line=" + line);
        }
      }
    }
    return shown;
  }

  @FunctionalInterface
  private interface Condition {
    boolean holds();
  }

  private void await(Duration limit, long sinceNanos, Condition condition) {
    while (!condition.holds()) {
      if (System.nanoTime() - sinceNanos > limit.toNanos()) {
        fail(
            "waited in vain: limit="
                + limit
                + " overview="
                + Http.get(uri(0, "/api/v1/cluster")).body());
      }
      RunningProcess.pause(Duration.ofMillis(100));
    }
  }

  private String webAddress(int node) {
    return "127.0.0.1:" + ports.get(2 * node);
  }

  private String peerAddress(int node) {
    return "127.0.0.1:" + ports.get(2 * node + 1);
  }

  private URI uri(int node, String path) {
    return URI.create("http://" + webAddress(node) + path);
  }
}
