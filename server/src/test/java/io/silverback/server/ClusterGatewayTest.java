package io.silverback.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.silverback.server.RawHttp.Answer;
import java.io.IOException;
import java.net.SocketException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * What the endpoints of a cluster do; the libraries below it are those of {@link LocalLibraries}.
 *
 * <p>Longer than other classes: all cases share the cluster.
 */
final class ClusterGatewayTest {
  private static final int GROUPS = 30;
  private static final String STATUS = "/api/v1/cluster/status";
  private static final Pattern OWNERS = Pattern.compile("\"owners\":\\[\"(node-.)\",\"node-.\"]");
  private static final String UNSERVED =
      "\nsilverback_cluster_unserved_slots{reason=\"silent_leader\"} ";

  @Test
  void eachGroupIsExposedByOneNodeAndToldByAll() throws IOException {
    try (var cluster = LocalCluster.start(3)) {
      pushThroughAll(cluster);

      assertEquals(lines(), exposed(cluster).stream().sorted().toList());
      for (int node = 0; node < cluster.size(); node++) {
        Answer answer = cluster.get(node, "/api/v1/metrics");
        assertEquals(200, answer.status(), answer.text());
        List<String> jobs =
            Stream.of(answer.text().split("\"job\":\"", -1))
                .skip(1)
                .map(rest -> rest.substring(0, rest.indexOf('"')))
                .distinct()
                .toList();
        assertEquals(jobs().sorted().toList(), jobs);
        assertEquals(jobs().sorted().toList(), paged(cluster, node));
      }
    }
  }

  /** The jobs of the list in short, seven groups at a time. */
  private static List<String> paged(LocalCluster cluster, int node) throws IOException {
    var jobs = new ArrayList<String>();
    String after = "";
    do {
      Answer answer = cluster.get(node, "/api/v1/groups?limit=7" + after);
      assertEquals(200, answer.status(), answer.text());
      JsonNode page = new JsonMapper().readTree(answer.text());
      assertEquals(GROUPS, page.path("data").path("counts").path("found").asInt());
      JsonNode groups = page.path("data").path("groups");
      assertTrue(groups.size() <= 7, answer.text());
      groups.forEach(group -> jobs.add(group.path("labels").path("job").asText()));
      after = page.has("next") ? "&after=" + page.path("next").asText() : "";
    } while (!after.isEmpty());
    return jobs;
  }

  /** From the third on, a node knows the text, and tells the leader the numbers alone. */
  @Test
  void pushesOfTheSameTextThroughAnyNodeReachTheLeader() throws IOException {
    try (var cluster = LocalCluster.start(3)) {
      for (int push = 1; push <= 18; push++) {
        int node = push % cluster.size();
        for (String job : List.of("a", "b", "c")) {
          String body = "value{x=\"" + push / 16 + "\"} " + push + ".5\n";
          Answer answer = cluster.send(node, "PUT", "/metrics/job/" + job, body);
          assertEquals(200, answer.status(), answer.text());
          String line =
              "value{instance=\"\",job=\"%s\",x=\"%d\"} %d.5".formatted(job, push / 16, push);
          cluster.await(
              line,
              () ->
                  cluster
                      .get(node, "/metrics?scope=cluster")
                      .text()
                      .lines()
                      .anyMatch(line::equals));
        }
      }
    }
  }

  @Test
  void aScrapeOfTheClusterShowsAllGroupsThroughAnyNode() throws IOException {
    try (var cluster = LocalCluster.start(3)) {
      pushThroughAll(cluster);
      String path = "/metrics?scope=cluster";

      String page = cluster.get(0, path).text();
      List<String> groups = page.lines().filter(line -> line.startsWith("value_")).toList();
      assertEquals(lines(), groups.stream().sorted().toList());
      assertEquals(GROUPS, page.split("\npush_time_seconds\\{", -1).length - 1);
      for (String own : List.of("silverback_", "process_", "jvm_", "pushgateway_")) {
        assertFalse(page.contains("\n" + own) || page.startsWith(own), page);
      }
      for (int node = 0; node < cluster.size(); node++) {
        Answer same = cluster.get(node, path);
        assertEquals(200, same.status(), same.text());
        assertEquals(page, same.text());
        Answer unknown = cluster.get(node, "/metrics?scope=all");
        assertEquals(400, unknown.status(), unknown.text());
        assertTrue(unknown.text().contains("must be \\\"cluster\\\""), unknown.text());
      }
    }
  }

