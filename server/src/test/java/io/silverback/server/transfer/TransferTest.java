package io.silverback.server.transfer;

import static java.util.stream.Collectors.joining;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpServer;
import io.silverback.codec.exposition.ExpositionBuffer;
import io.silverback.codec.exposition.ProtobufRenderer;
import io.silverback.codec.model.Labels;
import io.silverback.codec.model.Metric;
import io.silverback.codec.model.MetricFamily;
import io.silverback.codec.model.MetricType;
import io.silverback.codec.model.NativeBuckets;
import io.silverback.codec.model.OpaqueFields;
import io.silverback.server.TestGateway;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Timeout(30)
final class TransferTest {
  private record Run(int code, String output, String errors) {}

  @Test
  void anImportMakesEqualPagesAndCanBeRepeated() throws IOException {
    String[] flags = {"--web.enable-admin-api", "--push.enable-utf8-names"};
    try (var old = TestGateway.start(flags);
        var replacement = TestGateway.start(flags)) {
      old.send("PUT", "/metrics/job/all", protobuf(everyKind()), delimited());
      old.send("POST", "/metrics/job/all", "labels 1\nlast_push_successful 2\n");
      old.send("PUT", "/metrics/job/x/x.y@base64/=/z@base64/LwpA", "{\"u.v\",\"w.x\"=\"\"} 1\n");
      old.send("PUT", "/metrics/job/x/instance/i", "# HELP a A\\nB\n# TYPE a gauge\na NaN\n");
      old.send("PUT", "/metrics/job/timestamped", "a 1 17\n");
      old.send("PUT", "/metrics/job/x/instance/i", "a 1 17\n");
      old.send("PUT", "/metrics/job/empty", "");

      Run first = run("import", from(old), to(replacement));
      Run second = run("import", from(old), to(replacement));

      assertEquals("", first.errors);
      assertEquals(0, first.code);
      assertTrue(first.output.startsWith("groups imported=5 skipped=0 refused=0 "), first.output);
      assertTrue(page(old).contains("schema:2"), page(old));
      assertEquals(page(old), page(replacement));
      assertEquals(old.get("/api/v1/metrics").text(), replacement.get("/api/v1/metrics").text());
      assertTrue(second.output.startsWith("groups imported=0 skipped=5 refused=0 "), second.output);
      assertEquals(page(old), page(replacement));
    }
  }

  @Test
  void anExportBringsTheValues() throws IOException {
    try (var from = TestGateway.start();
        var to = TestGateway.start()) {
      from.send("PUT", "/metrics/job/a/path@base64/L3RtcA==", "# HELP a A\na{l=\"1\"} 2\n");
      from.send("PUT", "/metrics/job/failed", "a 1 17\n");
      from.send("PUT", "/metrics/job/empty", "");

      Run run = run("export", from(from), to(to));

      assertEquals(0, run.code, run.errors);
      assertTrue(run.output.startsWith("groups exported=2 skipped=1 refused=0 "), run.output);
      assertEquals(from.exposed("a{"), to.exposed("a{"));
      assertEquals(1, to.exposed("push_time_seconds{instance=\"\",job=\"empty\"}").size());
    }
  }

  @Test
  void whatTheTargetRefusesIsToldAndTheRestGoesOn() throws IOException {
    try (var from = TestGateway.start();
        var to = TestGateway.start("--web.enable-admin-api")) {
      from.send("PUT", "/metrics/job/a", "a 1\n");
      from.send("PUT", "/metrics/job/b", "b 1\n");
      to.send("PUT", "/metrics/job/c", "# TYPE a counter\na 1\n");

      Run run = run("import", from(from), to(to));

      assertEquals(1, run.code);
      assertTrue(run.output.startsWith("groups imported=1 skipped=0 refused=1 "), run.output);
      assertTrue(run.errors.startsWith("refused {job=\"a\"}: "), run.errors);
      assertTrue(run.errors.contains("is not a COUNTER"), run.errors);
    }
  }

