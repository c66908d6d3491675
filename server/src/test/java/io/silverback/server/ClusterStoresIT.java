package io.silverback.server;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Three packaged servers whose stores are older than their cluster, or full. */
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

  /** Each group through another node than the last time, and then all of them are shown. */
  private void push(ProcessCluster cluster, int round) {
    for (int group = 0; group < GROUPS; group++) {
      String path = "/metrics/job/stores-" + group;
      cluster.insist(
          200, cluster.node((group + round) % 3), "PUT", path, "value_now " + round + "\n");
      wanted.put("value_now{instance=\"\",job=\"stores-" + group + "\"}", String.valueOf(round));
    }
    cluster.awaitShown("value_", wanted);
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
