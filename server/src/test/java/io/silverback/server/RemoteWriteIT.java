package io.silverback.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.math.MathContext;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Remote write to real receivers: each acknowledged sample is there, with its own time. */
final class RemoteWriteIT {
  private static final JsonMapper JSON = new JsonMapper();
  private static final Duration LIMIT = Duration.ofSeconds(30);

  @TempDir private Path folder;

  /** A target that was down, and a server that was started again, lose nothing. */
  @Test
  void prometheusHasEachSampleOverAnOutageAndARestart() throws IOException {
    Path data = Files.createDirectories(folder.resolve("prometheus"));
    int port;
    try (var prometheus = prometheus(data)) {
      port = prometheus.address("/").getPort();
      try (var gateway = start(prometheus.address("/api/v1/write"))) {
        push(gateway, 0, 20);
        awaitSame(gateway, prometheus);
      }
    }
    URI address = URI.create("http://127.0.0.1:" + port + "/api/v1/write");
    try (var gateway = start(address)) {
      push(gateway, 20, 40);
    }
    try (var gateway = start(address);
        var prometheus = prometheus(data, port)) {
      push(gateway, 40, 60);
      awaitSame(gateway, prometheus);
      assertEquals(60, rowsOf(gateway));
    }
  }

  /**
   * Clients push all the time; the target is down at first, so that much is left to the successors.
   */
  @Test
  void prometheusHasEachSampleOfAClusterOverAKillAndARollingRestart() throws Exception {
    Path data = Files.createDirectories(folder.resolve("prometheus"));
    String window = "storage: {tsdb: {out_of_order_time_window: 1h}}\n";
    int port = RunningProcess.freePort();
    URI address = URI.create("http://127.0.0.1:" + port + "/api/v1/write");
    var isOver = new AtomicBoolean();
    try (var cluster =
        ProcessCluster.start(
            3,
            folder,
            "--config.file=" + configuration(address),
            "--shutdown.timeout=300ms",
            "--history.retention=30m")) {
      var pushers = new ArrayList<CompletableFuture<List<Double>>>();
      for (int i = 0; i < 4; i++) {
        int number = i;
        pushers.add(CompletableFuture.supplyAsync(() -> pushAlways(cluster, number, isOver)));
      }
      RunningProcess.pause(Duration.ofSeconds(1));
      // Nothing that it led was sent yet.
      cluster.leaderOf("job=pusher-0").kill();
      RunningProcess.pause(Duration.ofSeconds(1));
      cluster.mend();
      try (var prometheus =
          RunningPrometheus.configured(window, data, port, "--web.enable-remote-write-receiver")) {
        for (ProcessCluster.Node node : cluster.nodes()) {
          node.end();
          cluster.mend();
        }
        isOver.set(true);
        for (int i = 0; i < pushers.size(); i++) {
          List<Double> acknowledged = pushers.get(i).get();
          assertTrue(acknowledged.size() > 20, "pushes were taken: " + acknowledged.size());
          awaitAll(cluster, prometheus, "pusher-" + i, acknowledged);
        }
      }
    }
  }

  /** Pushes one value after the other until each is taken; all that were. */
  private static List<Double> pushAlways(ProcessCluster cluster, int pusher, AtomicBoolean isOver) {
    var acknowledged = new ArrayList<Double>();
    for (int i = 0; !isOver.get(); i++) {
      ProcessCluster.Node node = cluster.node((pusher + i) % cluster.nodes().size());
      try {
        var answer =
            Http.send("PUT", node.uri("/metrics/job/pusher-" + pusher), "rows " + i + "\n");
        if (answer.statusCode() == 200) {
          acknowledged.add((double) i);
        }
      } catch (UncheckedIOException _) {
        // It is down, or has no lease: nobody knows what became of it.
      }
      RunningProcess.pause(Duration.ofMillis(20));
    }
    return acknowledged;
  }

