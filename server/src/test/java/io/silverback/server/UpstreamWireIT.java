package io.silverback.server;

import static org.junit.jupiter.api.Assertions.assertThrows;

import io.silverback.server.wire.Connector;
import io.silverback.server.wire.WireCase;
import io.silverback.server.wire.WireCases;
import io.silverback.server.wire.WireReplay;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What the cases call right is what a real Pushgateway does, but for those that say why not. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class UpstreamWireIT {
  private RunningPushgateway upstream;
  private WireReplay replay;

  @BeforeAll
  void start() {
    upstream = RunningPushgateway.start();
    replay = new WireReplay(Connector.to(upstream.uri("").getPort()));
  }

  @AfterAll
  void stop() {
    upstream.close();
  }

  static List<WireCase> cases() {
    return WireCases.all();
  }

  @ParameterizedTest
  @MethodSource("cases")
  void upstreamAnswersTheSame(WireCase wire) throws IOException {
    if (wire.unlikeUpstream().isEmpty()) {
      replay.sendWhole(wire);
    } else {
      assertThrows(AssertionError.class, () -> replay.sendWhole(wire), wire.unlikeUpstream());
    }
  }
}
