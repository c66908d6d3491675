package io.silverback.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.prometheus.metrics.model.snapshots.CounterSnapshot;
import io.silverback.server.member.ClusterMetrics;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The alert rules that are given to users; {@code PrometheusIT} has promtool test them. */
final class AlertRulesTest {
  static final Path RULES = Path.of("..", "docs", "alerts", "silverback.rules.yml");
  static final Path TESTS = RULES.resolveSibling("silverback.rules.test.yml");
  private static final Pattern METRIC = Pattern.compile("\\b(silverback|process|jvm)_[a-z_]+");
  private static final Pattern ALERT = Pattern.compile("- alert: (\\w+)");
  private static final Pattern RULE = Pattern.compile("- (?:alert|record): (\\S+)");
  private static final Pattern RUNBOOK = Pattern.compile("runbook: 'docs/monitoring.md#(\\w+)'");
  private static final Pattern HEADING = Pattern.compile("(?m)^### (Silverback\\w+)$");
  private static final Pattern TYPE = Pattern.compile("(?m)^# TYPE (\\S+)");
  private static final Pattern TESTED = Pattern.compile("- name: (\\w\\S+)");

  /** An alert on a metric that nobody exposes never fires. */
  @Test
  void eachMetricOfARuleIsExposed(@TempDir Path folder) throws IOException {
    Set<String> named =
        Files.readAllLines(RULES).stream()
            .filter(line -> line.strip().startsWith("expr:"))
            .flatMap(line -> METRIC.matcher(line).results())
            .map(found -> found.group().replaceFirst("_(count|bucket)$", ""))
            .collect(Collectors.toCollection(TreeSet::new));
    assertTrue(named.size() > 15, named::toString);
    Path config =
        Files.writeString(
            folder.resolve("config.yml"), "remote_write: [{url: 'http://127.0.0.1:1/write'}]\n");
    Path permissions =
        Files.writeString(folder.resolve("permissions.yml"), "anyone: [push, probes, metrics]\n");
    try (var gateway =
        TestGateway.start(
            "--persistence.file=" + folder.resolve("store"),
            "--config.file=" + config,
            "--web.permissions.file=" + permissions)) {
      // The times of pushes are there once there was one.
      assertEquals(200, gateway.send("PUT", "/metrics/job/a", "a 1\n").status());
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
  void eachRuleHasATest() throws IOException {
    Set<String> tested = found(Files.readString(TESTS), TESTED);
    assertEquals(found(Files.readString(RULES), RULE), tested);
  }

  /** Each alert links a paragraph, and each such paragraph is of an alert. */
  @Test
  void eachAlertHasAPlaceInTheDocumentation() throws IOException {
    String rules = Files.readString(RULES);
    Set<String> alerts = found(rules, ALERT);
    Path page = Path.of("..", "docs", "monitoring.md");
    assertEquals(alerts, found(Files.readString(page), HEADING));
    assertEquals(
        alerts.stream().map(name -> name.toLowerCase(Locale.ROOT)).toList(),
        List.copyOf(found(rules, RUNBOOK)));
  }

  private static Set<String> found(String text, Pattern pattern) {
    return pattern
        .matcher(text)
        .results()
        .map(found -> found.group(1))
        .collect(Collectors.toCollection(TreeSet::new));
  }
}
