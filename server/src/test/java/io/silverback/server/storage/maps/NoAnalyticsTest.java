package io.silverback.server.storage.maps;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The maps' library can report to its makers who uses it; ours cannot. */
final class NoAnalyticsTest {
  @Test
  void noJarThatReportsUsageIsOnTheClassPath() {
    List<String> jars =
        Arrays.stream(System.getProperty("java.class.path").split(java.io.File.pathSeparator, -1))
            .filter(jar -> jar.contains("analytics"))
            .toList();
    assertEquals(List.of(), jars);
    assertThrows(
        ClassNotFoundException.class,
        () -> Class.forName("net.openhft.chronicle.analytics.Analytics"));
  }

  @Test
  void theClassThatMapsGenerateIsCompiledAtBuildTime() throws ClassNotFoundException {
    assertEquals(
        "net.openhft.chronicle.hash.VanillaGlobalMutableState$$Native",
        Class.forName("net.openhft.chronicle.hash.VanillaGlobalMutableState$$Native").getName());
  }
}
