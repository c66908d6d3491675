package io.silverback.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import io.silverback.server.RawHttp.Answer;
import java.io.IOException;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * What operators tell a cluster; the libraries below it are those of {@link LocalLibraries}. Each
 * test leaves the cluster as it was, but for the one that ends a node of its own.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class ClusterOrdersTest {
  private static final String STATUS = "/api/v1/cluster/status";
  private static final String MEMBERS = "/api/v1/cluster/members/";
  private static final int GROUPS = 20;
  private static final int PUSHES = 3;

  private LocalCluster cluster;

  ClusterOrdersTest() throws IOException {
    cluster = LocalCluster.start(3);
  }

  @BeforeAll
  void push() throws IOException {
    for (int i = 0; i < GROUPS * PUSHES; i++) {
      String path = "/metrics/job/job-" + i % GROUPS;
      Answer answer = cluster.send(i % 3, "PUT", path, "value " + i + "\n");
      assertEquals(200, answer.status(), answer.text());
    }
  }

  @AfterAll
  void stop() {
    cluster.close();
  }

  @Test
  void aDrainedMemberLeadsAndHoldsNothingUntilThatIsTakenBack() throws IOException {
    for (int again = 0; again < 2; again++) {
      Answer drained = cluster.send(0, "POST", MEMBERS + "node-2/drain?timeout=30s", "");
      assertEquals(200, drained.status(), drained.text());
      assertTrue(data(drained).at("/drained").asBoolean(), drained.text());
    }
    for (int node = 0; node < 3; node++) {
      int from = node;
      cluster.await("all know", () -> member(from, 2).at("/drain").asText().equals("all"));
      cluster.await("it leads nothing", () -> member(from, 2).at("/slots/led").asInt() == 0);
      assertEquals(0, member(from, 2).at("/slots/should_lead").asInt());
    }
    cluster.await(
        "it owns nothing",
        () -> ofNode(data(cluster.get(1, "/api/v1/cluster/ring")), 2).at("/owns").asInt() == 0);
    assertEquals(GROUPS, data(cluster.get(2, "/api/v1/metrics")).size());
    // Each group has its two copies on the other two now, with what was pushed before.
    cluster.await("history has followed", () -> rows(0) == GROUPS * PUSHES);
    cluster.await("history has followed", () -> rows(1) == GROUPS * PUSHES);

    Answer undrained = cluster.send(1, "DELETE", MEMBERS + "node-2/drain", "");
    assertEquals(200, undrained.status(), undrained.text());
    cluster.await("it leads again", () -> member(0, 2).at("/slots/led").asInt() > 1000);
    cluster.await("all is settled", () -> settled(0));
    assertEquals(GROUPS, data(cluster.get(0, "/api/v1/metrics")).size());
  }

  /** How many samples a node has of all groups. */
  private int rows(int node) throws IOException {
    int rows = 0;
    for (JsonNode series : data(cluster.get(node, "/api/v1/history?match[]=value")).at("/result")) {
      rows += series.at("/values").size();
    }
    return rows;
  }

  @Test
  void aDrainThatIsNotWaitedForGoesOn() throws IOException {
    cluster.await("it leads some", () -> member(0, 1).at("/slots/led").asInt() > 1000);
    Answer begun = cluster.send(0, "POST", MEMBERS + "node-1/drain?timeout=0s", "");
    assertEquals(202, begun.status(), begun.text());
    assertFalse(data(begun).at("/drained").asBoolean(), begun.text());
    assertTrue(data(begun).at("/slots_led").asInt() > 1000, begun.text());
    assertFalse(data(begun).at("/waiting_for").isEmpty(), begun.text());

    cluster.await("it leads nothing", () -> member(0, 1).at("/slots/led").asInt() == 0);
    assertEquals(200, cluster.send(2, "DELETE", MEMBERS + "node-1/drain", "").status());
    cluster.await("all is settled", () -> settled(0));
  }

  @Test
  void theLastMemberThatHoldsGroupsIsNotDrained() throws IOException {
    assertEquals(200, cluster.send(0, "POST", MEMBERS + "node-0/drain", "").status());
    assertEquals(200, cluster.send(0, "POST", MEMBERS + "node-1/drain", "").status());
    Answer last = cluster.send(0, "POST", MEMBERS + "node-2/drain?timeout=0s", "");
    assertEquals(409, last.status(), last.text());
    assertTrue(last.text().contains("no other member could hold the groups"), last.text());

    assertEquals(200, cluster.send(0, "DELETE", MEMBERS + "node-0/drain", "").status());
    assertEquals(200, cluster.send(0, "DELETE", MEMBERS + "node-1/drain", "").status());
    cluster.await("all is settled", () -> settled(0));
  }

  @Test
  void copiesAreComparedAndSlotsSpreadOnRequest() throws IOException {
    for (String path : new String[] {"repair", "rebalance"}) {
      Answer answer = cluster.send(1, "POST", "/api/v1/cluster/" + path, "");
      assertEquals(202, answer.status(), answer.text());
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "POST   | members/nobody/drain             | 404 | known are node-0, node-1, node-2",
        "DELETE | members/nobody/drain             | 404 | known are node-0, node-1, node-2",
        "DELETE | members/nobody                   | 404 | known are node-0, node-1, node-2",
        "DELETE | members/node-1                   | 409 | drain it and stop it first",
        "DELETE | members/node-1?force=true        | 409 | the member is heard",
        "DELETE | members/node-1?force=maybe       | 400 | must be true or false",
        "POST   | members/node-1/drain?timeout=1   | 400 | must be a duration from 0s to 10m",
        "POST   | members/node-1/drain?timeout=-1s | 400 | must be a duration from 0s to 10m",
        "POST   | members/node-1/drain?timeout=11m | 400 | must be a duration from 0s to 10m",
        "POST   | members/node-1/drain?timout=1s   | 400 | known are [timeout]",
        "POST   | members/a/drain?timeout=1s&timeout=1s | 400 | must be given once",
        "POST   | repair?now=true                  | 400 | none is known here",
        "GET    | repair                           | 405 | Method Not Allowed",
        "GET    | members/node-1                   | 405 | Method Not Allowed",
      })
  void whatCannotBeDoneIsSaid(String method, String path, int status, String told)
      throws IOException {
    Answer answer = cluster.send(0, method, "/api/v1/cluster/" + path, "");

    assertEquals(status, answer.status(), answer.text());
    assertTrue(answer.text().contains(told), answer.text());
  }

  @Test
  void aMemberThatIsGoneIsForgotten() throws IOException {
    try (var doomed = LocalCluster.start(3)) {
      doomed.freezeViews(true);
      doomed.stop(2);
      Answer early = doomed.send(0, "DELETE", MEMBERS + "node-2?timeout=1s", "");
      assertEquals(503, early.status(), early.text());
      assertEquals(Optional.of("1"), early.header("Retry-After"));
      assertTrue(early.text().contains("have not agreed on it in time"), early.text());

      doomed.freezeViews(false);
      for (int again = 0; again < 2; again++) {
        Answer forgotten = doomed.send(0, "DELETE", MEMBERS + "node-2", "");
        assertEquals(200, forgotten.status(), forgotten.text());
        assertTrue(data(forgotten).at("/forgotten").asBoolean(), forgotten.text());
      }
      assertEquals(2, data(doomed.get(1, STATUS)).at("/members").size());
    }
  }

  @Test
  void aSingleNodeSaysThatThereIsNoCluster() throws IOException {
    try (var gateway = TestGateway.start("--web.enable-admin-api")) {
      for (String path : new String[] {"members/a/drain", "repair", "rebalance"}) {
        Answer answer = gateway.send("POST", "/api/v1/cluster/" + path, "");
        assertEquals(400, answer.status(), answer.text());
        assertTrue(answer.text().contains("clustering is off here"), answer.text());
      }
    }
    try (var gateway = TestGateway.start()) {
      assertEquals(404, gateway.send("POST", "/api/v1/cluster/repair", "").status());
    }
  }

  private boolean settled(int node) throws IOException {
    return data(cluster.get(node, STATUS)).at("/settled").asBoolean();
  }

  private JsonNode member(int from, int node) throws IOException {
    return ofNode(data(cluster.get(from, STATUS)).at("/members"), node);
  }

  /** A member that came back is the last one in the view. */
  private static JsonNode ofNode(JsonNode members, int node) {
    for (JsonNode member : members) {
      if (member.at("/node_id").asText().equals("node-" + node)) {
        return member;
      }
    }
    return MissingNode.getInstance();
  }

  private static JsonNode data(Answer answer) throws IOException {
    return new JsonMapper().readTree(answer.text()).at("/data");
  }
}
