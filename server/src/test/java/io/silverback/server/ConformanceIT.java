package io.silverback.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The black-box suite that the original Pushgateway passes. */
final class ConformanceIT {
  private static final Path SUITE = Path.of("src", "test", "conformance");
  private static final Duration LIMIT = Duration.ofMinutes(8);
  private static final int FEWEST_CASES = 200;

  private static final Pattern CLOSING_LINE =
      Pattern.compile("^(\\d+) passed, 0 failed", Pattern.MULTILINE);

  @Test
  void behavesAsTheOriginal() {
    RunningProcess.debianProgram("/usr/bin/python3", "python3");
    RunningProcess.debianProgram("/usr/bin/promtool", "prometheus");
    var command =
        List.of(
            "/usr/bin/python3",
            SUITE.resolve("pgw_conformance.py").toString(),
            "--server-cmd",
            "'" + RunningGateway.launcher() + "'",
            "--cases",
            SUITE.resolve("cases").toString(),
            "--no-quirks",
            "--no-impl");
    try (var runner = RunningProcess.start(command, Map.of())) {
      int code = runner.awaitExit(LIMIT);
      String report = runner.standardOutput() + runner.standardError();
      assertEquals(0, code, report);
      var closingLine = CLOSING_LINE.matcher(report);
      assertTrue(closingLine.find(), report);
      int passed = Integer.parseInt(closingLine.group(1));
      assertTrue(passed >= FEWEST_CASES, () -> "too few cases were run: " + report);
      System.out.print(report);
    }
  }
}
