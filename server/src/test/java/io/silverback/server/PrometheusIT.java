package io.silverback.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.prometheus.client.CollectorRegistry;
import io.prometheus.metrics.config.EscapingScheme;
import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.core.metrics.Gauge;
import io.prometheus.metrics.core.metrics.Histogram;
import io.prometheus.metrics.exporter.pushgateway.Format;
import io.prometheus.metrics.exporter.pushgateway.PushGateway;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Real clients push, a real Prometheus reads. */
final class PrometheusIT {
  @AutoClose private static RunningGateway gateway;
  @AutoClose private static RunningPrometheus prometheus;

  @BeforeAll
  static void start(@TempDir Path folder) {
    gateway = RunningGateway.start();
    prometheus = RunningPrometheus.scraping(gateway, folder);
  }

  @Test
  void pythonClientPushesAddsAndDeletes() {
    python("push", "temperature_celsius=21.5", "rows=7");
    prometheus.awaitValue(21.5, "temperature_celsius{job='python',instance='worker-1'}");
    prometheus.awaitValue(7, "rows{job='python',instance='worker-1'}");

    python("pushadd", "temperature_celsius=22");
    prometheus.awaitValue(22, "temperature_celsius{job='python',instance='worker-1'}");
    prometheus.awaitValue(7, "rows{job='python',instance='worker-1'}");

    python("push", "temperature_celsius=23");
    prometheus.awaitValue(23, "temperature_celsius{job='python',instance='worker-1'}");
    prometheus.awaitGone("rows{job='python'}");

    python("delete");
    prometheus.awaitGone("{job='python'}");
  }

  @Test
  void oldJavaClientPushesAddsAndDeletes() throws IOException {
    var registry = new CollectorRegistry();
    var duration =
        io.prometheus.client.Gauge.build("duration_seconds", "Of the run").register(registry);
    var records =
        io.prometheus.client.Counter.build("records_total", "Read so far").register(registry);
    var client = new io.prometheus.client.exporter.PushGateway(gateway.address());
    Map<String, String> key = Map.of("instance", "a/b");

    duration.set(1.25);
    records.inc(12);
    client.push(registry, "old_java", key);
    prometheus.awaitValue(1.25, "duration_seconds{job='old_java',instance='a/b'}");
    prometheus.awaitValue(12, "records_total{job='old_java',instance='a/b'}");

    var more = new CollectorRegistry();
    io.prometheus.client.Gauge.build("backlog", "Left").register(more).set(3);
    client.pushAdd(more, "old_java", key);
    prometheus.awaitValue(3, "backlog{job='old_java'}");
    prometheus.awaitValue(12, "records_total{job='old_java'}");

    client.delete("old_java", key);
    prometheus.awaitGone("{job='old_java'}");
  }

  @Test
  void newJavaClientPushesProtobuf() throws IOException {
    var registry = new PrometheusRegistry();
    Gauge.builder().name("queue_length").help("Now").register(registry).set(41);
    Counter.builder().name("events_total").help("So far").register(registry).inc(1e6);
    var latency =
        Histogram.builder().name("latency_seconds").classicUpperBounds(0.1, 1).register(registry);
    latency.observe(0.05);
    latency.observe(0.5);
    try (var forwarder = new RecordingForwarder(gateway)) {
      PushGateway client =
          PushGateway.builder()
              .address(forwarder.address())
              .registry(registry)
              .job("new_java")
              .groupingKey("instance", "worker-9")
              .format(Format.PROMETHEUS_PROTOBUF)
              .escapingScheme(EscapingScheme.ALLOW_UTF8)
              .build();
      client.push();
      assertEquals(1, forwarder.contentTypes().size());
      assertTrue(
          forwarder.contentTypes().getFirst().startsWith("application/vnd.google.protobuf"),
          forwarder.contentTypes()::toString);
    }
    String labels = "{job='new_java',instance='worker-9'}";
    prometheus.awaitValue(41, "queue_length" + labels);
    prometheus.awaitValue(1e6, "events_total" + labels);
    prometheus.awaitValue(2, "latency_seconds_count" + labels);
    prometheus.awaitValue(1, "latency_seconds_bucket{le='0.1',job='new_java'}");
    prometheus.awaitValue(
        2,
        "latency_seconds_bucket{le='1.0',job='new_java'} or"
            + " latency_seconds_bucket{le='1',job='new_java'}");
  }

  /** Told to, it asks for protobuf, which alone has native buckets. */
  @Test
  void thePushesOfTheServerItselfAreANativeHistogram(@TempDir Path folder) {
    assertEquals(200, gateway.send("PUT", "/metrics/job/native", "up_to 1\n").statusCode());
    try (var asked =
        RunningPrometheus.scraping(gateway, folder, "--enable-feature=native-histograms")) {
      asked.awaitValue(1, "up_to{job='native'}");
      asked.awaitValue(1, "histogram_count(sum(silverback_push_duration_seconds)) > bool 0");
      asked.awaitGone("silverback_push_duration_seconds_bucket");
    }
  }