  /** Each value that was acknowledged is there, with the time that the cluster has for it. */
  private static void awaitAll(
      ProcessCluster cluster, RunningPrometheus prometheus, String job, List<Double> acknowledged) {
    String selector = "rows{job=\"" + job + "\"}";
    var held = new ArrayList<String>();
    series(
            cluster
                .insist(
                    200,
                    cluster.node(0),
                    "GET",
                    "/api/v1/history?match%5B%5D=" + RunningPrometheus.encoded(selector),
                    "")
                .body())
        .values()
        .forEach(held::addAll);
    held.removeIf(sample -> !acknowledged.contains(Double.parseDouble(sample.split(" ", 2)[1])));
    // A push may take effect twice where its first answer was lost between two nodes.
    assertEquals(
        acknowledged,
        held.stream()
            .map(sample -> Double.parseDouble(sample.split(" ", 2)[1]))
            .distinct()
            .toList(),
        "what the cluster has of " + job);
    Supplier<List<String>> missing =
        () -> {
          var left = new ArrayList<>(held);
          series(
                  prometheus
                      .ask("query?query=" + RunningPrometheus.encoded(selector + "[1h]"))
                      .body())
              .values()
              .forEach(left::removeAll);
          return left;
        };
    long deadline = System.nanoTime() + LIMIT.toNanos();
    while (!missing.get().isEmpty() && System.nanoTime() < deadline) {
      RunningProcess.pause(Duration.ofMillis(100));
    }
    assertEquals(List.of(), missing.get());
  }

  /** Prometheus takes a stale sample for the end of a series. */
  @Test
  void prometheusShowsNoSeriesThatHasEnded() throws IOException {
    try (var prometheus = prometheus(Files.createDirectories(folder.resolve("prometheus")));
        var gateway = start(prometheus.address("/api/v1/write"))) {
      gateway.send("PUT", "/metrics/job/batch", "rows 1\nold 1\n");
      prometheus.awaitValue(1, "rows");
      prometheus.awaitValue(1, "old");
      gateway.send("PUT", "/metrics/job/batch", "rows 2\n");
      prometheus.awaitValue(2, "rows");
      prometheus.awaitGone("old");
      gateway.send("DELETE", "/metrics/job/batch", "");
      prometheus.awaitGone("rows");
    }
  }

  /** The way to it is slow, too. */
  @Test
  void victoriaMetricsHasEachSampleOverAnOutageAndASlowWay() throws IOException {
    String program = RunningProcess.debianProgram("/usr/bin/victoria-metrics", "victoria-metrics");
    String address = "127.0.0.1:" + RunningProcess.freePort();
    int door = RunningProcess.freePort();
    URI write = URI.create("http://127.0.0.1:" + door + "/api/v1/write");
    try (var relay = Relay.start(door, Integer.parseInt(address.split(":", -1)[1]));
        var gateway = start(write)) {
      relay.delay(Duration.ofMillis(150));
      push(gateway, 0, 20);
      try (var process =
          RunningProcess.start(
              List.of(
                  program,
                  "-httpListenAddr=" + address,
                  "-storageDataPath=" + folder.resolve("victoria"),
                  "-retentionPeriod=10y",
                  "-search.latencyOffset=0s"),
              Map.of())) {
        process.awaitReady(URI.create("http://" + address + "/health"));
        push(gateway, 20, 40);
        relay.delay(Duration.ofMillis(20));
        push(gateway, 40, 60);
        awaitSame(
            () -> rounded(heldBy(gateway)),
            () -> {
              Http.get(URI.create("http://" + address + "/internal/force_flush"));
              return exported(address);
            });
      }
    }
  }

  private static RunningPrometheus prometheus(Path data) {
    return RunningPrometheus.configured("global: {}\n", data, "--web.enable-remote-write-receiver");
  }

  private static RunningPrometheus prometheus(Path data, int port) {
    return RunningPrometheus.configured(
        "global: {}\n", data, port, "--web.enable-remote-write-receiver");
  }

  private Path configuration(URI url) throws IOException {
    return Files.writeString(
        folder.resolve("silverback.yml"),
        """
        remote_write:
          - url: %s
            name: real
            queue_config: {batch_send_deadline: 100ms, max_backoff: 200ms, max_samples_per_send: 50}
        """
            .formatted(url));
  }

