package io.silverback.server.flags;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.silverback.server.yaml.GoDuration;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** The unit for systemd, as far as it has to fit the flags. */
final class ServiceUnitTest {
  private static final String TIMEOUT = "TimeoutStopSec=";

  @Test
  void aServerThatEndsAsTheFlagsSayIsNotKilled() throws IOException {
    Path unit = Path.of("src", "dist", "systemd", "silverback.service");
    String given =
        Files.readAllLines(unit).stream()
            .filter(line -> line.startsWith(TIMEOUT))
            .map(line -> line.substring(TIMEOUT.length()))
            .findFirst()
            .orElseThrow();
    Duration needed =
        duration(ServerFlags.SHUTDOWN_TIMEOUT.standard())
            .plus(duration(ClusterFlags.DRAIN_TIMEOUT.standard()));
    assertTrue(duration(given).compareTo(needed.multipliedBy(2)) > 0, given);
  }

  private static Duration duration(String text) {
    return GoDuration.parse(text).orElseThrow();
  }
}
