package io.silverback.server.remotewrite;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class RemoteEndpointTest {
  private static final Instant NOW = Instant.parse("2026-12-01T06:00:00Z");

  @ParameterizedTest
  @CsvSource({
    "0, 0",
    "7, 7",
    "' 120 ', 120",
    "'Tue, 1 Dec 2026 06:01:30 GMT', 90",
    "'Tue, 1 Dec 2026 05:00:00 GMT', 0",
    "-5, 0",
    "1.5, 0",
    "soon, 0",
    "99999999999999999999, 0",
    "'', 0"
  })
  void theWaitThatATargetAsksForIsInSecondsOrADate(String header, long seconds) {
    assertEquals(Duration.ofSeconds(seconds), RemoteEndpoint.pause(Optional.of(header), NOW));
  }

  @Test
  void aTargetThatAsksForNoWaitGetsNone() {
    assertEquals(Duration.ZERO, RemoteEndpoint.pause(Optional.empty(), NOW));
  }
}
