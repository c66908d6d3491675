package io.silverback.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.silverback.codec.exposition.ProtobufParser;
import io.silverback.codec.model.Metric;
import io.silverback.codec.model.MetricFamily;
import io.silverback.server.RawHttp.Answer;
import io.silverback.server.log.CapturedLog;
import io.silverback.server.log.LogFormat;
import io.silverback.server.log.LogLevel;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The server's metrics about itself beside pushed ones of the same names, over HTTP. */
final class OwnMetricsTest {
  private static final String OWN = "/-/metrics";

  /** What pushes hide: a family by its name, a summary by its line, a counter by its name. */
  static Stream<Arguments> pushes() {
    return Stream.of(
        Arguments.of(
            "jvm_memory_used_bytes{area=\"heap\"} 7\njvm_threads_current 12\n",
            "# TYPE jvm_threads_current untyped",
            "jvm_threads_current{instance=\"\",job=\"j\"} 12",
            "jvm_threads_current "),
        Arguments.of(
            """
            # TYPE jvm_gc_collection_seconds_count counter
            jvm_gc_collection_seconds_count{gc="Young"} 120
            """,
            "# TYPE jvm_gc_collection_seconds_count counter",
            "jvm_gc_collection_seconds_count{gc=\"Young\",instance=\"\",job=\"j\"} 120",
            "jvm_gc_collection_seconds_sum{"),
        Arguments.of(
            "# TYPE jvm_classes_loaded_total gauge\njvm_classes_loaded_total 4000\n",
            "# TYPE jvm_classes_loaded_total gauge",
            "jvm_classes_loaded_total{instance=\"\",job=\"j\"} 4000",
            "jvm_classes_loaded_total "),
        Arguments.of(
            "process_cpu_seconds_total 1\n",
            "# TYPE process_cpu_seconds_total untyped",
            "process_cpu_seconds_total{instance=\"\",job=\"j\"} 1",
            "process_cpu_seconds_total "),
        Arguments.of(
            """
            # HELP silverback_storage_groups theirs
            # TYPE silverback_storage_groups counter
            silverback_storage_groups 1
            """,
            "# HELP silverback_storage_groups theirs",
            "silverback_storage_groups{instance=\"\",job=\"j\"} 1",
            "silverback_storage_groups "));
  }

  @ParameterizedTest
  @MethodSource("pushes")
  void aPushIsShownAsItCameAndHidesTheOwnFamily(
      String body, String comment, String series, String hidden) throws IOException {
    try (var gateway = TestGateway.start()) {
      assertTrue(has(gateway.get("/metrics"), hidden));

      assertEquals(200, gateway.send("POST", "/metrics/job/j", body).status());

      Answer page = gateway.get("/metrics");
      assertTrue(page.text().lines().anyMatch(comment::equals), page::text);
      assertTrue(page.text().lines().anyMatch(series::equals), page::text);
      assertFalse(has(page, hidden), page::text);
      assertValid(page.text());
      assertTrue(has(gateway.get(OWN), hidden));
      assertFalse(gateway.get(OWN).text().contains("job="));
      gateway.send("DELETE", "/metrics/job/j", "");
      assertTrue(has(gateway.get("/metrics"), hidden));
    }
  }

  @Test
  void whatIsHiddenIsCountedAndLoggedOnce() throws IOException {
    try (var gateway = TestGateway.start();
        var captured = new CapturedLog(LogLevel.INFO, LogFormat.LOGFMT)) {
      gateway.send("PUT", "/metrics/job/j", "jvm_threads_current 1\n");
      gateway.get("/metrics");
      gateway.get("/metrics");

      assertEquals(
          List.of("silverback_scrape_hidden_own_metrics_total 2"),
          gateway.exposed("silverback_scrape_hidden_own_metrics_total 2"));
      assertEquals(
          List.of("silverback_scrape_omitted_metrics_total 0"),
          gateway.exposed("silverback_scrape_omitted_metrics_total 0"));
      List<String> told =
          captured.lines().stream().filter(line -> line.contains("hide metrics")).toList();
      assertEquals(1, told.size(), told::toString);
      assertTrue(told.getFirst().contains("families=jvm_threads_current"), told::toString);
    }
  }

  @Test
  void aScrapeOfTheClusterShowsNoneOfThemOnASingleNodeEither() throws IOException {
    try (var gateway = TestGateway.start()) {
      gateway.send("PUT", "/metrics/job/j", "jvm_threads_current 1\n");

      Answer page = gateway.get("/metrics?scope=cluster");

      assertEquals(200, page.status());
      assertEquals(
          List.of("jvm_threads_current", "push_failure_time_seconds", "push_time_seconds"),
          page.text()
              .lines()
              .filter(line -> !line.startsWith("#"))
              .map(line -> line.substring(0, line.indexOf('{')))
              .toList());
      assertEquals(400, gateway.get("/metrics?scope=node").status());
      assertEquals(200, gateway.get("/metrics?other=%").status());
    }
  }