  @Test
  void groupsWithTheMetricsOfAJvmArrive() throws IOException {
    try (var from = TestGateway.start();
        var to = TestGateway.start("--web.enable-admin-api")) {
      from.send("PUT", "/metrics/job/untyped", "jvm_threads_current 12\n");
      from.send(
          "PUT",
          "/metrics/job/line",
          "# TYPE jvm_gc_collection_seconds_count counter\njvm_gc_collection_seconds_count 3\n");
      from.send(
          "PUT",
          "/metrics/job/gauge",
          "# TYPE jvm_classes_loaded_total gauge\njvm_classes_loaded_total 4\n");

      Run run = run("import", from(from), to(to));

      assertEquals(0, run.code, run.errors);
      assertTrue(run.output.startsWith("groups imported=3 skipped=0 refused=0 "), run.output);
      assertEquals(page(from), page(to));
    }
  }

  @Test
  void theTargetMustHaveTheEndpoint() throws IOException {
    try (var from = TestGateway.start();
        var to = TestGateway.start()) {
      from.send("PUT", "/metrics/job/a", "a 1\n");

      Run run = run("import", from(from), to(to));

      assertEquals(1, run.code);
      assertTrue(run.errors.contains("--web.enable-admin-api"), run.errors);
    }
  }

  @Test
  void aBusyTargetIsAskedAgainAFewTimesOnly() throws IOException {
    var requests = new ArrayList<String>();
    HttpServer busy = server();
    busy.createContext(
        "/",
        exchange -> {
          requests.add(exchange.getRequestHeaders().getFirst("Authorization"));
          exchange.getRequestBody().readAllBytes();
          exchange.getResponseHeaders().add("Retry-After", "0");
          exchange.sendResponseHeaders(503, -1);
          exchange.close();
        });
    try (var from = TestGateway.start()) {
      from.send("PUT", "/metrics/job/a", "a 1\n");
      Run run =
          run("export", from(from), "--to=http://u:p%2F@127.0.0.1:" + busy.getAddress().getPort());

      assertEquals(1, run.code);
      // u:p/
      assertEquals(Collections.nCopies(5, "Basic dTpwLw=="), requests);
      assertTrue(run.errors.contains("(status 503)"), run.errors);
    } finally {
      busy.stop(0);
    }
  }

  @Test
  void aSourceThatStopsInTheMiddleIsNotWaitedForWithoutEnd() throws IOException {
    HttpServer stuck = server();
    stuck.createContext(
        "/api/v1/metrics",
        exchange -> {
          exchange.sendResponseHeaders(200, 1000);
          exchange.getResponseBody().write("{\"data\":[".getBytes(StandardCharsets.UTF_8));
          exchange.getResponseBody().flush();
        });
    try (var to = TestGateway.start("--web.enable-admin-api")) {
      Run run =
          run(
              "import",
              "--from=http://127.0.0.1:" + stuck.getAddress().getPort(),
              to(to),
              "--timeout=300ms");

      assertEquals(1, run.code);
      assertTrue(run.errors.contains("--timeout"), run.errors);
    } finally {
      stuck.stop(0);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "import                                   | Missing required option",
        "import --from=http://h --to=ftp://h      | --to must be a URL",
        "import --from=old:9091                   | --from must be a URL",
        "import --from=http://h --timeout=1d      | --timeout must be a duration",
        "import --from=http://h --max-exact-series=-1 | --max-exact-series must be a number",
        "export --to=http://h --bogus             | --bogus",
        "import --from=http://127.0.0.1:1         | or change --from: connection refused",
        "export --to=http://h --from=http://127.0.0.1:1 | or change --from: connection refused",
      })
  void aWrongFlagIsNamedInOneLine(String command, String named) {
    Run run = run(command.split(" ", -1));

    assertEquals(1, run.code);
    assertEquals(1, run.errors.lines().count(), run.errors);
    assertTrue(run.errors.contains(named), run.errors);
    assertEquals("", run.output);
  }

  @Test
  void passwordsAreNotShown() {
    Run run = run("import", "--from=http://user:secret@127.0.0.1:1");

    assertFalse(run.errors.contains("secret"), run.errors);
  }

  @ParameterizedTest
  @CsvSource({"import", "export"})
  void helpNamesEveryFlag(String command) {
    Run run = run(command, "--help");

    assertEquals(0, run.code);
    for (String flag : List.of("--from", "--to", "--timeout", "--max-exact-series")) {
      assertTrue(run.output.contains(flag), run.output);
    }
  }