  private TestGateway start(URI url) throws IOException {
    return TestGateway.start(
        "--config.file=" + configuration(url),
        "--persistence.file=" + folder.resolve("store"),
        "--shutdown.timeout=300ms");
  }

  private static void push(TestGateway gateway, int from, int to) throws IOException {
    for (int i = from; i < to; i++) {
      for (String job : List.of("a", "b", "c")) {
        String body = "rows_total{kind=\"x\"} " + i + "\nrows_total{kind=\"y\"} " + i / 8.0 + "\n";
        assertEquals(200, gateway.send("PUT", "/metrics/job/" + job, body).status());
      }
      RunningProcess.pause(Duration.ofMillis(7));
    }
  }

  private static long rowsOf(TestGateway gateway) throws IOException {
    return heldBy(gateway).entrySet().stream()
        .filter(series -> series.getKey().contains("job=a") && series.getKey().contains("kind=x"))
        .mapToLong(series -> series.getValue().size())
        .sum();
  }

  private static void awaitSame(TestGateway gateway, RunningPrometheus prometheus) {
    String question = "query?query=" + RunningPrometheus.encoded("{__name__=~\".+\"}[1h]");
    awaitSame(() -> heldBy(gateway), () -> series(prometheus.ask(question).body()));
  }

  private static void awaitSame(
      Supplier<Map<String, List<String>>> sent, Supplier<Map<String, List<String>>> received) {
    long deadline = System.nanoTime() + LIMIT.toNanos();
    while (!sent.get().equals(received.get()) && System.nanoTime() < deadline) {
      RunningProcess.pause(Duration.ofMillis(100));
    }
    assertEquals(sent.get(), received.get());
  }

  private static Map<String, List<String>> heldBy(TestGateway gateway) {
    try {
      return series(gateway.get("/api/v1/history?match%5B%5D=%7B__name__%3D~%22.%2B%22%7D").text());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Map<String, List<String>> series(String answer) {
    Map<String, List<String>> found = new TreeMap<>();
    for (JsonNode series : parsed(answer).get("data").get("result")) {
      var samples = new ArrayList<String>();
      for (JsonNode value : series.get("values")) {
        long millis = value.get(0).decimalValue().movePointRight(3).longValueExact();
        samples.add(millis + " " + new BigDecimal(value.get(1).asText()).doubleValue());
      }
      found.put(name(series.get("metric")), samples);
    }
    return found;
  }

  /** Whatever VictoriaMetrics has, as it stored it. */
  private static Map<String, List<String>> exported(String address) {
    Map<String, List<String>> found = new TreeMap<>();
    String query = RunningPrometheus.encoded("{__name__!=\"\"}");
    Http.get(URI.create("http://" + address + "/api/v1/export?match%5B%5D=" + query))
        .body()
        .lines()
        .map(RemoteWriteIT::parsed)
        .forEach(
            series -> {
              List<String> samples =
                  found.computeIfAbsent(name(series.get("metric")), _ -> new ArrayList<>());
              for (int i = 0; i < series.get("timestamps").size(); i++) {
                samples.add(
                    series.get("timestamps").get(i).asLong()
                        + " "
                        + series.get("values").get(i).asDouble());
              }
            });
    return rounded(found);
  }

  /** It stores decimal numbers of less digits than a double has. */
  private static Map<String, List<String>> rounded(Map<String, List<String>> series) {
    Map<String, List<String>> rounded = new TreeMap<>();
    series.forEach(
        (name, samples) ->
            rounded.put(
                name,
                samples.stream()
                    .map(sample -> sample.split(" ", 2))
                    .map(pair -> pair[0] + " " + digits(pair[1]))
                    .sorted()
                    .toList()));
    return rounded;
  }

  private static double digits(String value) {
    return new BigDecimal(value).round(new MathContext(12)).doubleValue();
  }

  private static JsonNode parsed(String text) {
    try {
      return JSON.readTree(text);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String name(JsonNode labels) {
    var sorted = new TreeMap<String, String>();
    labels
        .properties()
        .forEach(
            label -> {
              if (!label.getValue().asText().isEmpty()) {
                sorted.put(label.getKey(), label.getValue().asText());
              }
            });
    return sorted.toString();
  }
}
