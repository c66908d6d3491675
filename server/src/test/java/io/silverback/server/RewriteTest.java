package io.silverback.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.silverback.codec.model.GroupingKey;
import io.silverback.server.RawHttp.Answer;
import io.silverback.server.config.Configuration;
import io.silverback.server.config.ConfigurationReader;
import io.silverback.server.group.rules.StalenessRules;
import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Rewrite rules of a configuration file, at the endpoints of a running server. */
final class RewriteTest {
  private static final JsonMapper JSON = new JsonMapper();
  private static final String MANAGER = "0123456789abcdef0123456789abcdef";
  private static final String WORKER = "fedcba9876543210fedcba9876543210";

  /** What the page on pushing shows, too. */
  private static final Path RECIPE = Path.of("..", "docs", "examples", "flink.yml");

  @TempDir private Path folder;

  @Test
  void theFlinkRecipeOfTheReadmeKeepsProcessesApartUnderOneJob() throws IOException {
    try (var gateway = start(RECIPE)) {
      put(gateway, "/metrics/job/orders" + MANAGER, "flink_up{instance=\"body\"} 1\n");
      put(gateway, "/metrics/job/orders" + WORKER, "flink_up 2\n");
      put(gateway, "/metrics/job/other", "flink_up 3\n");

      assertEquals(
          """
          flink_up{instance="",job="other"} 3
          flink_up{instance="%s",job="orders"} 1
          flink_up{instance="%s",job="orders"} 2
          """
              .formatted(MANAGER, WORKER),
          exposed(gateway));

      assertEquals(202, gateway.send("DELETE", "/metrics/job/orders" + WORKER, "").status());
      assertEquals(
          202, gateway.send("DELETE", "/metrics/job/orders/instance/" + MANAGER, "").status());
      assertEquals("flink_up{instance=\"\",job=\"other\"} 3\n", exposed(gateway));
    }
  }

  @Test
  void historyIsThatOfTheKeysAsTheyWereRewritten() throws IOException {
    try (var gateway = start(RECIPE)) {
      put(gateway, "/metrics/job/orders" + MANAGER, "flink_up{instance=\"body\"} 1\n");
      put(gateway, "/metrics/job/orders" + MANAGER, "flink_up 2\n");

      JsonNode found = history(gateway, "flink_up{job=\"orders\"}");
      assertEquals(1, found.size(), found::toString);
      assertEquals(MANAGER, found.get(0).path("metric").path("instance").asText());
      assertEquals(2, found.get(0).path("values").size(), found::toString);
      assertEquals(0, history(gateway, "{job=~\"orders.+\"}").size());
    }
  }

  private static JsonNode history(TestGateway gateway, String selector) throws IOException {
    String query = URLEncoder.encode(selector, StandardCharsets.UTF_8);
    Answer answer = gateway.get("/api/v1/history?match[]=" + query);
    assertEquals(200, answer.status(), answer::text);
    return JSON.readTree(answer.text()).path("data").path("result");
  }

  @Test
  void theFlinkRecipeOfTheReadmeLetsProcessesThatAreGoneExpire() {
    Configuration recipe = ConfigurationReader.read(RECIPE);
    var rules = new StalenessRules(recipe.staleness());

    assertEquals(
        5,
        rules.ruleFor(GroupingKey.of("orders", "instance", MANAGER)).orElseThrow().missedPushes());
    assertTrue(rules.ruleFor(GroupingKey.of("orders", "instance", "db1")).isEmpty());
  }

