package io.silverback.server;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Map;
import org.junit.jupiter.api.Test;

final class CarriersIT {
  /** With the JDK's own number, one long answer would keep all other requests waiting. */
  @Test
  void aSingleProcessorHasSeveralCarriers() {
    try (var gateway =
        RunningGateway.start(
            RunningGateway.launcher(),
            Map.of("SILVERBACK_JAVA_OPTS", "-XX:ActiveProcessorCount=1"))) {
      String properties = gateway.process().jcmd("VM.system_properties");
      assertTrue(properties.contains(Carriers.PROPERTY + "=16\n"), properties);
    }
  }

  @Test
  void theOperatorsNumberCounts() {
    try (var gateway =
        RunningGateway.start(
            RunningGateway.launcher(),
            Map.of("SILVERBACK_JAVA_OPTS", "-D" + Carriers.PROPERTY + "=3"))) {
      String properties = gateway.process().jcmd("VM.system_properties");
      assertTrue(properties.contains(Carriers.PROPERTY + "=3\n"), properties);
    }
  }

  @Test
  void aThreadOfTheSystemWatchesTheSockets() {
    try (var gateway = RunningGateway.start()) {
      gateway.send("PUT", "/metrics/job/watched", "a 1\n");
      String threads = gateway.process().jcmd("Thread.print");
      assertTrue(threads.contains("\"Read-Poller\""), threads);
    }
  }
}
