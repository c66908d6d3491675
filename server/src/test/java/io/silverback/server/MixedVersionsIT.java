package io.silverback.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.UncheckedIOException;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Packaged servers of two builds in one cluster, which speak different versions of the connection
 * between nodes: {@link NextBuild}.
 */
@Tag("clusters")
final class MixedVersionsIT {
  private static final int GROUPS = 6;
  private static final int CHECKS = 20;
  private static final Duration PAUSE = Duration.ofMillis(20);
  private static final Pattern SAMPLE =
      Pattern.compile(
          "^value_now\\{instance=\"\",job=\"mixed-(\\d+)\"} (\\S+)$", Pattern.MULTILINE);

  /** What a node counts where it cannot read what another one sends, or will not. */
  private static final Pattern TROUBLE =
      Pattern.compile(
          "^silverback_cluster_refused_connections_total\\{reason=\"(malformed|seal|version|secret)\"}"
              + " [1-9].*$",
          Pattern.MULTILINE);

  /** Of each group the newest push that was acknowledged, and the newest value that was seen. */
  private final AtomicLongArray acknowledged = new AtomicLongArray(GROUPS);

  private final long[] seen = new long[GROUPS];
  private volatile boolean ends;

  @Test
  void aRollingUpgradeAndADowngradeLoseNothingAndEndInTheVersionOfAll(@TempDir Path folder)
      throws Exception {
    NextBuild next = NextBuild.make(folder);
    int old = next.version() - 1;
    try (var cluster = ProcessCluster.start(3, folder)) {
      cluster.nodes().forEach(node -> node.setEnvironment(Map.of("SILVERBACK_AOT_CACHE", "off")));
      awaitVersions(cluster, List.of(old, old, old));
      List<Thread> clients = startClients(cluster);

      replace(cluster, 0, next.launcher());
      awaitVersions(cluster, List.of(next.version(), old, old));
      // One of the new build, and one of the old one, as long as there are both.
      for (int killed : List.of(0, 2)) {
        cluster.node(killed).kill();
        checkAll(cluster);
        cluster.mend();
        checkAll(cluster);
      }
      awaitVersions(cluster, List.of(next.version(), old, old));
      replace(cluster, 1, next.launcher());
      replace(cluster, 2, next.launcher());
      awaitVersions(cluster, List.of(next.version(), next.version(), next.version()));

      for (int node = 0; node < 3; node++) {
        replace(cluster, node, RunningGateway.launcher());
      }
      awaitVersions(cluster, List.of(old, old, old));

      ends = true;
      for (Thread client : clients) {
        client.join();
      }
      var wanted = new TreeMap<String, String>();
      for (int group = 0; group < GROUPS; group++) {
        String series = "value_now{instance=\"\",job=\"mixed-" + group + "\"}";
        wanted.put(series, String.valueOf(acknowledged.get(group)));
        assertTrue(acknowledged.get(group) > 100, wanted::toString);
      }
      cluster.assertShown("value_", wanted);
    } finally {
      ends = true;
    }
  }

  /** Ends a node as an operator does, and starts it as one of another build. */
  private void replace(ProcessCluster cluster, int index, String launcher) {
    ProcessCluster.Node node = cluster.node(index);
    node.end();
    node.setLauncher(launcher);
    cluster.mend();
    checkAll(cluster);
    cluster.nodes().forEach(MixedVersionsIT::assertNoTrouble);
  }

  /** Until each node has connections with each other one in the lower version of both. */
  private static void awaitVersions(ProcessCluster cluster, List<Integer> newest) {
    for (int i = 0; i < newest.size(); i++) {
      ProcessCluster.Node node = cluster.node(i);
      var wanted = new TreeMap<String, Integer>();
      for (int other = 0; other < newest.size(); other++) {
        wanted.put("node-" + other, Math.min(newest.get(i), newest.get(other)));
      }
      cluster.await(
          node.name() + " has connections of the versions " + wanted,
          () -> wanted.equals(versions(node)));
    }
  }

  private static Map<String, Integer> versions(ProcessCluster.Node node) {
    var versions = new TreeMap<String, Integer>();
    for (JsonNode member : node.json("/api/v1/cluster").at("/data/members")) {
      versions.put(member.path("node_id").asText(), member.path("connection_version").asInt());
    }
    return versions;
  }

  private static void assertNoTrouble(ProcessCluster.Node node) {
    Matcher trouble = TROUBLE.matcher(node.get("/-/metrics").body());
    assertFalse(trouble.find(), () -> node.name() + ": " + trouble.group());
    String log = node.process().standardError();
    assertFalse(log.contains("which is a bug"), log);
  }

  /** Reads the page of the whole cluster a few times, from each node in turn. */
  private void checkAll(ProcessCluster cluster) {
    for (int i = 0; i < CHECKS; i++) {
      check(cluster, i);
    }
  }

  private void check(ProcessCluster cluster, int number) {
    long[] least = IntStream.range(0, GROUPS).mapToLong(acknowledged::get).toArray();
    var pages = new ArrayList<HttpResponse<String>>();
    cluster.await(
        "the page of the cluster is answered",
        () ->
            pages.add(cluster.up(number).get("/metrics?scope=cluster"))
                && pages.getLast().statusCode() == 200);
    Matcher sample = SAMPLE.matcher(pages.getLast().body());
    int samples = 0;
    while (sample.find()) {
      int group = Integer.parseInt(sample.group(1));
      long value = (long) Double.parseDouble(sample.group(2));
      long expected = Math.max(least[group], seen[group]);
      assertTrue(value >= expected, () -> "group=" + group + " " + value + " < " + expected);
      seen[group] = value;
      samples++;
    }
    assertEquals(GROUPS, samples, () -> pages.getLast().body());
  }

  /** One a group, which pushes one number after the other through any node until it is told 200. */
  private List<Thread> startClients(ProcessCluster cluster) {
    var clients = new ArrayList<Thread>();
    for (int group = 0; group < GROUPS; group++) {
      int own = group;
      push(cluster, own, 1);
      clients.add(
          Thread.ofVirtual()
              .start(
                  () -> {
                    for (long value = 2; !ends; value++) {
                      push(cluster, own, value);
                    }
                  }));
    }
    return clients;
  }

  private void push(ProcessCluster cluster, int group, long value) {
    for (int attempt = group; !isTaken(cluster, attempt, group, value); attempt++) {
      RunningProcess.pause(PAUSE);
    }
    acknowledged.set(group, value);
    RunningProcess.pause(PAUSE);
  }

  private static boolean isTaken(ProcessCluster cluster, int attempt, int group, long value) {
    var node = cluster.node(attempt % cluster.nodes().size());
    String path = "/metrics/job/mixed-" + group;
    try {
      return Http.send("PUT", node.uri(path), "value_now " + value + "\n").statusCode() == 200;
    } catch (UncheckedIOException _) {
      return false;
    }
  }
}
