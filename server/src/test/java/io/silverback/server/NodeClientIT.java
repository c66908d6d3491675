package io.silverback.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Node's prom-client, of the version that src/test/node pins, pushes. */
final class NodeClientIT {
  private static final Path SOURCES = Path.of("src", "test", "node");
  private static final Duration RUN_LIMIT = Duration.ofSeconds(30);

  @TempDir private static Path folder;
  @AutoClose private static RunningGateway gateway;

  @BeforeAll
  static void start() throws IOException {
    for (String name : List.of("package.json", "package-lock.json", "push.js")) {
      Files.copy(SOURCES.resolve(name), folder.resolve(name));
    }
    RunningProcess.installNpmPackages(folder);
    gateway = RunningGateway.start();
  }

  @Test
  void pushReplacesPushAddMergesAndDeleteRemoves() {
    String key = "--grouping=instance=worker-1";
    assertEquals("200", status(key, "--gauge=backlog=7", "--counter=seen=3", "push", "node"));
    assertEquals(
        """
        backlog{instance="worker-1",job="node"} 7
        seen{instance="worker-1",job="node"} 3
        """,
        gateway.scrapeOf("node"));

    assertEquals("200", status(key, "--gauge=backlog=8", "pushAdd", "node"));
    assertEquals(
        """
        backlog{instance="worker-1",job="node"} 8
        seen{instance="worker-1",job="node"} 3
        """,
        gateway.scrapeOf("node"));

    assertEquals("200", status(key, "--counter=seen=4", "push", "node"));
    assertEquals("seen{instance=\"worker-1\",job=\"node\"} 4\n", gateway.scrapeOf("node"));

    assertEquals("202", status(key, "delete", "node"));
    assertEquals(List.of(), gateway.groupsOf("node"));
    assertEquals("202", status(key, "delete", "node"));
  }

  @Test
  void everyKindOfMetricArrivesPlainAndCompressed() {
    for (boolean compressed : new boolean[] {false, true}) {
      String job = compressed ? "node_gzip" : "node_plain";
      var arguments =
          new ArrayList<>(
              List.of(
                  "--gauge=node_temperature=-1.5",
                  "--counter=node_requests_total=1000000",
                  "--histogram=node_latency_seconds=0.05,0.5,5",
                  "--summary=node_size_bytes=1,2,3"));
      if (compressed) {
        arguments.add("--gzip");
      }
      arguments.addAll(List.of("push", job));
      assertEquals("200", status(arguments.toArray(String[]::new)));
      assertEquals(
          """
          node_latency_seconds_bucket{instance="",job="JOB",le="0.1"} 1
          node_latency_seconds_bucket{instance="",job="JOB",le="1"} 2
          node_latency_seconds_bucket{instance="",job="JOB",le="+Inf"} 3
          node_latency_seconds_sum{instance="",job="JOB"} 5.55
          node_latency_seconds_count{instance="",job="JOB"} 3
          node_requests_total{instance="",job="JOB"} 1e+06
          node_size_bytes{instance="",job="JOB",quantile="0.5"} 2
          node_size_bytes_sum{instance="",job="JOB"} 6
          node_size_bytes_count{instance="",job="JOB"} 3
          node_temperature{instance="",job="JOB"} -1.5
          """
              .replace("JOB", job),
          gateway.scrapeOf(job));
      JsonNode group = gateway.groupsOf(job).getFirst();
      assertEquals("GAUGE", group.get("node_temperature").get("type").asText());
      assertEquals("COUNTER", group.get("node_requests_total").get("type").asText());
      assertEquals("HISTOGRAM", group.get("node_latency_seconds").get("type").asText());
      assertEquals("SUMMARY", group.get("node_size_bytes").get("type").asText());
      assertEquals("A gauge of Node", group.get("node_temperature").get("help").asText());
    }
  }

