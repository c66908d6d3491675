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
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Prometheus' own Go client, as Debian has it, pushes. */
final class GoClientIT {
  private static final String SOURCES = "/usr/share/gocode";
  private static final Duration BUILD_LIMIT = Duration.ofMinutes(3);
  private static final Duration RUN_LIMIT = Duration.ofSeconds(30);

  @TempDir private static Path folder;
  @AutoClose private static RunningGateway gateway;

  @BeforeAll
  static void start() {
    RunningProcess.debianProgram(
        SOURCES + "/src/github.com/prometheus/client_golang/prometheus/push",
        "golang-github-prometheus-client-golang-dev");
    build("src/test/go/push.go", program());
    gateway = RunningGateway.start();
  }

  private static void build(String source, String program) {
    var build =
        List.of(
            RunningProcess.debianProgram("/usr/bin/go", "golang-go"),
            "build",
            "-o",
            program,
            source);
    // Nothing of the user's own settings, and nothing from the network.
    var environment =
        Map.of(
            "GO111MODULE",
            "off",
            "GOPATH",
            SOURCES,
            "GOFLAGS",
            "",
            "GOENV",
            "off",
            "GOCACHE",
            folder.resolve("cache").toString());
    RunningProcess.complete(build, environment, BUILD_LIMIT);
  }

  @Test
  void theProgramOfThePagePushes() throws IOException {
    Path source = folder.resolve("load.go");
    Files.writeString(source, PushingPage.program("go", gateway.address()));
    String load = folder.resolve("load").toString();
    build(source.toString(), load);
    RunningProcess.complete(List.of(load), Map.of(), RUN_LIMIT);
    assertEquals(
        "rows_loaded{instance=\"worker-3\",job=\"loader\"} 128\n", gateway.scrapeOf("loader"));
  }

  @Test
  void pushReplacesAddMergesAndDeleteRemoves() {
    go("-grouping=instance=worker-1", "-gauge=backlog=7", "-counter=seen_total=3", "push", "go");
    assertEquals(
        """
        backlog{instance="worker-1",job="go"} 7
        seen_total{instance="worker-1",job="go"} 3
        """,
        gateway.scrapeOf("go"));

    go("-grouping=instance=worker-1", "-gauge=backlog=8", "add", "go");
    assertEquals(
        """
        backlog{instance="worker-1",job="go"} 8
        seen_total{instance="worker-1",job="go"} 3
        """,
        gateway.scrapeOf("go"));

    go("-grouping=instance=worker-1", "-counter=seen_total=4", "push", "go");
    assertEquals("seen_total{instance=\"worker-1\",job=\"go\"} 4\n", gateway.scrapeOf("go"));

    // The client takes no answer but 202 for a success.
    go("-grouping=instance=worker-1", "delete", "go");
    assertEquals(List.of(), gateway.groupsOf("go"));
    go("-grouping=instance=worker-1", "delete", "go");
  }

  @Test
  void orderOfLabelsInThePathMakesNoOtherGroup() {
    try (var forwarder = new RecordingForwarder(gateway)) {
      goTo(
          forwarder.address(),
          "-times=20",
          "-grouping=zone=eu",
          "-grouping=host=a b+c",
          "-grouping=path=/var/lib",
          "-grouping=empty=",
          "-gauge=go_disk_free=1",
          "push",
          "go_order");
      assertEquals(20, forwarder.paths().size());
      assertTrue(new HashSet<>(forwarder.paths()).size() > 1, forwarder.paths()::toString);
      for (String path : forwarder.paths()) {
        assertTrue(path.contains("/path@base64/L3Zhci9saWI"), path);
        assertTrue(path.contains("/empty@base64/="), path);
      }
    }
    assertEquals(1, gateway.groupsOf("go_order").size());
    JsonNode labels = gateway.groupsOf("go_order").getFirst().get("labels");
    assertEquals("/var/lib", labels.get("path").asText());
    assertEquals("", labels.get("empty").asText());
    // The client writes a blank as a plus sign, which means itself in a path.
    assertEquals("a+b+c", labels.get("host").asText());
    assertEquals(
        """
        go_disk_free{empty="",host="a+b+c",instance="",job="go_order",path="/var/lib",zone="eu"} 1
        """,
        gateway.scrapeOf("go_order"));
  }

