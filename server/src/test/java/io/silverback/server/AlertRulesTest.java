package io.silverback.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.prometheus.metrics.model.snapshots.CounterSnapshot;
import io.silverback.server.member.ClusterMetrics;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The alert rules that are given to users; {@code PrometheusIT} has promtool test them. */
final class AlertRulesTest {
  private static final Path RULES = Path.of("..", "docs", "alerts", "silverback.rules.yml");
  static final Path TESTS = RULES.resolveSibling("silverback.rules.test.yml");
  private static final Pattern METRIC = Pattern.compile("\\b(silverback|process|jvm)_[a-z_]+");
  private static final Pattern ALERT = Pattern.compile("- alert: (\\w+)");
  private static final Pattern TYPE = Pattern.compile("(?m)^# TYPE (\\S+)");
  private static final Pattern TESTED = Pattern.compile("- name: (\\w+)");

  /** An alert on a metric that nobody exposes never fires. */
  @Test
  void eachMetricOfARuleIsExposed(@TempDir Path folder) throws IOException {
    Set<String> named =
        Files.readAllLines(RULES).stream()
            .filter(line -> line.strip().startsWith("expr:"))
            .flatMap(line -> METRIC.matcher(line).results())
            .map(found -> found.group())
            .collect(Collectors.toCollection(TreeSet::new));
    assertTrue(named.size() > 15, named::toString);
    Path config =
        Files.writeString(
            folder.resolve("config.yml"), "remote_write: [{url: 'http://127.0.0.1:1/write'}]\n");
    Path permissions =
        Files.writeString(folder.resolve("permissions.yml"), "anyone: [probes, metrics]\n");
    try (var gateway =
        TestGateway.start(
            "--persistence.file=" + folder.resolve("store"),
            "--config.file=" + config,
            "--web.permissions.file=" + permissions)) {
      named.removeAll(found(gateway.get("/-/metrics").text(), TYPE));
    }
    named.removeAll(ofAMember().toList());
    assertEquals(Set.of(), named);
  }

  private static Stream<String> ofAMember() {
    var registry = new PrometheusRegistry();
    var unused = new ClusterMetrics(registry);
    return registry.scrape().stream()
        .map(
            family ->
                family.getMetadata().getPrometheusName()
                    + (family instanceof CounterSnapshot ? "_total" : ""));
  }

  @Test
  void eachAlertHasATest() throws IOException {
    assertEquals(found(Files.readString(RULES), ALERT), found(Files.readString(TESTS), TESTED));
  }

  private static Set<String> found(String text, Pattern pattern) {
    return pattern
        .matcher(text)
        .results()
        .map(found -> found.group(1))
        .collect(Collectors.toCollection(TreeSet::new));
  }
}
