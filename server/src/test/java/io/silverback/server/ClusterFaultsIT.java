package io.silverback.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Three servers behind a real nginx, scraped by a real Prometheus: one is killed, one stopped for a
 * while, one restarted, one drained, two more added and taken away, and, where this process is
 * root, one cut off from the others; then rolling restarts that wait for /-/ready alone, with a
 * node lost after each, with stores and without; and no value is ever wrong. {@code
 * bench/bin/cluster-faults} prints its seed and asks the same at length, and how long what may
 * take: here only that it ends, as the machine may be busy with other things. It starts what was
 * packaged just now and builds nothing.
 */
@Tag("alone")
final class ClusterFaultsIT {
  private static final Path HARNESS =
      Path.of("..", "bench", "bin", "cluster-faults").toAbsolutePath().normalize();
  private static final Path FOLDER = Path.of("target", "cluster-faults").toAbsolutePath();
  private static final Duration LIMIT = Duration.ofMinutes(10);
  private static final String SLOWNESS = "10";
  private static final int ROLLING_RESTARTS = 3;

  private static final JsonMapper JSON = new JsonMapper();

  private record Report(int code, String text, JsonNode result) {}

  @Test
  void noValueIsWrongWhileNodesFail() throws IOException {
    Report report =
        run(
            "--short",
            "--launcher",
            RunningGateway.launcher(),
            "--slowness",
            SLOWNESS,
            "--patience",
            "120");
    assertEquals(0, report.code(), report.text());
    boolean canCut = !report.text().contains("no node is cut off");
    assertEquals(
        (canCut ? 6 : 5) + ROLLING_RESTARTS, report.result().path("faults").asInt(), report.text());
    assertTrue(report.result().path("samples judged").asInt() > 1000, report.text());
    System.out.print(report.text());
  }

  /** Or the other test would prove nothing. */
  @Test
  void pushgatewaysBehindABalancerAreFoundOut() throws IOException {
    Report report = run("--pushgateways", "--calm", "5");
    assertEquals(1, report.code(), report.text());
    for (String wrong :
        List.of(
            "decreases of a monotone series",
            "decreases, with the operator's labels",
            "values older than an acknowledged push",
            "double series")) {
      assertTrue(report.result().path(wrong).asInt() > 0, () -> wrong + "\n" + report.text());
    }
  }

  private static Report run(String... arguments) throws IOException {
    RunningProcess.debianProgram("/usr/bin/python3", "python3");
    RunningProcess.debianProgram("/usr/sbin/nginx", "nginx-light");
    RunningProcess.debianProgram("/usr/bin/prometheus", "prometheus");
    RunningProcess.debianProgram("/usr/bin/prometheus-pushgateway", "prometheus-pushgateway");
    var command = new ArrayList<>(List.of("/usr/bin/python3", HARNESS.toString()));
    command.addAll(Arrays.asList(arguments));
    // What a failed run leaves is in the build's folder.
    Files.createDirectories(FOLDER);
    try (var harness = RunningProcess.start(command, Map.of("TMPDIR", FOLDER.toString()))) {
      int code = harness.awaitExit(LIMIT);
      String output = harness.standardOutput();
      String text = output + harness.standardError();
      assertTrue(output.contains("\n{"), text);
      String result = output.substring(output.lastIndexOf("\n{") + 1);
      return new Report(code, text, JSON.readTree(result));
    }
  }
}