  @Test
  void everyEndpointRewrites() throws IOException {
    String rule = "rewrite:\n  - {label: job, regex: 'old_(.*)', set: {job: 'new_$1'}}\n";
    try (var gateway = start(config(rule))) {
      put(gateway, "/metrics/job/old_a", "flink_up 1\n");
      assertEquals(200, gateway.send("POST", "/metrics/job/old_b", "flink_up 2\n").status());
      put(gateway, "/metrics/job@base64/b2xkX2M", "flink_up 3\n");
      String restore = "flink_up 4\npush_time_seconds 1.7e+09\n";
      put(gateway, "/api/v1/admin/restore/job/old_d", restore);

      assertEquals(
          """
          flink_up{instance="",job="new_a"} 1
          flink_up{instance="",job="new_b"} 2
          flink_up{instance="",job="new_c"} 3
          flink_up{instance="",job="new_d"} 4
          """,
          exposed(gateway));
      gateway.send("DELETE", "/metrics/job/old_a", "");
      gateway.send("DELETE", "/metrics/job/new_b", "");
      assertEquals(2, exposed(gateway).lines().count());
    }
  }

  @Test
  void whatBecomesNoKeyIsRefusedOnEveryEndpoint() throws IOException {
    try (var gateway =
        start(config("rewrite:\n  - {label: job, regex: 'bad(.*)', set: {job: $1}}\n"))) {
      for (String method : new String[] {"PUT", "POST", "DELETE"}) {
        Answer answer = gateway.send(method, "/metrics/job/bad", "a 1\n");

        assertEquals(400, answer.status());
        assertTrue(answer.text().contains("job=~\"bad(.*)\""), answer.text());
        assertTrue(answer.text().contains("job=bad"), answer.text());
      }
    }
  }

  @Test
  void keysThatARuleMadeOneAreReported() throws IOException {
    try (var gateway =
        start(config("rewrite:\n  - {label: job, regex: '(.+)-[0-9]+', set: {job: $1}}\n"))) {
      for (int i = 0; i < 4; i++) {
        put(gateway, "/metrics/job/load-1", "flink_up 1\n");
        put(gateway, "/metrics/job/load-2", "flink_up 2\n");
      }

      JsonNode groups = JSON.readTree(gateway.get("/api/v1/metrics").text()).get("data");
      assertEquals("{job=\"load-2\"}", groups.get(0).at("/writer_conflict/0/sent_as").asText());
      assertEquals(
          "silverback_writer_conflicts_total{evidence=\"rewrite\"} 1",
          gateway.exposed("evidence=\"rewrite\"").getFirst());
    }
  }

  @Test
  void rulesFollowTheFile() throws IOException {
    Path file = config("rewrite: []\n");
    try (var gateway = start(file)) {
      put(gateway, "/metrics/job/orders" + MANAGER, "flink_up 1\n");
      config("rewrite:\n  - preset: flink\n");
      assertEquals(200, gateway.send("POST", "/-/reload", "").status());
      put(gateway, "/metrics/job/orders" + MANAGER, "flink_up 2\n");
      config("rewrite:\n  - preset: spark\n");
      assertTrue(gateway.send("POST", "/-/reload", "").text().contains("rewrite[0].preset"));
      put(gateway, "/metrics/job/orders" + WORKER, "flink_up 3\n");

      assertEquals(
          """
          flink_up{instance="",job="orders%s"} 1
          flink_up{instance="%s",job="orders"} 2
          flink_up{instance="%s",job="orders"} 3
          """
              .formatted(MANAGER, MANAGER, WORKER),
          exposed(gateway));
    }
  }

  private TestGateway start(Path file) {
    return TestGateway.start(
        "--config.file=" + file, "--web.enable-lifecycle", "--web.enable-admin-api");
  }

  private Path config(String text) throws IOException {
    return Files.writeString(folder.resolve("silverback.yml"), text);
  }

  private static void put(TestGateway gateway, String path, String body) throws IOException {
    Answer answer = gateway.send("PUT", path, body);
    assertEquals(200, answer.status(), answer.text());
  }

  private static String exposed(TestGateway gateway) throws IOException {
    var lines = new StringBuilder();
    gateway.exposed("flink_up{").forEach(line -> lines.append(line).append('\n'));
    return lines.toString();
  }
}
