package io.silverback.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.silverback.server.RawHttp.Answer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Permissions of a cluster: the node that gets a request judges it, whichever node leads the group.
 */
final class ClusterPermissionsTest {
  private static final int NODES = 2;
  private static final int JOBS = 8;

  @Test
  void everyNodeJudgesTheRequestsThatItGetsAndPassesOnOnlyWhatIsAllowed(@TempDir Path folder)
      throws IOException {
    Files.writeString(folder.resolve("team"), "team");
    Files.writeString(folder.resolve("root"), "root");
    Path file =
        Files.writeString(
            folder.resolve("permissions.yml"),
            """
            anyone: [read, probes]
            clients:
              - {name: team, token_files: [team], rights: [push, admin], groups: ['{job=~"mine-.*"}']}
              - {name: root, token_files: [root], rights: [push, admin]}
            """);
    try (var cluster = LocalCluster.startWith(NODES, "--web.permissions.file=" + file)) {
      for (int node = 0; node < NODES; node++) {
        for (int i = 0; i < JOBS; i++) {
          String own = "/metrics/job/mine-" + i;
          String other = "/metrics/job/other-" + i;
          assertEquals(200, send(cluster, node, "PUT", own, "team").status());
          assertEquals(403, send(cluster, node, "PUT", other, "team").status());
          assertEquals(200, send(cluster, node, "PUT", other, "root").status());
          assertEquals(403, send(cluster, node, "DELETE", other, "team").status());
          assertEquals(401, send(cluster, node, "PUT", other, "nobody").status());
        }
        assertEquals(403, send(cluster, node, "PUT", "/api/v1/admin/wipe", "team").status());
        String all = "/api/v1/admin/delete_groups?match[]=%7Bjob%3D~%22.%2B%22%7D";
        assertEquals(403, send(cluster, node, "POST", all, "team").status());
        String mine = "/api/v1/admin/delete_groups?match[]=%7Bjob%3D~%22mine.%2B%22%7D";
        Answer deleted = send(cluster, node, "POST", mine, "team");
        assertTrue(deleted.text().contains("\"count\":" + JOBS + ","), deleted.text());
      }
      assertEquals(
          JOBS,
          cluster
              .get(0, "/metrics?scope=cluster")
              .text()
              .lines()
              .filter(line -> line.startsWith("a{"))
              .count());
    }
  }

  /** Again until it is answered: a node may lose its lease for a moment on a busy machine. */
  private static Answer send(
      LocalCluster cluster, int node, String method, String path, String token) throws IOException {
    var last = new Answer[1];
    cluster.await(
        "an answer",
        () -> {
          last[0] =
              new RawHttp(cluster.webPort(node))
                  .send(method, path, "a 1\n", "Authorization: Bearer " + token);
          return last[0].status() != 503;
        });
    return last[0];
  }
}
