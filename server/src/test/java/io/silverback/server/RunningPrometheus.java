package io.silverback.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.fail;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/** A real Prometheus that scrapes one gateway every second and honours its labels. */
final class RunningPrometheus implements AutoCloseable {
  /** What a scrape found, in a series with that value of a label. */
  record Sample(Instant at, String label, double value) {}

  private static final Duration SEEN_LIMIT = Duration.ofSeconds(15);
  private static final Duration ASK_INTERVAL = Duration.ofMillis(100);
  private static final JsonMapper JSON = new JsonMapper();

  private final URI base;
  private final RunningProcess process;

  private RunningPrometheus(URI base, RunningProcess process) {
    this.base = base;
    this.process = process;
  }

  /** Starts Prometheus, with more flags, and its configuration and data below the folder. */
  static RunningPrometheus scraping(RunningGateway gateway, Path folder, String... flags) {
    return configured(
        """
        global:
          scrape_interval: 1s
          scrape_timeout: 1s
        scrape_configs:
          - job_name: pushgateway
            honor_labels: true
            static_configs:
              - targets: ["%s"]
        """
            .formatted(gateway.address()),
        folder,
        flags);
  }

  /** The same with another configuration. */
  static RunningPrometheus configured(String text, Path folder, String... flags) {
    return configured(text, folder, RunningProcess.freePort(), flags);
  }

  /** The same on a port. */
  static RunningPrometheus configured(String text, Path folder, int port, String... flags) {
    String program = RunningProcess.debianProgram("/usr/bin/prometheus", "prometheus");
    Path configuration = folder.resolve("prometheus.yml");
    try {
      Files.writeString(configuration, text);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    String address = "127.0.0.1:" + port;
    var process =
        RunningProcess.start(
            Stream.concat(
                    Stream.of(
                        program,
                        "--config.file=" + configuration,
                        "--storage.tsdb.path=" + folder.resolve("data"),
                        "--web.listen-address=" + address,
                        "--log.level=warn"),
                    Stream.of(flags))
                .toList(),
            Map.of());
    var prometheus = new RunningPrometheus(URI.create("http://" + address), process);
    try {
      process.awaitReady(prometheus.base.resolve("/-/ready"));
    } catch (AssertionError e) {
      process.close();
      throw e;
    }
    return prometheus;
  }

  /** The newest values of the series that the selector matches. */
  List<Double> query(String selector) {
    return series("query?query=" + encoded(selector))
        .map(series -> series.get("value").get(1).asDouble())
        .toList();
  }

  /** The one value of a label of the series that the selector matches. */
  String labelOf(String label, String selector) {
    List<String> values =
        series("query?query=" + encoded(selector))
            .map(series -> series.get("metric").get(label).asText())
            .distinct()
            .toList();
    assertEquals(1, values.size(), () -> selector + ": " + values);
    return values.getFirst();
  }

  /** All that scrapes found for the selector in ten minutes, of all series together; in order. */
  List<Sample> samples(String selector, String label) {
    return series("query?query=" + encoded(selector + "[10m]"))
        .flatMap(
            series ->
                StreamSupport.stream(series.get("values").spliterator(), false)
                    .map(
                        value ->
                            new Sample(
                                Instant.ofEpochMilli(Math.round(value.get(0).asDouble() * 1000)),
                                series.get("metric").get(label).asText(),
                                value.get(1).asDouble())))
        .sorted(Comparator.comparing(Sample::at))
        .toList();
  }

  /** Waits until the selector matches exactly one series and that has this value. */
  void awaitValue(double expected, String selector) {
    await(List.of(expected), selector);
  }

  /** Waits until the selector matches nothing any more. */
  void awaitGone(String selector) {
    await(List.of(), selector);
  }

  /** When the selector matched one series, second by second; in order. */
  List<Instant> secondsSeen(String selector, Instant from, Instant until) {
    var seconds = new ArrayList<Instant>();
    series(
            "query_range?step=1&query=%s&start=%d&end=%d"
                .formatted(encoded(selector), from.getEpochSecond(), until.getEpochSecond()))
        .forEach(
            series ->
                series
                    .get("values")
                    .forEach(value -> seconds.add(Instant.ofEpochSecond(value.get(0).asLong()))));
    return seconds;
  }

  @Override
  public void close() {
    try (process) {
      assertEquals(0, process.terminate(), process::standardError);
    }
  }

  private void await(List<Double> expected, String selector) {
    long deadline = System.nanoTime() + SEEN_LIMIT.toNanos();
    List<Double> seen = query(selector);
    while (!seen.equals(expected)) {
      if (System.nanoTime() - deadline > 0) {
        fail("expected %s but Prometheus has %s: %s".formatted(expected, seen, selector));
      }
      RunningProcess.pause(ASK_INTERVAL);
      seen = query(selector);
    }
  }

  /** The address of a path. */
  URI address(String path) {
    return base.resolve(path);
  }

  /** What the API answers to a path and query below {@code /api/v1/}. */
  HttpResponse<String> ask(String question) {
    return Http.get(base.resolve("/api/v1/" + question));
  }

  private Stream<JsonNode> series(String question) {
    HttpResponse<String> answer = ask(question);
    assertEquals(200, answer.statusCode(), answer.body());
    try {
      JsonNode result = JSON.readTree(answer.body()).get("data").get("result");
      return StreamSupport.stream(result.spliterator(), false);
    } catch (JsonProcessingException e) {
      throw new UncheckedIOException(e);
    }
  }

  static String encoded(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8);
  }
}