  @Test
  void aNodeThatEndsCostsAScrapeOfTheClusterNothing() throws IOException {
    try (var cluster = LocalCluster.start(3)) {
      pushThroughAll(cluster);
      var stopped = new Thread(() -> cluster.stop(1));
      stopped.start();
      int pages = 0;
      while (stopped.isAlive() || pages < 20) {
        int node = 2 * (pages++ % 2);
        try {
          Answer page = cluster.get(node, "/metrics?scope=cluster");
          if (page.status() == 200) {
            assertEquals(
                lines(),
                page.text().lines().filter(line -> line.startsWith("value_")).sorted().toList());
          } else {
            assertTrue(hasLostLease(cluster, node), page.text());
          }
        } catch (SocketException e) {
          assertTrue(hasLostLease(cluster, node), e::toString);
        }
      }
    }
  }

  /** On a machine that is busy with other things, which is the one excuse for a refusal. */
  private static boolean hasLostLease(LocalCluster cluster, int node) throws IOException {
    return !cluster
        .get(node, "/-/metrics")
        .text()
        .contains("\nsilverback_cluster_leases_lost_total 0\n");
  }

  @Test
  void aScrapeOfAClusterThatDoesNotAnswerNamesWhatIsMissing() throws IOException {
    try (var cluster = LocalCluster.start(3)) {
      pushThroughAll(cluster);
      cluster.freezeViews(true);
      cluster.stop(1);
      Answer refused =
          cluster.exchange(
              0,
              """
              GET /metrics?scope=cluster HTTP/1.1\r
              Host: x\r
              Connection: close\r
              X-Prometheus-Scrape-Timeout-Seconds: 1.5\r
              \r
              """);

      assertEquals(503, refused.status(), refused.text());
      assertTrue(refused.text().contains("node-1"), refused.text());
      assertEquals(Optional.of("1"), refused.header("Retry-After"));
      cluster.freezeViews(false);
    }
  }

  @Test
  void pagesOfGroupsGoOnThroughAnotherNode() throws IOException {
    try (var cluster = LocalCluster.start(2)) {
      pushThroughAll(cluster);

      var told = new ArrayList<String>();
      String after = "";
      for (int page = 0; page < 5; page++) {
        Answer answer = cluster.get(page % 2, "/api/v1/metrics?limit=7&stale=false" + after);
        assertEquals(200, answer.status(), answer.text());
        JsonNode json = new JsonMapper().readTree(answer.text());
        json.path("data").forEach(group -> told.add(group.at("/labels/job").asText()));
        assertEquals(page < 4, json.has("next"), answer.text());
        after = "&after=" + json.path("next").asText();
      }
      assertEquals(jobs().sorted().toList(), told);
      assertTrue(cluster.get(0, "/api/v1/metrics?stale=true").text().endsWith("\"data\":[]}"));
    }
  }

  @Test
  void aDeleteAndAWipeThroughAnyNodeReachAll() throws IOException {
    try (var cluster = LocalCluster.start(2)) {
      pushThroughAll(cluster);

      assertEquals(202, cluster.send(1, "DELETE", "/metrics/job/job-3", "").status());
      assertEquals(GROUPS - 1, exposed(cluster).size());
      Answer wiped = cluster.send(0, "PUT", "/api/v1/admin/wipe", "");

      assertEquals(202, wiped.status(), wiped.text());
      assertEquals(List.of(), exposed(cluster));
    }
  }

  @Test
  void aBulkDeletionThroughAnyNodeReachesAll() throws IOException {
    try (var cluster = LocalCluster.start(3)) {
      for (int node = 0; node < cluster.size(); node++) {
        pushThroughAll(cluster);
        Answer deleted =
            cluster.send(
                node,
                "POST",
                "/api/v1/admin/delete_groups?match%5B%5D=%7Bjob%3D~%22job-1.%22%7D",
                "");

        assertEquals(200, deleted.status(), deleted.text());
        assertTrue(deleted.text().contains("\"count\":10,\"failed\":0,"), deleted.text());
        assertEquals(
            lines().stream()
                .filter(line -> !line.contains("job=\"job-1") || line.contains("job=\"job-1\""))
                .toList(),
            exposed(cluster).stream().sorted().toList());
      }
    }
  }

