package io.silverback.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.silverback.server.RawHttp.Answer;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/**
 * History and the largest jobs of a cluster; the libraries below it are those of {@link
 * LocalLibraries}. On a busy machine a lease may run out at any time, so each request is repeated
 * until it is answered.
 */
final class ClusterQueriesTest {
  private static final int JOBS = 12;
  private static final String HISTORY = "/api/v1/history?match[]=v";
  private static final String TOP = "/api/v1/admin/top?limit=100&by=";

  /** What was pushed to each job, in that order. */
  private final Map<String, List<String>> pushed = new TreeMap<>();

  private int repeated;

  @Test
  void historyThroughAnyNodeIsAllThatWasPushedAlsoBeforeANodeJoined() throws IOException {
    try (var cluster = LocalCluster.start(2)) {
      pushRounds(cluster, 3);
      cluster.add();
      cluster.await("the third node", () -> isSettled(cluster, 3));
      pushRounds(cluster, 3);
      for (int node = 0; node < cluster.size(); node++) {
        assertEquals(pushed, history(cluster, node));
      }

      String one = HISTORY.replace("=v", "=v{job=\"job-3\"}");
      assertEquals(Map.of("job-3", pushed.get("job-3")), history(cluster, 2, one));
    }
  }

  @Test
  void aNodeThatIsGoneIsNamedUntilTheOthersGoOnWhereTheyDoNotHaveAll() throws IOException {
    try (var cluster = LocalCluster.start(3)) {
      pushRounds(cluster, 3);
      send(cluster, 2, "PUT", "/metrics/job/job-0", "v one\n", 400);
      for (int node = 0; node < cluster.size(); node++) {
        assertEquals(pushed, history(cluster, node));
        assertTops(cluster, node);
      }

      assertEquals(readThrough(cluster, 0), readThrough(cluster, 1));
      assertEquals(readThrough(cluster, 0), readThrough(cluster, 2));
      assertEquals(JOBS, readThrough(cluster, 0).size());
      for (int node = 0; node < cluster.size(); node++) {
        String metadata = send(cluster, node, "GET", "/api/v1/metadata?metric=v", "", 200).text();
        assertTrue(metadata.contains("{\"v\":[{\"type\":\"unknown\""), metadata);
        Answer newest = send(cluster, node, "GET", "/api/v1/query?query=v", "", 200);
        assertEquals(
            JOBS,
            new JsonMapper().readTree(newest.text()).at("/data/result").size(),
            newest.text());
      }

      cluster.freezeViews(true);
      cluster.stop(1);
      for (String path : List.of(TOP + "series", TOP + "pushes")) {
        cluster.await(
            "the name of the node",
            () -> {
              Answer refused = cluster.get(0, path);
              assertEquals(503, refused.status(), path + refused.text());
              assertEquals(Optional.of("1"), refused.header("Retry-After"));
              return refused.text().contains("member=node-1");
            });
      }

      // What it had is on the others, too.
      for (int node : new int[] {0, 2}) {
        assertEquals(pushed, history(cluster, node));
      }

      cluster.freezeViews(false);
      cluster.await("the others go on", () -> isSettled(cluster, 2));
      for (int node : new int[] {0, 2}) {
        assertEquals(pushed, history(cluster, node));
      }
    }
  }

  /** More by as many as were repeated in all. */
  private void assertAbout(long wanted, long found, Answer answer) {
    assertTrue(found >= wanted && found <= wanted + repeated, answer.text());
  }

  private static boolean isSettled(LocalCluster cluster, int members) throws IOException {
    String status = cluster.get(0, "/api/v1/cluster/status").text();
    return status.contains("\"settled\":true")
        && cluster.get(0, "/api/v1/cluster/members").text().split("\"node_id\"", -1).length
            == members + 1;
  }

  /** Through all nodes in turn, to each job as often. */
  private void pushRounds(LocalCluster cluster, int rounds) throws IOException {
    for (int round = 0; round < rounds; round++) {
      for (int job = 0; job < JOBS; job++) {
        String name = "job-" + job;
        List<String> values = pushed.computeIfAbsent(name, _ -> new ArrayList<>());
        String value = Integer.toString(100 * job + values.size());
        int node = (job + round) % cluster.size();
        send(cluster, node, "PUT", "/metrics/job/" + name, "v " + value + "\n", 200);
        values.add(value);
      }
      // Of two pushes of one millisecond, history has the later one.
      RunningProcess.pause(Duration.ofMillis(2));
    }
  }

  private Answer send(
      LocalCluster cluster, int node, String method, String path, String body, int status)
      throws IOException {
    var answers = new ArrayList<Answer>();
    cluster.await(
        path,
        () -> {
          repeated++;
          answers.add(cluster.send(node, method, path, body));
          return answers.getLast().status() == status;
        });
    repeated--;
    return answers.getLast();
  }

  private Map<String, List<String>> history(LocalCluster cluster, int node) throws IOException {
    return history(cluster, node, HISTORY);
  }

  private Map<String, List<String>> history(LocalCluster cluster, int node, String path)
      throws IOException {
    Answer answer = send(cluster, node, "GET", path, "", 200);
    var found = new TreeMap<String, List<String>>();
    for (JsonNode series : new JsonMapper().readTree(answer.text()).at("/data/result")) {
      var values = new ArrayList<String>();
      series.path("values").forEach(sample -> values.add(sample.path(1).asText()));
      // A push that was repeated has two rows.
      found.put(series.at("/metric/job").asText(), values.stream().distinct().toList());
    }
    return found;
  }

  /** What a Prometheus gets that asks this node. */
  private static List<ReadClient.Series> readThrough(LocalCluster cluster, int node)
      throws IOException {
    URI address = URI.create("http://" + cluster.webAddress(node) + "/api/v1/read");
    byte[] all = ReadClient.always(ReadClient.matcher(ReadClient.EQUAL, "__name__", "v"));
    var found = new ArrayList<ReadClient.Series>();
    cluster.await(
        "an answer to a remote read",
        () -> {
          var answer = ReadClient.post(address, ReadClient.request(ReadClient.SAMPLES, all));
          return answer.statusCode() == 200 && found.addAll(ReadClient.results(answer).getFirst());
        });
    return found;
  }

  /** Each group counts once, though two nodes have it, and each push, though one node took it. */
  private void assertTops(LocalCluster cluster, int node) throws IOException {
    for (String by : List.of("series", "bytes", "pushes", "refusals")) {
      Answer answer = send(cluster, node, "GET", TOP + by, "", 200);
      JsonNode jobs = new JsonMapper().readTree(answer.text()).path("data");
      assertTrue(by.equals("refusals") || jobs.size() == JOBS, answer.text());
      for (JsonNode job : jobs) {
        assertEquals(1, job.path("groups").asInt(), answer.text());
        assertEquals(1, job.path("series").asInt(), answer.text());
        long refusals = job.path("job").asText().equals("job-0") ? 1 : 0;
        assertAbout(3, job.path("pushes").asLong(), answer);
        assertAbout(refusals, job.path("refusals").asLong(), answer);
      }
    }
  }
}
