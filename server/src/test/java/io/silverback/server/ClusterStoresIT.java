package io.silverback.server;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Packaged servers whose stores are older than their cluster, full, or lost. */
@Tag("clusters")
final class ClusterStoresIT {
  private static final int GROUPS = 12;

  /** More than any disk has, so that each one is full. */
  private static final String FULL = "--limits.min-free-disk=1000000GiB";

  @TempDir private Path folder;
  private final Map<String, String> wanted = new TreeMap<>();

  /** Its views count from 1 on, and what is stored has versions of later ones. */
  @Test
  void aClusterFoundedAnewOverOldStoresShowsWhatItTakes() {
    try (var cluster = ProcessCluster.start(3, folder)) {
      push(cluster, 1);
      cluster.node(0).kill();
      cluster.awaitShown("value_", wanted);
      cluster.mend();
      push(cluster, 2);

      cluster.nodes().forEach(ProcessCluster.Node::kill);
      cluster.nodes().forEach(node -> delete(folder.resolve(node.name()).resolve("cluster")));
      cluster.mend();
      cluster.awaitShown("value_", wanted);
      push(cluster, 3);
    }
  }

  @Test
  void whatALostNodeLedIsShownThoughAnotherOneIsFull() {
    try (var cluster = ProcessCluster.start(3, folder)) {
      push(cluster, 1);
      ProcessCluster.Node full = cluster.node(1);
      full.kill();
      full.addFlag(FULL);
      cluster.mend();
      cluster.awaitShown("value_", wanted);
      cluster.node(2).kill();
      cluster.awaitShown("value_", wanted);

      full.kill();
      full.removeFlag(FULL);
      cluster.mend();
      push(cluster, 2);
    }
  }

  /** Of two, with what each has got while the other one was away; one comes back with nothing. */
  @Test
  void eitherOfTwoIsLostOneAfterTheOtherAndTheOtherGoesOnAlone() {
    String[] flags = {
      "--cluster.stability=1s",
      "--cluster.lease=1s",
      "--cluster.renewal=200ms",
      "--web.enable-admin-api"
    };
    try (var cluster = ProcessCluster.start(2, folder, flags)) {
      push(cluster, 1);
      for (ProcessCluster.Node lost : cluster.nodes()) {
        cluster.await("none is missed", () -> oneMayFail(cluster));
        lost.kill();
        cluster.awaitShown("value_", wanted);
        push(cluster, 2 + cluster.nodes().indexOf(lost));
        delete(folder.resolve(lost.name()));
        cluster.mend();
        cluster.awaitShown("value_", wanted);
      }
      var status = cluster.node(0).json("/api/v1/cluster/status");
      assertEquals(2, status.at("/data/generation").asInt());
    }
  }

  private static boolean oneMayFail(ProcessCluster cluster) {
    var status = cluster.node(0).json("/api/v1/cluster/status").at("/data");
    return status.at("/settled").asBoolean()
        && status.at("/failure_tolerance/without_losing_pushes").asInt() == 1
        && status.at("/failure_tolerance/without_stopping_pushes").asInt() == 1;
  }

  /** Two of three are lost with their files. */
  @Test
  void oneThatIsLeftGivesUpAMajority() {
    try (var cluster = ProcessCluster.start(3, folder, "--web.enable-admin-api")) {
      push(cluster, 1);
      ProcessCluster.Node left = cluster.node(2);
      String first = "/api/v1/cluster/members/node-0?force=true";
      cluster.insist(409, left, "DELETE", first, "");
      cluster.node(0).kill();
      cluster.node(1).kill();
      cluster.insistOn(202, left, "DELETE", first + "&timeout=0s");
      cluster.insistOn(200, left, "DELETE", "/api/v1/cluster/members/node-1?force=true");
      cluster.insist(200, left, "DELETE", first, "");
      cluster.insist(200, left, "PUT", "/metrics/job/after", "value_now 7\n");
      String series = "value_now{instance=\"\",job=\"after\"}";
      cluster.await("it shows " + series, () -> "7".equals(cluster.shown("value_").get(series)));
    }
  }

  /** As {@code docs/runbooks.md} says; what came after the last copy does not come back. */
  @Test
  void aClusterIsRestoredFromCopiesOfItsNodes() throws IOException {
    Path copies = Files.createDirectory(folder.resolve("copies"));
    try (var cluster = ProcessCluster.start(3, folder, "--web.enable-admin-api")) {
      push(cluster, 1);
      delete(cluster, 0);
      for (ProcessCluster.Node node : cluster.nodes()) {
        copy(node, copies);
        if (node == cluster.node(0)) {
          // One of the two others has a copy of each group.
          pushSome(cluster, 2);
          delete(cluster, 1);
        }
      }
      Map<String, String> copied = Map.copyOf(wanted);
      push(cluster, 4);
      cluster.nodes().forEach(ProcessCluster.Node::kill);
      cluster.nodes().forEach(node -> delete(folder.resolve(node.name())));

      for (ProcessCluster.Node node : cluster.nodes()) {
        Files.move(copies.resolve(node.name()), folder.resolve(node.name()));
      }
      cluster.mend();
      String url = "--url=" + cluster.node(0).uri("");
      silverback("cluster", "wait-settled", "--members=3", url);
      silverback("cluster", "repair", url);
      cluster.assertShown("value_", copied);
      push(cluster, 5);
    }
  }

  /** Takes a copy of a node's store to another place, as its folder may be lost with it. */
  private void copy(ProcessCluster.Node node, Path copies) throws IOException {
    var answer = node.send("POST", "/api/v1/admin/snapshot", "");
    assertEquals(200, answer.statusCode(), answer.body());
    String name = new JsonMapper().readTree(answer.body()).at("/data/name").asText();
    Path copy = folder.resolve(node.name()).resolve("snapshots").resolve(name);
    Files.move(copy, copies.resolve(node.name()));
  }

  private static void silverback(String... arguments) {
    var command = new ArrayList<>(List.of(RunningGateway.launcher()));
    command.addAll(List.of(arguments));
    RunningProcess.complete(command, Map.of(), Duration.ofMinutes(2));
  }

  private void pushSome(ProcessCluster cluster, int round) {
    for (int group = round; group < GROUPS; group += 2) {
      push(cluster, group, round);
    }
  }

  private void delete(ProcessCluster cluster, int group) {
    cluster.insist(202, cluster.up(group), "DELETE", "/metrics/job/stores-" + group, "");
    wanted.remove("value_now{instance=\"\",job=\"stores-" + group + "\"}");
  }

  /** Each group through another node than the last time, and then all of them are shown. */
  private void push(ProcessCluster cluster, int round) {
    for (int group = 0; group < GROUPS; group++) {
      push(cluster, group, round);
    }
    cluster.awaitShown("value_", wanted);
  }

  private void push(ProcessCluster cluster, int group, int round) {
    String path = "/metrics/job/stores-" + group;
    cluster.insist(200, cluster.up(group + round), "PUT", path, "value_now " + round + "\n");
    wanted.put("value_now{instance=\"\",job=\"stores-" + group + "\"}", String.valueOf(round));
  }

  private static void delete(Path folder) {
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