  @Test
  void aRefusalOfTheLeaderReachesTheClientInUpstreamsWords() throws IOException {
    try (var cluster = LocalCluster.start(2)) {
      for (int node = 0; node < cluster.size(); node++) {
        Answer answer = cluster.send(node, "POST", "/metrics/job/x", "a 1 1700000000000\n");

        assertEquals(400, answer.status(), answer.text());
        assertEquals(
            "pushed metrics are invalid or inconsistent with existing metrics: pushed metrics must"
                + " not have timestamps\n",
            answer.text());
      }
    }
  }

  @Test
  void prometheusIsToldOfAllMembersInOneOrder() throws IOException {
    try (var cluster = LocalCluster.start(3)) {
      String targets =
          Stream.of(0, 1, 2)
              .map(node -> '"' + cluster.webAddress(node) + '"')
              .sorted()
              .toList()
              .toString()
              .replace(" ", "");
      for (int node = 0; node < cluster.size(); node++) {
        Answer answer = cluster.get(node, "/api/v1/cluster/http_sd");

        assertEquals(200, answer.status());
        assertEquals(Optional.of("application/json"), answer.header("Content-Type"));
        String prefix =
            "[{\"targets\":" + targets + ",\"labels\":{\"__meta_silverback_cluster_id\":";
        assertTrue(answer.text().startsWith(prefix), answer.text());
      }
    }
  }

  @Test
  void aGroupsOwnerIsToldAlikeByAll() throws IOException {
    try (var cluster = LocalCluster.start(3)) {
      String path = "/api/v1/cluster/owner?job=a&instance=b";
      String told = cluster.get(0, path).text();

      assertTrue(told.contains("\"leader\":\"node-"), told);
      assertTrue(told.contains("\"leader_silent\":false"), told);
      // Two copies, and so no others than the leader and one more.
      Matcher owners = OWNERS.matcher(told);
      assertTrue(owners.find(), told);
      assertTrue(told.contains("\"leader\":\"" + owners.group(1) + '"'), told);
      assertEquals(told, cluster.get(1, path).text());
      assertTrue(cluster.get(2, "/api/v1/cluster/owner?instance=b").text().contains("job="));
      assertTrue(cluster.get(2, "/api/v1/cluster/ring").text().contains("\"should_lead\":"));
    }
  }

  @Test
  void eachOwnerSaysWhichCopyItHas() throws IOException {
    try (var cluster = LocalCluster.start(3)) {
      String path = "/api/v1/cluster/owner?job=copied";
      assertFalse(cluster.get(0, path).text().contains("\"has_group\":true"));
      assertEquals(200, cluster.send(0, "PUT", "/metrics/job/copied", "a 1\n").status());
      for (int node = 0; node < cluster.size(); node++) {
        JsonNode copies = json(cluster.get(node, path)).at("/data/copies");

        assertEquals(2, copies.size(), copies.toString());
        for (JsonNode copy : copies) {
          assertTrue(copy.at("/answered").asBoolean(), copies.toString());
          assertTrue(copy.at("/has_group").asBoolean(), copies.toString());
          assertTrue(copy.at("/current").asBoolean(), copies.toString());
          assertEquals(0, copy.at("/lag_seconds").asDouble(), copies.toString());
          assertEquals(copies.at("/0/version"), copy.at("/version"), copies.toString());
        }
      }
      cluster.send(0, "DELETE", "/metrics/job/copied", "");
      JsonNode deleted = json(cluster.get(0, path)).at("/data/copies/0");
      assertFalse(deleted.at("/has_group").asBoolean(), deleted.toString());
      assertFalse(deleted.at("/version").asText().isEmpty(), deleted.toString());
    }
  }

