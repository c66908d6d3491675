package io.silverback.server.metrics;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;

class BuildInfoTest {
  private static final BuildInfo BUILD =
      new BuildInfo("0.1.0", "2f9b0b1", "main", "ci", "20261121-23:20:01", "25.0.3");

  @Test
  void theVersionTextStartsAsUpstreams() {
    List<String> lines = BUILD.versionText().lines().toList();
    assertEquals("pushgateway, version 0.1.0 (branch: main, revision: 2f9b0b1)", lines.get(0));
    assertTrue(lines.get(1).contains("Silverback"), lines.get(1));
    assertEquals("  java version:     25.0.3", lines.get(4));
    assertEquals("  platform:         " + BUILD.platform(), lines.get(5));
  }

  @Test
  void oneLineFormsAreUpstreams() {
    assertEquals("(version=0.1.0, branch=main, revision=2f9b0b1)", BUILD.summary());
    assertTrue(BUILD.context().startsWith("(java=25.0.3, platform="), BUILD.context());
    assertEquals("java25.0.3", BUILD.goVersion());
  }

  @Test
  void theBuildFilledInAllValues() {
    BuildInfo current = BuildInfo.current();
    for (String value :
        List.of(
            current.version(),
            current.revision(),
            current.branch(),
            current.buildUser(),
            current.buildDate(),
            current.javaVersion())) {
      assertFalse(value.isBlank() || value.contains("${"), current.toString());
    }
    assertTrue(current.version().matches("\\d+\\.\\d+\\.\\d+.*"), current.version());
  }
}
