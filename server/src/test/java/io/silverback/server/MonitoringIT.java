package io.silverback.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.SocketException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A real Prometheus asks what the dashboards and the rules ask, of a cluster that is in use. */
@Tag("clusters")
final class MonitoringIT {
  private static final int NODES = 3;
  private static final Duration LIMIT = Duration.ofSeconds(60);
  private static final Path DASHBOARDS = Path.of("..", "docs", "dashboards");

  /** Parts of an expression that are series, with their conditions. */
  private static final Pattern SELECTOR =
      Pattern.compile("\\b(?:silverback|process|push)_[a-z_]+(?:\\{[^}]*})?|\\bup\\b");

  @TempDir private Path folder;

  @Test
  void noQueryOfADashboardOrARuleIsEmpty() throws IOException {
    Set<String> queries = new TreeSet<>(ofDashboards());
    assertTrue(queries.size() > 60, queries::toString);
    queries.addAll(ofRules());
    assertTrue(queries.size() > 90, queries::toString);
    try (var receiver = RemoteWriteReceiver.start();
        var cluster = LocalCluster.startToBeCut(NODES, node -> flags(node, receiver));
        var prometheus = RunningPrometheus.configured(scraping(cluster), folder)) {
      long start = System.nanoTime();
      Collection<String> empty = queries;
      for (int turn = 0; !empty.isEmpty() && System.nanoTime() - start < LIMIT.toNanos(); turn++) {
        use(cluster, turn);
        RunningProcess.pause(Duration.ofMillis(300));
        empty = empty(prometheus, empty);
      }
      assertEquals(List.of(), List.copyOf(empty));
      String unknown = "silverback_no_such_metric";
      assertEquals(List.of(unknown), empty(prometheus, List.of(unknown)));
    }
  }

  private static List<String> empty(RunningPrometheus prometheus, Collection<String> queries) {
    return queries.stream().filter(query -> prometheus.query(query).isEmpty()).toList();
  }

  /** Some jobs push and are refused, and what they pushed is looked up. */
  private static void use(LocalCluster cluster, int turn) throws IOException {
    int node = turn % NODES;
    try {
      for (int job = 0; job < 8; job++) {
        String path = "/metrics/job/job-" + job + "/instance/i";
        cluster.send(node, "PUT", path, "rows " + turn + "\n");
        cluster.send(node, "POST", path, "duration_seconds 0.5\n");
      }
      cluster.send(node, "PUT", "/metrics/job/fails", "a 1\na 2\n");
      cluster.get(node, "/api/v1/history?match%5B%5D=rows");
    } catch (SocketException _) {
      // On a busy machine a lease may run out, which ends all connections; the next turn goes on.
    }
  }

  private List<String> flags(int node, RemoteWriteReceiver receiver) {
    String text = "remote_write: [{url: '%s', name: archive}]\n".formatted(receiver.url());
    try {
      Path config = Files.writeString(folder.resolve("node-" + node + ".yml"), text);
      Path permissions =
          Files.writeString(
              folder.resolve("permissions.yml"), "anyone: [push, read, metrics, probes]\n");
      return List.of(
          "--config.file=" + config,
          "--web.permissions.file=" + permissions,
          "--persistence.file=" + folder.resolve("node-" + node),
          "--limits.max-groups=1000");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String scraping(LocalCluster cluster) {
    return """
        global: {scrape_interval: 1s, scrape_timeout: 1s, evaluation_interval: 1s}
        rule_files: ['%s']
        scrape_configs:
          - job_name: silverback
            honor_labels: true
            static_configs:
              - targets: ['%s', '%s', '%s']
        """
        .formatted(
            AlertRulesTest.RULES.toAbsolutePath(),
            cluster.webAddress(0),
            cluster.webAddress(1),
            cluster.webAddress(2));
  }

  /** With what Grafana fills in. */
  private static List<String> ofDashboards() throws IOException {
    var json = new JsonMapper();
    try (Stream<Path> files = Files.list(DASHBOARDS)) {
      return files
          .flatMap(
              file -> {
                try {
                  return json.readTree(file.toFile()).findValues("expr").stream();
                } catch (IOException e) {
                  throw new UncheckedIOException(e);
                }
              })
          .map(JsonNode::asText)
          .map(query -> query.replace("$__rate_interval", "30s"))
          .map(query -> query.replaceAll("[$](job|instance|pushed)\\b", ".+"))
          // What shows 0 for nothing would do so for a wrong name, too.
          .flatMap(query -> query.endsWith(" or vector(0)") ? parts(query) : Stream.of(query))
          .toList();
    }
  }

  /** Of an alert each part that is there whether it fires or not. */
  private static List<String> ofRules() throws IOException {
    return Files.readAllLines(AlertRulesTest.RULES).stream()
        .map(String::strip)
        .filter(line -> line.startsWith("expr: "))
        .flatMap(MonitoringIT::parts)
        .toList();
  }

  private static Stream<String> parts(String expression) {
    return SELECTOR.matcher(expression).results().map(found -> found.group());
  }
}