  @Test
  void aFamilyOfTheSameTypeIsShownTogetherWithTheOwnOne() throws IOException {
    try (var gateway = TestGateway.start()) {
      String body =
          "# HELP process_open_fds theirs\n# TYPE process_open_fds gauge\nprocess_open_fds 5\n";
      assertEquals(200, gateway.send("PUT", "/metrics/job/j", body).status());

      List<String> lines = gateway.exposed("process_open_fds");
      assertEquals(4, lines.size(), lines::toString);
      assertEquals("# HELP process_open_fds theirs", lines.get(0));
      assertEquals("# TYPE process_open_fds gauge", lines.get(1));
      assertTrue(lines.get(2).startsWith("process_open_fds "), lines::toString);
      assertEquals("process_open_fds{instance=\"\",job=\"j\"} 5", lines.get(3));
    }
  }

  @Test
  void upstreamsNamesAreRefusedAsUpstreamRefusesThem() throws IOException {
    try (var gateway = TestGateway.start()) {
      for (String name :
          List.of(
              "pushgateway_build_info",
              "pushgateway_http_requests_total",
              "pushgateway_http_push_size_bytes",
              "pushgateway_http_push_duration_seconds")) {
        Answer answer = gateway.send("PUT", "/metrics/job/j", name + " 1\n");

        assertEquals(400, answer.status(), name);
        assertTrue(
            answer
                .text()
                .startsWith(
                    "pushed metrics are invalid or inconsistent with existing metrics: gathered"
                        + " metric family "
                        + name),
            answer::text);
      }
    }
  }