  @Test
  void theStatusOfTheWholeClusterCountsAMemberThatDoesNotAnswer() throws IOException {
    try (var cluster = LocalCluster.start(3)) {
      for (int node = 0; node < cluster.size(); node++) {
        awaitText(cluster, node, STATUS, "\"settled\":true,\"waiting_for\":[]");
        JsonNode status = json(cluster.get(node, STATUS)).at("/data");
        assertEquals(1, status.at("/failure_tolerance/without_stopping_pushes").asInt());
        assertEquals(16384, status.at("/slots/led").asInt(), status.toString());
        assertEquals(3, status.at("/members").size(), status.toString());
      }
      cluster.freezeViews(true);
      cluster.stop(1);
      for (int node : new int[] {0, 2}) {
        awaitText(cluster, node, STATUS, "\"node node-1 is not heard by ");
        JsonNode status = json(cluster.get(node, STATUS)).at("/data");
        assertFalse(status.at("/settled").asBoolean(), status.toString());
        assertTrue(status.toString().contains("\"node node-1 does not answer\""));
        assertFalse(status.at("/members/1/answered").asBoolean(), status.toString());
        assertTrue(status.at("/members/1/silent").asBoolean(), status.toString());
        assertEquals(0, status.at("/failure_tolerance/without_losing_pushes").asInt());
        assertEquals(0, status.at("/failure_tolerance/without_stopping_pushes").asInt());
      }
      cluster.freezeViews(false);
      awaitText(cluster, 0, STATUS, "\"settled\":true");
      assertEquals(2, json(cluster.get(0, STATUS)).at("/data/members").size());
    }
  }

  private static JsonNode json(Answer answer) throws IOException {
    assertEquals(200, answer.status(), answer.text());
    return new JsonMapper().readTree(answer.text());
  }

  @Test
  void theClockOfEachOtherMemberIsShown() throws IOException {
    try (var cluster = LocalCluster.start(3)) {
      String skew = "\"clock_skew_seconds\":";
      for (int node = 0; node < cluster.size(); node++) {
        for (String path : List.of("/api/v1/cluster", "/api/v1/cluster/members")) {
          int from = node;
          cluster.await(
              "the clocks of the two others",
              () -> cluster.get(from, path).text().split(skew, -1).length == 3);
          awaitText(cluster, node, path, ",\"clock_skew_error_seconds\":0.");
        }
        String own = cluster.get(node, "/-/metrics").text();
        assertTrue(own.contains("\nsilverback_cluster_clock_skew_seconds "), own);
      }
    }
  }

  /** The view goes on to name a node that has ended, as if the others could not agree. */
  @Test
  void anOutageIsSeenEverywhereAndKeepsNoHealthyNodeUnready() throws IOException {
    try (var cluster = LocalCluster.start(3)) {
      cluster.await("no outage", () -> cluster.get(0, "/-/ready").text().equals("OK"));
      awaitText(cluster, 0, "/-/metrics", UNSERVED + "0\n");
      assertFalse(cluster.get(0, "/").text().contains("Outage"));
      cluster.freezeViews(true);
      cluster.stop(1);
      for (int node : new int[] {0, 2}) {
        cluster.await(
            "a ready node tells",
            () -> {
              Answer ready = cluster.get(node, "/-/ready");
              return ready.status() == 200
                  && ready.text().startsWith("OK, but nobody serves some slots: slots=")
                  && ready.text().contains(" nodes=[node-1] ");
            });
        awaitText(cluster, node, "/", "<h2>Outage</h2>\n<p>nobody serves some slots");
        awaitText(cluster, node, "/api/v1/cluster", "\"no_leader\":0,\"taking_over\":0,");
        awaitText(cluster, node, "/api/v1/cluster", "\"nodes\":[\"node-1\"]");
        String members = "/api/v1/cluster/members";
        awaitText(cluster, node, members, "\"silent\":true,\"silent_since\":\"20");
        cluster.await(
            "the two others are not silent",
            () -> cluster.get(node, members).text().split("\"silent\":false", -1).length == 3);
        awaitText(cluster, node, "/-/metrics", "\nsilverback_cluster_silent_members 1\n");
        assertFalse(cluster.get(node, "/-/metrics").text().contains(UNSERVED + "0\n"));
      }
      cluster.freezeViews(false);
      cluster.await("its end", () -> cluster.get(0, "/-/ready").text().equals("OK"));
      awaitText(cluster, 0, "/-/metrics", "\nsilverback_cluster_outage_seconds 0\n");
    }
  }

