package io.silverback.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Groups that expire by the file which the page on pushing recommends, as a real Prometheus sees
 * them.
 */
final class StalenessIT {
  private static final Path EXAMPLE = Path.of("..", "docs", "examples", "flink.yml");
  private static final String JOB = "wordcount";
  private static final String FLINK_JOB = JOB + "0123456789abcdef0123456789abcdef";
  private static final Duration PUSH_INTERVAL = Duration.ofMillis(300);

  /** Five intervals of a second each, the second between two looks, and a scrape. */
  private static final Duration LONGEST = Duration.ofSeconds(10);

  @Test
  void aFlinkJobThatEndsIsGoneAndABatchJobStays(@TempDir Path folder) {
    try (var gateway = RunningGateway.start("--config.file=" + EXAMPLE);
        var prometheus = RunningPrometheus.scraping(gateway, folder)) {
      push(gateway, "nightly", 1);
      for (int i = 1; i <= 6; i++) {
        push(gateway, FLINK_JOB, i);
        push(gateway, "nightly", i);
        RunningProcess.pause(PUSH_INTERVAL);
      }
      Instant stopped = Instant.now();
      prometheus.awaitValue(6, "progress{job='" + JOB + "'}");
      prometheus.awaitGone("{job='" + JOB + "'}");
      Instant gone = Instant.now();
      assertTrue(gone.isBefore(stopped.plus(LONGEST)), () -> stopped + " to " + gone);
      prometheus.awaitValue(6, "progress{job='nightly'}");
      assertEquals("", gateway.scrapeOf(JOB));
      JsonNode listed = gateway.groupsOf(JOB).getFirst();
      assertTrue(listed.get("stale").asBoolean());
      assertTrue(Instant.parse(listed.get("stale_since").asText()).isAfter(stopped));

      push(gateway, FLINK_JOB, 7);
      assertTrue(gateway.scrapeOf(JOB).endsWith("} 7\n"), gateway.scrapeOf(JOB));
      prometheus.awaitValue(7, "progress{job='" + JOB + "'}");
      assertTrue(gateway.scrape().contains("\nsilverback_expired_groups_total 1\n"));
    }
  }

  @Test
  void theSignalHupHasTheFileReadAgain(@TempDir Path folder) throws IOException {
    Path file = folder.resolve("silverback.yml");
    Files.writeString(file, "");
    try (var gateway = RunningGateway.start("--config.file=" + file)) {
      Files.writeString(file, "staleness: [{ttl: 1s}]\n");
      push(gateway, "any", 1);
      gateway.hangUp();
      Instant limit = Instant.now().plus(LONGEST);
      while (!gateway.scrapeOf("any").isEmpty() && Instant.now().isBefore(limit)) {
        RunningProcess.pause(PUSH_INTERVAL);
      }
      assertEquals("", gateway.scrapeOf("any"));
      assertTrue(gateway.standardError().contains("configuration reloaded"));
    }
  }

  @Test
  void thePageShowsTheExample() throws IOException {
    String page = Files.readString(Path.of("..", "docs", "pushing.md"));
    assertTrue(page.contains("```yaml\n" + Files.readString(EXAMPLE) + "```\n"));
  }

  @Test
  void theLauncherChecksAFile(@TempDir Path folder) throws IOException {
    Path broken = folder.resolve("broken.yml");
    Files.writeString(broken, "staleness: [{ttl: soon}]\n");
    assertEquals(0, check(EXAMPLE));
    assertEquals(1, check(broken));
  }

  private static int check(Path file) {
    var command = List.of(RunningGateway.launcher(), "check-config", file.toString());
    try (var check = RunningProcess.start(command, Map.of())) {
      return check.awaitExit();
    }
  }

  private static void push(RunningGateway gateway, String job, int value) {
    String body = "# TYPE progress gauge\nprogress " + value + "\n";
    assertEquals(200, gateway.send("PUT", "/metrics/job/" + job, body).statusCode());
  }
}