  @Test
  void deletedGroupGoesStaleAtOnce() {
    Instant start = Instant.now();
    assertEquals(
        200, gateway.send("PUT", "/metrics/job/short_lived", "progress 0.5\n").statusCode());
    prometheus.awaitValue(0.5, "progress{job='short_lived'}");

    assertEquals(202, gateway.send("DELETE", "/metrics/job/short_lived", "").statusCode());
    prometheus.awaitGone("progress");
    Instant gone = Instant.now();
    RunningProcess.pause(Duration.ofSeconds(2));
    List<Instant> seen = prometheus.secondsSeen("progress", start, Instant.now());
    assertFalse(seen.isEmpty());
    assertTrue(seen.getLast().isBefore(gone.plusSeconds(1)), () -> seen + " but gone at " + gone);
  }

  @Test
  void promtoolAcceptsThePage(@TempDir Path folder) throws IOException {
    Path page = folder.resolve("page");
    try (var fresh = RunningGateway.start()) {
      fresh.send(
          "PUT",
          "/metrics/job/lint",
          """
          # HELP lint_requests_total Seen so far.
          # TYPE lint_requests_total counter
          lint_requests_total{code="200"} 3
          # HELP lint_size_bytes Of a request.
          # TYPE lint_size_bytes histogram
          lint_size_bytes_bucket{le="10"} 1
          lint_size_bytes_sum 12
          lint_size_bytes_count 2
          """);
      Files.writeString(page, fresh.scrape());
    }
    assertPromtool("exec \"$0\" check metrics < \"$1\"", page);
  }

  /** Each fires on what it is for, and on nothing else. */
  @Test
  void alertRulesPassTheirTests() {
    assertPromtool("exec \"$0\" test rules \"$1\"", AlertRulesTest.TESTS);
  }

  private static void assertPromtool(String script, Path file) {
    String promtool = RunningProcess.debianProgram("/usr/bin/promtool", "prometheus");
    var command = List.of("/bin/sh", "-c", script, promtool, file.toString());
    try (var check = RunningProcess.start(command, Map.of())) {
      assertEquals(0, check.awaitExit(), check::standardError);
    }
  }

  /** But for quoted names, which the Prometheus of Debian 12 does not know yet. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "up",
        " up # all",
        "a:b{c='d', e!=\"f\",}",
        "{a=~`b.*`,c!~\"d\"}",
        "up{}",
        "up{__name__='x'}",
        "{a!=''}",
        "up{a=\"\\u00e4\\x41\\101\\U0001F648\"}",
        "{a=`b\nc`}",
        "sum",
        "",
        "{}",
        "{,}",
        "{a=''}",
        "{a=~'.*'}",
        "{a!~'.+'}",
        "{a=~'('}",
        "{a=~'b{1001}'}",
        "1up",
        "über",
        "up{1a='b'}",
        "up{a:b='c'}",
        "up{",
        "up{a",
        "up{a=",
        "up{a=b}",
        "up{a='b'",
        "up{a='b' c='d'}",
        "up{a='b',,}",
        "up{a=='b'}",
        "{a='b'}{c='d'}",
        "{a='b'}}",
        "up up",
        "up[5m]",
        "up offset 5m",
        "sum(up)",
        "{a='\\q'}",
        "{a='\\\"'}",
        "{a='\\400'}",
        "{a='\\ud800'}",
        "{a=\"b\nc\"}",
        "{a='b"
      })
  void historyTakesTheSelectorsThatPrometheusTakes(String selector) {
    String query = "?match%5B%5D=" + RunningPrometheus.encoded(selector);
    HttpResponse<String> theirs = prometheus.ask("series" + query);

    assertEquals(
        theirs.statusCode(),
        gateway.send("GET", "/api/v1/history" + query, "").statusCode(),
        theirs.body());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"start=x&end=1", "start=1&end=5m", "start=2&end=1", "start=2023-01-01&end=1"})
  void historyRefusesTimesInTheWordsOfPrometheus(String times) {
    HttpResponse<String> theirs = prometheus.ask("query_range?step=1&query=up&" + times);
    HttpResponse<String> ours = gateway.send("GET", "/api/v1/history?match%5B%5D=up&" + times, "");

    assertEquals(400, theirs.statusCode());
    assertEquals(400, ours.statusCode());
    assertEquals(theirs.body(), ours.body());
  }

  private static void python(String action, String... assignments) {
    RunningProcess.debianProgram(
        "/usr/lib/python3/dist-packages/prometheus_client", "python3-prometheus-client");
    var command = new ArrayList<String>();
    command.add(RunningProcess.debianProgram("/usr/bin/python3", "python3"));
    command.add("src/test/python/push.py");
    command.addAll(List.of(action, gateway.address(), "python", "worker-1"));
    command.addAll(List.of(assignments));
    try (var client = RunningProcess.start(command, Map.of())) {
      assertEquals(0, client.awaitExit(), client::standardError);
    }
  }
}