  private static void awaitText(LocalCluster cluster, int node, String path, String text)
      throws IOException {
    cluster.await(path + " has " + text, () -> cluster.get(node, path).text().contains(text));
  }

  /** Others take two refused ports to mean that nothing is shown any more. */
  @Test
  void aServerThatEndsClosesItsWebPortBeforeItsPeerPort() throws IOException, InterruptedException {
    try (var cluster = LocalCluster.start(1)) {
      Thread end = Thread.ofVirtual().start(() -> cluster.stop(0));
      while (!LocalCluster.isRefused(cluster.peerPort(0))) {
        Thread.onSpinWait();
      }
      assertTrue(LocalCluster.isRefused(cluster.webPort(0)));
      end.join();
    }
  }

  @Test
  void aMinorityShowsNoGroupsAndTakesNone() throws IOException {
    try (var cluster = LocalCluster.start(3)) {
      pushThroughAll(cluster);
      cluster.stop(1);
      cluster.stop(2);
      cluster.await("a lapse", () -> cluster.get(0, "/-/ready").status() == 503);
      cluster.await(
          "the reason",
          () -> {
            String reason = cluster.get(0, "/-/ready").text();
            return reason.startsWith("no contact with a majority of voters; nobody serves")
                && reason.contains("; no connection with 127.0.0.1:")
                && reason.contains("(Connection refused)");
          });
      cluster.await(
          "the end of the connections that were open",
          () ->
              cluster
                  .get(0, "/metrics")
                  .text()
                  .contains("\nsilverback_cluster_leases_lost_total 1"));

      int before = notReady(cluster.get(0, "/metrics"));

      // Comes to an end only since the server closes the connection.
      Answer refused =
          cluster.exchange(
              0, "PUT /metrics/job/late HTTP/1.1\r\nHost: x\r\nContent-Length: 7\r\n\r\nlate 1\n");
      assertEquals(503, refused.status(), refused.text());
      assertEquals(Optional.of("1"), refused.header("Retry-After"));
      assertEquals(Optional.of("close"), refused.header("Connection"));
      assertEquals(503, cluster.get(0, "/api/v1/metrics").status());
      Answer scrape = cluster.get(0, "/metrics");
      assertEquals(200, scrape.status());
      assertFalse(scrape.text().contains("value_"), scrape.text());
      assertEquals(before + 2, notReady(scrape));
      assertTrue(scrape.text().contains("\nsilverback_cluster_led_slots "), scrape.text());
      Answer own = cluster.get(0, "/-/metrics");
      assertEquals(200, own.status());
      assertTrue(own.text().contains("\nsilverback_cluster_led_slots "), own.text());
      assertEquals(200, cluster.get(0, "/-/healthy").status());
      assertEquals(200, cluster.get(0, "/api/v1/cluster/http_sd").status());
      assertEquals(200, cluster.get(0, "/").status());
    }
  }

  private static int notReady(Answer page) {
    String name = "silverback_refused_requests_total{reason=\"not_ready\"} ";
    return page.text()
        .lines()
        .filter(line -> line.startsWith(name))
        .mapToInt(line -> Integer.parseInt(line.substring(name.length())))
        .sum();
  }

  private static Stream<String> jobs() {
    return Stream.iterate(0, i -> i + 1).limit(GROUPS).map(i -> "job-" + i);
  }

  static List<String> lines() {
    return jobs()
        .map(job -> "value_%s{instance=\"\",job=\"%s\"} 7".formatted(job.replace('-', '_'), job))
        .sorted()
        .toList();
  }

  static void pushThroughAll(LocalCluster cluster) throws IOException {
    int node = 0;
    for (String job : jobs().toList()) {
      String body = "value_" + job.replace('-', '_') + " 7\n";
      Answer answer = cluster.send(node, "PUT", "/metrics/job/" + job, body);
      assertEquals(200, answer.status(), answer.text());
      node = (node + 1) % cluster.size();
    }
  }

  static List<String> exposed(LocalCluster cluster) throws IOException {
    var lines = new ArrayList<String>();
    for (int node = 0; node < cluster.size(); node++) {
      Answer answer = cluster.get(node, "/metrics");
      answer.text().lines().filter(line -> line.startsWith("value_")).forEach(lines::add);
    }
    return lines;
  }
}