  @ParameterizedTest
  @CsvSource({"import, 60", "export, 60", "import, 80", "export, 80", "import, 132"})
  void helpFitsTheTerminalAndBreaksNoWord(String command, int width) {
    Run run = run(width, command, "--help");

    run.output.lines().forEach(line -> assertTrue(line.length() <= width, line));
    String words = String.join(" ", run.output.strip().split("\\s+"));
    for (String text :
        List.of(
            "usage: silverback " + command + " [<flags>]",
            "--max-exact-series=VALUE",
            "How many metrics to keep in memory of which JSON does not tell all. (default:"
                + " 100000)",
            "An argument @FILE is replaced by the lines of that file, one argument a line.")) {
      assertTrue(words.contains(text), run.output);
    }
  }

  private static HttpServer server() throws IOException {
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.start();
    return server;
  }

  private static Run run(String... arguments) {
    return run(80, arguments);
  }

  private static Run run(int width, String... arguments) {
    var output = new ByteArrayOutputStream();
    var errors = new ByteArrayOutputStream();
    int code =
        Transfer.run(
            Stream.of(arguments).toList(),
            width,
            new PrintStream(output, true, StandardCharsets.UTF_8),
            new PrintStream(errors, true, StandardCharsets.UTF_8));
    return new Run(
        code, output.toString(StandardCharsets.UTF_8), errors.toString(StandardCharsets.UTF_8));
  }

  private static String from(TestGateway gateway) {
    return "--from=http://127.0.0.1:" + gateway.port();
  }

  private static String to(TestGateway gateway) {
    return "--to=http://127.0.0.1:" + gateway.port();
  }

  private static String delimited() {
    return "Content-Type: " + StoredGroup.CONTENT_TYPE;
  }

  /** A family of each kind, each with something that JSON does not tell. */
  private static List<MetricFamily> everyKind() {
    // A created timestamp of one second: field 3 of a counter, 15 of a histogram.
    var counterCreated = OpaqueFields.of(HexFormat.of().parseHex("1a020801"));
    var histogramCreated = OpaqueFields.of(HexFormat.of().parseHex("7a020801"));
    var buckets =
        new NativeBuckets(
            2,
            0.001,
            1,
            0,
            List.of(new NativeBuckets.Span(-3, 1)),
            List.of(1L),
            List.of(),
            List.of(new NativeBuckets.Span(0, 2)),
            List.of(2L, -1L),
            List.of());
    Labels labels = Labels.of("l", "<\"\\\n>");
    return List.of(
        family(MetricType.COUNTER, "c", new Metric.Counter(labels, 1e-9, counterCreated)),
        family(MetricType.GAUGE, "g", new Metric.Gauge(labels, Double.NEGATIVE_INFINITY)),
        family(MetricType.GAUGE, "none"),
        family(
            MetricType.SUMMARY,
            "s",
            new Metric.Summary(
                labels,
                -1,
                2.5,
                List.of(new Metric.Quantile(0.9, 2), new Metric.Quantile(0.5, Double.NaN)),
                OpaqueFields.NONE)),
        family(
            MetricType.HISTOGRAM,
            "h",
            new Metric.Histogram(
                labels,
                List.of(new Metric.Bucket(10, 2), new Metric.Bucket(2.5, 1)),
                3,
                0,
                Double.NaN,
                NativeBuckets.NONE,
                histogramCreated)),
        family(
            MetricType.HISTOGRAM,
            "n",
            new Metric.Histogram(labels, List.of(), 5, 0, 7.5, buckets, OpaqueFields.NONE)));
  }

  private static MetricFamily family(MetricType type, String name, Metric... metrics) {
    return new MetricFamily(name, "", type, List.of(metrics));
  }

  private static byte[] protobuf(List<MetricFamily> families) {
    var out = new ExpositionBuffer(256);
    families.forEach(family -> new ProtobufRenderer().render(family, out));
    return out.toByteArray();
  }

  /** What was pushed, without the server's own metrics, with all that protobuf can tell. */
  private static String page(TestGateway gateway) throws IOException {
    String accept =
        "Accept: application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;"
            + "encoding=compact-text;escaping=allow-utf-8";
    return gateway
        .get("/metrics", accept)
        .text()
        .lines()
        .filter(line -> line.contains("name:\"job\""))
        .map(line -> line + "\n")
        .collect(joining());
  }
}