  @Test
  void protobufAndTextShowTheSame() {
    try (var forwarder = new RecordingForwarder(gateway)) {
      for (String job : List.of("go_protobuf", "go_text")) {
        goTo(
            forwarder.address(),
            "-text=" + job.equals("go_text"),
            "-gauge=go_temperature=-1.5",
            "-counter=go_requests_total=1e6",
            "-histogram=go_latency_seconds=0.05,0.5,5",
            "-summary=go_size_bytes=1,2,3",
            "push",
            job);
      }
      assertEquals(
          List.of(
              "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily;"
                  + " encoding=delimited",
              "text/plain; version=0.0.4; charset=utf-8"),
          forwarder.contentTypes());
    }
    String shown =
        """
        go_latency_seconds_bucket{instance="",job="go_protobuf",le="0.1"} 1
        go_latency_seconds_bucket{instance="",job="go_protobuf",le="1"} 2
        go_latency_seconds_bucket{instance="",job="go_protobuf",le="+Inf"} 3
        go_latency_seconds_sum{instance="",job="go_protobuf"} 5.55
        go_latency_seconds_count{instance="",job="go_protobuf"} 3
        go_requests_total{instance="",job="go_protobuf"} 1e+06
        go_size_bytes{instance="",job="go_protobuf",quantile="0.5"} 2
        go_size_bytes_sum{instance="",job="go_protobuf"} 6
        go_size_bytes_count{instance="",job="go_protobuf"} 3
        go_temperature{instance="",job="go_protobuf"} -1.5
        """;
    assertEquals(shown, gateway.scrapeOf("go_protobuf"));
    assertEquals(shown.replace("go_protobuf", "go_text"), gateway.scrapeOf("go_text"));
    for (String job : List.of("go_protobuf", "go_text")) {
      JsonNode group = gateway.groupsOf(job).getFirst();
      assertEquals("GAUGE", group.get("go_temperature").get("type").asText());
      assertEquals("COUNTER", group.get("go_requests_total").get("type").asText());
      assertEquals("HISTOGRAM", group.get("go_latency_seconds").get("type").asText());
      assertEquals("SUMMARY", group.get("go_size_bytes").get("type").asText());
      assertEquals("A gauge of Go", group.get("go_temperature").get("help").asText());
    }
  }

  @Test
  void compressedSeriesAreStreamed() {
    go("-many=" + ManySeries.COUNT, "-width=" + ManySeries.WIDTH, "stream", "go_large");
    ManySeries.assertShownOnce(gateway, "go_large");
  }

  @Test
  void metricsOfTheProcessStandBesideTheServersOwn() {
    go("-runtime", "push", "go_runtime");
    String page = gateway.scrape();
    String type = "# TYPE process_start_time_seconds gauge\n";
    assertTrue(page.contains(type), page);
    assertEquals(page.indexOf(type), page.lastIndexOf(type));
    assertTrue(page.contains("\nprocess_start_time_seconds "), page);
    assertTrue(
        page.contains("\nprocess_start_time_seconds{instance=\"\",job=\"go_runtime\"} "), page);
    assertTrue(page.contains("\ngo_goroutines{instance=\"\",job=\"go_runtime\"} "), page);
  }

  @Test
  void refusalReachesTheCaller() {
    go("-gauge=go_depth=1", "push", "go_first");
    try (var client = started(gateway.address(), "-counter=go_depth=2", "push", "go_second")) {
      assertEquals(1, client.awaitExit(RUN_LIMIT));
      String error = client.standardError();
      assertTrue(
          error.startsWith(
              "unexpected status code 400 while pushing to "
                  + gateway.uri("/metrics/job/go_second")
                  + ": pushed metrics are invalid or inconsistent with existing metrics: "),
          error);
      assertTrue(error.contains("collected metric \"go_depth\""), error);
    }
    assertEquals("go_depth{instance=\"\",job=\"go_first\"} 1\n", gateway.scrapeOf("go_first"));
    assertEquals("", gateway.scrapeOf("go_second"));
    JsonNode second = gateway.groupsOf("go_second").getFirst();
    assertFalse(second.get("last_push_successful").asBoolean(), second::toString);
  }

  private static String program() {
    return folder.resolve("push").toString();
  }

  private static void go(String... arguments) {
    goTo(gateway.address(), arguments);
  }

  private static void goTo(String address, String... arguments) {
    try (var client = started(address, arguments)) {
      assertEquals(0, client.awaitExit(RUN_LIMIT), client::standardError);
    }
  }

  /** The address goes before the job, the last argument. */
  private static RunningProcess started(String address, String... arguments) {
    var command = new ArrayList<String>();
    command.add(program());
    command.addAll(List.of(arguments));
    command.add(command.size() - 1, address);
    return RunningProcess.start(command, Map.of());
  }
}
