package io.silverback.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Packaged servers that must not become members of the cluster that they find. */
@Tag("clusters")
final class ClusterStrangersIT {
  private static final Map<String, String> OWN =
      Map.of("own_value{instance=\"\",job=\"own\"}", "1");

  @TempDir private static Path folder;
  private static ProcessCluster cluster;

  @BeforeAll
  static void start() {
    cluster = ProcessCluster.start(2, folder);
    cluster.insist(200, cluster.node(0), "PUT", "/metrics/job/own", "own_value 1\n");
  }

  @AfterAll
  static void stop() {
    if (cluster != null) {
      cluster.close();
    }
  }

  /** Whatever came: nothing has changed for the members. */
  @AfterEach
  void theClusterIsAsItWas() {
    cluster.await("the members are as before", () -> members().equals("[node-0, node-1]"));
    cluster.awaitShown("own_value", OWN);
    cluster.awaitShown("alien", Map.of());
    cluster.insist(200, cluster.node(1), "PUT", "/metrics/job/own", "own_value 1\n");
  }

  @Test
  void aServerWithAnotherSecretFindsNobody() {
    ProcessCluster.Node stranger =
        cluster.stranger("node-9", cluster.secretFile("another"), folder.resolve("another-store"));

    cluster.await(
        "the log names the secret",
        () -> stranger.process().standardError().contains("if it has another secret"));
    cluster.await(
        "so does that of a member",
        () -> cluster.node(0).process().standardError().contains("no secret of this node proves"));
    assertRefuses(stranger, "waiting for a cluster: nodes seen=1 expected=3");
    cluster.await(
        "its readiness page says so of both members",
        () -> {
          String reason = stranger.get("/-/ready").body();
          return reason.split("as it does if it has another secret", -1).length == 3;
        });
    stranger.kill();
  }

  @Test
  void aSecondServerOfOneNameIsToldWhatToChange() {
    ProcessCluster.Node stranger =
        cluster.stranger("node-0", cluster.secret(), folder.resolve("double-store"));

    cluster.await(
        "its readiness page names the flag",
        () -> stranger.get("/-/ready").body().contains("give this one another --cluster.node-id"));
    assertTrue(
        stranger.process().standardError().contains("another process has the name of this node"),
        stranger.process().standardError());
    assertRefuses(stranger, "node_id=node-0");
    stranger.kill();
  }

  @Test
  void aStoreOfAnotherClusterIsKeptOut() {
    Path store = folder.resolve("alien-store");
    ProcessCluster.Node hermit = cluster.hermit("node-9", store);
    cluster.insist(200, hermit, "PUT", "/metrics/job/alien", "alien 1\n");
    hermit.kill();

    ProcessCluster.Node stranger = cluster.stranger("node-9", cluster.secret(), store);

    cluster.await(
        "its readiness page names the store",
        () -> stranger.get("/-/ready").body().contains("move its --persistence.file away"));
    assertRefuses(stranger, "is of another cluster");
    for (ProcessCluster.Node member : cluster.nodes()) {
      String log = member.process().standardError();
      assertTrue(log.contains("a server of another cluster is here and is kept out"), log);
    }
    stranger.kill();
  }

  /** As a clone of a disk is, whose machine was given the name of the original, or another one. */
  @Test
  void aCopyOfANodesFolderDoesNotTakeItsPlaceAndJoinsUnderAnotherName() throws IOException {
    Path copy = folder.resolve("copied-store");
    copyFolder(folder.resolve("node-0"), copy);
    String incarnation = incarnation();
    ProcessCluster.Node twin = cluster.stranger("node-0", cluster.secret(), copy);
    cluster.await(
        "the copy of one name is told what to change",
        () -> twin.get("/-/ready").body().contains("give this one another --cluster.node-id"));
    cluster.await(
        "so are the members",
        () ->
            cluster.nodes().stream()
                .anyMatch(
                    node -> node.process().standardError().contains("so it is not admitted")));
    assertRefuses(twin, "node_id=node-0");
    assertEquals(incarnation, incarnation());
    twin.kill();
    theClusterIsAsItWas();
    String original = storeId(folder.resolve("node-0"));
    assertEquals(original, storeId(copy));

    ProcessCluster.Node joined = cluster.stranger("node-9", cluster.secret(), copy);
    cluster.await("it joins as itself", joined::isWhole);
    assertNotEquals(original, storeId(copy));
    assertTrue(
        joined.process().standardError().contains("its vote is not taken over"),
        joined.process().standardError());
    cluster.await("there are three", () -> members().equals("[node-0, node-1, node-9]"));
    cluster.insist(200, joined, "PUT", "/metrics/job/own", "own_value 1\n");
    joined.kill();
    cluster.await("the others go on", () -> members().equals("[node-0, node-1]"));
  }

  private static void copyFolder(Path from, Path to) throws IOException {
    try (Stream<Path> files = Files.walk(from)) {
      for (Path file : files.toList()) {
        Files.copy(file, to.resolve(from.relativize(file)));
      }
    }
  }

  private static String storeId(Path store) throws IOException {
    return Files.readAllLines(store.resolve("cluster").resolve("store-id")).getFirst();
  }

  /** Of the process that has the seat of the original. */
  private static String incarnation() {
    JsonNode members = cluster.node(1).json("/api/v1/cluster/members");
    for (JsonNode member : members.at("/data")) {
      if (member.path("node_id").asText().equals("node-0")) {
        return member.path("incarnation").asText();
      }
    }
    return "none";
  }

  private static String members() {
    var names = new TreeSet<String>();
    JsonNode members = cluster.node(0).json("/api/v1/cluster/members");
    members.at("/data").forEach(member -> names.add(member.path("node_id").asText()));
    return names.toString();
  }

  private static void assertRefuses(ProcessCluster.Node stranger, String reason) {
    for (var answer :
        List.of(
            stranger.get("/-/ready"),
            stranger.send("PUT", "/metrics/job/strange", "strange 1\n"))) {
      assertEquals(503, answer.statusCode(), answer.body());
      assertTrue(answer.body().contains(reason), answer.body());
    }
    String page = stranger.get("/metrics").body();
    assertFalse(page.contains("own_value") || page.contains("alien"), page);
  }
}