  @Test
  void groupingsArePercentEncodedAndBase64IsUpToTheCaller() {
    assertEquals(
        "200",
        status(
            "--grouping=city=K\\u00f6ln am Rhein+%",
            // The client makes %40 of the at sign and %3D of the padding.
            "--grouping=path@base64=L3Zhci9saWI=",
            "--grouping=empty@base64==",
            "--gauge=node_disk_free=1",
            "push",
            "node_names"));
    assertEquals(
        """
        node_disk_free{city="Köln am Rhein+%",empty="",instance="",job="node_names",path="/var/lib"} 1
        """,
        gateway.scrapeOf("node_names"));
    JsonNode labels = gateway.groupsOf("node_names").getFirst().get("labels");
    assertEquals("Köln am Rhein+%", labels.get("city").asText());
    assertEquals("/var/lib", labels.get("path").asText());
    assertEquals("", labels.get("empty").asText());
  }

  @Test
  void metricsOfTheProcessStandBesideTheServersOwn() {
    assertEquals("200", status("--defaults", "push", "node_defaults"));
    String page = gateway.scrape();
    String type = "# TYPE process_start_time_seconds gauge\n";
    assertTrue(page.contains(type), page);
    assertEquals(page.indexOf(type), page.lastIndexOf(type));
    String series = "{instance=\"\",job=\"node_defaults\"} ";
    assertTrue(page.contains("\nprocess_start_time_seconds "), page);
    assertTrue(page.contains("\nprocess_start_time_seconds" + series), page);
    assertTrue(page.contains("\nnodejs_eventloop_lag_seconds" + series), page);
  }

  /** The client never says how long a body is. */
  @Test
  void bodiesOfManyPacketsArriveWhole() {
    String many = "--many=" + ManySeries.COUNT + "x" + ManySeries.WIDTH;
    assertEquals("200", status(many, "--defaults", "push", "node_large"));
    ManySeries.assertShownOnce(gateway, "node_large");

    assertEquals("200", status(many, "--defaults", "--gzip", "pushAdd", "node_large"));
    ManySeries.assertShownOnce(gateway, "node_large");
  }

  @Test
  void keptConnectionCarriesManyPushes() {
    assertEquals(
        "status=200 connections=1\n",
        node("--times=200", "--gauge=node_progress=1", "push", "node_many"));
    assertEquals(
        "node_progress{instance=\"\",job=\"node_many\"} 1\n", gateway.scrapeOf("node_many"));
  }

  @Test
  void refusalRejectsThePromise() {
    assertEquals("200", status("--gauge=node_depth=1", "push", "node_first"));
    try (var client = started("--counter=node_depth=2", "push", "node_second")) {
      assertEquals(1, client.awaitExit(RUN_LIMIT));
      String error = client.standardError();
      assertTrue(
          error.startsWith(
              "push failed with status 400, pushed metrics are invalid or inconsistent with"
                  + " existing metrics: "),
          error);
      assertTrue(error.contains("collected metric \"node_depth\""), error);
    }
    assertEquals(
        "node_depth{instance=\"\",job=\"node_first\"} 1\n", gateway.scrapeOf("node_first"));
    assertEquals("", gateway.scrapeOf("node_second"));
    JsonNode second = gateway.groupsOf("node_second").getFirst();
    assertFalse(second.get("last_push_successful").asBoolean(), second::toString);
  }

  @Test
  void slashThatIsOnlyPercentEncodedIsRefused() {
    try (var client = started("--grouping=path=a/b", "--gauge=x=1", "push", "node_slash")) {
      assertEquals(1, client.awaitExit(RUN_LIMIT));
      assertEquals(
          "push failed with status 400, odd number of components in label string \"/path/a/b\"",
          client.standardError().strip());
    }
    assertEquals(List.of(), gateway.groupsOf("node_slash"));
  }

  /** The status code that the promise of a push was fulfilled with. */
  private static String status(String... arguments) {
    String output = node(arguments);
    assertTrue(output.startsWith("status="), output);
    return output.substring("status=".length(), output.indexOf(' '));
  }

  private static String node(String... arguments) {
    try (var client = started(arguments)) {
      assertEquals(0, client.awaitExit(RUN_LIMIT), client::standardError);
      return client.standardOutput();
    }
  }

  /** The gateway's address goes before the job, the last argument. */
  private static RunningProcess started(String... arguments) {
    var command = new ArrayList<String>();
    command.add(RunningProcess.programOnPath("node", "nodejs"));
    command.add(folder.resolve("push.js").toString());
    command.addAll(List.of(arguments));
    command.add(command.size() - 1, gateway.address());
    return RunningProcess.start(command, Map.of());
  }
}