  @Test
  void withoutTheCheckAPushHidesUpstreamsNamesToo() throws IOException {
    try (var gateway = TestGateway.start("--push.disable-consistency-check")) {
      gateway.send("PUT", "/metrics/job/j", "pushgateway_build_info 1\n");

      Answer page = gateway.get("/metrics");
      assertTrue(has(page, "pushgateway_build_info{instance"), page::text);
      assertFalse(has(page, "pushgateway_build_info{branch"), page::text);
      assertValid(page.text());
      assertTrue(has(gateway.get(OWN), "pushgateway_build_info{branch"));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "/prefix"})
  void theOwnPageIsNegotiatedAsTheScrapePageIs(String prefix) throws IOException {
    try (var gateway =
        TestGateway.start("--web.route-prefix=" + (prefix.isEmpty() ? "/" : prefix))) {
      String accept =
          "Accept: application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;"
              + "encoding=compact-text";
      for (String header : List.of("Accept: text/plain", accept, "Accept-Encoding: gzip")) {
        Answer own = gateway.get(prefix + OWN, header);
        Answer scrape = gateway.get(prefix + "/metrics", header);

        assertEquals(200, own.status());
        assertEquals(scrape.header("Content-Type"), own.header("Content-Type"));
        assertEquals(scrape.header("Content-Encoding"), own.header("Content-Encoding"));
      }
      assertTrue(
          gateway.get(prefix + OWN, accept).text().startsWith("name:\"jvm_"),
          () -> "not protobuf as text");
      assertTrue(has(inflated(gateway.port(), prefix + OWN), "jvm_threads_current "));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {OWN, "/metrics"})
  void durationsAreClassicInTextAndClassicAndNativeInProtobuf(String path) throws IOException {
    try (var gateway = TestGateway.start()) {
      gateway.send("PUT", "/metrics/job/j", "a 1\n");
      gateway.get("/metrics");
      gateway.get("/api/v1/history?match[]=a");
      gateway.send("POST", "/api/v1/read", "");
      String protobuf =
          "Accept: application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=";

      String text = gateway.get(path).text();
      String compact = gateway.get(path, protobuf + "compact-text").text();

      for (String name : List.of("push", "scrape", "history_query", "remote_read")) {
        String family = "silverback_" + name + "_duration_seconds";
        assertTrue(text.contains("\n# TYPE " + family + " histogram\n"), text);
        assertTrue(
            text.lines().anyMatch(line -> line.matches(family + "_bucket\\{.*le=\"10\"} 1")));
        assertTrue(text.lines().anyMatch(line -> line.matches(family + "_sum(\\{.*})? .*")), text);
        String told =
            compact
                .lines()
                .filter(line -> line.startsWith("name:\"" + family + "\""))
                .findFirst()
                .orElseThrow();
        assertTrue(told.contains("upper_bound:0.0025"), told);
        assertTrue(told.contains("schema:3"), told);
        assertTrue(told.contains("positive_span:"), told);
      }
      byte[] delimited = bytes(gateway.port(), path, protobuf + "delimited");
      List<MetricFamily> parsed =
          new ProtobufParser().parse(delimited, delimited.length).families();
      var push =
          parsed.stream()
              .filter(family -> family.name().equals("silverback_push_duration_seconds"))
              .map(family -> (Metric.Histogram) family.metrics().getFirst())
              .findFirst()
              .orElseThrow();
      assertEquals(17, push.buckets().size());
      assertEquals(3, push.nativeBuckets().schema());
      assertEquals(List.of(1L), push.nativeBuckets().positiveDeltas());
    }
  }

  private static byte[] bytes(int port, String path, String header) throws IOException {
    var url = URI.create("http://127.0.0.1:" + port + path).toURL();
    var connection = (HttpURLConnection) url.openConnection();
    String[] parts = header.split(": ", 2);
    connection.setRequestProperty(parts[0], parts[1]);
    try (var in = connection.getInputStream()) {
      return in.readAllBytes();
    }
  }

  @Test
  void groupsThatHideOwnFamiliesSurviveARestart(@TempDir Path folder) throws IOException {
    String flag = "--persistence.file=" + folder;
    String body = "# TYPE jvm_threads_current counter\njvm_threads_current 12\n";
    try (var gateway = TestGateway.start(flag)) {
      assertEquals(200, gateway.send("PUT", "/metrics/job/j", body).status());
    }
    try (var gateway = TestGateway.start(flag)) {
      awaitRecovery(gateway);
      List<String> shown =
          List.of(
              "# TYPE jvm_threads_current counter",
              "jvm_threads_current{instance=\"\",job=\"j\"} 12");
      assertEquals(shown, gateway.exposed("jvm_threads_current"));
      assertEquals(200, gateway.send("POST", "/metrics/job/j", body).status());
      assertEquals(shown, gateway.exposed("jvm_threads_current"));
    }
  }

  @Test
  void inAClusterEveryNodeTakesThePushAndShowsItsOwnMetrics() throws IOException {
    String body =
        """
        jvm_threads_current 12
        # TYPE silverback_cluster_members untyped
        silverback_cluster_members 9
        """;
    try (var cluster = LocalCluster.start(2)) {
      for (int node = 0; node < cluster.size(); node++) {
        Answer answer = cluster.send(node, "PUT", "/metrics/job/j-" + node, body);
        assertEquals(200, answer.status(), answer::text);
      }
      int shown = 0;
      for (int node = 0; node < cluster.size(); node++) {
        Answer page = cluster.get(node, "/metrics");
        assertValid(page.text());
        shown += count(page, "jvm_threads_current{") + count(page, "silverback_cluster_members{");
        Answer own = cluster.get(node, OWN);
        assertEquals(1, count(own, "jvm_threads_current "), own::text);
        assertEquals(1, count(own, "silverback_cluster_members "), own::text);
        assertEquals(0, count(own, "jvm_threads_current{"), own::text);
      }
      assertEquals(4, shown);
    }
  }

  private static void awaitRecovery(TestGateway gateway) throws IOException {
    for (int i = 0; i < 300 && gateway.get("/-/ready").status() != 200; i++) {
      RunningProcess.pause(Duration.ofMillis(100));
    }
    assertEquals(200, gateway.get("/-/ready").status());
  }

  /** A name has one TYPE line, and its lines come after it; no line is there twice. */
  private static void assertValid(String page) {
    var types = new HashSet<String>();
    var series = new HashSet<String>();
    String name = "";
    for (String line : page.lines().toList()) {
      if (line.startsWith("# TYPE ")) {
        name = line.split(" ", -1)[2];
        assertTrue(types.add(name), line);
      } else if (!line.startsWith("#")) {
        String named = line.split("[{ ]", 2)[0];
        assertTrue(named.equals(name) || named.matches(name + "_(sum|count|bucket)"), line);
        assertTrue(series.add(line.substring(0, line.lastIndexOf(' '))), line);
      }
    }
  }

  /** Also where the server's own metrics change from scrape to scrape. */
  @Test
  void whatIsAsInTheScrapeBeforeIsNotDeflatedAgain() throws IOException {
    try (var gateway = TestGateway.start()) {
      var body = new StringBuilder();
      for (int i = 0; i < 4_000; i++) {
        body.append("large{n=\"%d\"} %d%n".formatted(i, i));
      }
      assertEquals(200, gateway.send("PUT", "/metrics/job/j", body.toString()).status());
      List<String> expected = large(gateway.get("/metrics"));
      assertEquals(4_000, expected.size());

      assertEquals(expected, large(inflated(gateway.port(), "/metrics")));
      assertEquals(expected, large(inflated(gateway.port(), "/metrics")));
      String kept = "silverback_scrape_pieces_total{kept=\"true\"} ";
      assertTrue(has(gateway.get(OWN), kept));
      assertFalse(has(gateway.get(OWN), kept + "0"));
    }
  }

  private static List<String> large(Answer page) {
    return page.text().lines().filter(line -> line.startsWith("large")).toList();
  }

  private static boolean has(Answer page, String start) {
    return count(page, start) > 0;
  }

  private static int count(Answer page, String start) {
    return (int) page.text().lines().filter(line -> line.startsWith(start)).count();
  }

  private static Answer inflated(int port, String path) throws IOException {
    var url = URI.create("http://127.0.0.1:" + port + path).toURL();
    var connection = (HttpURLConnection) url.openConnection();
    connection.setRequestProperty("Accept-Encoding", "gzip");
    try (var in = new GZIPInputStream(connection.getInputStream())) {
      String text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
      return new Answer(connection.getResponseCode(), List.of(), text);
    }
  }
}
