package io.silverback.server.wire;

import io.silverback.server.TestGateway;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Requests in the clear mean the same however the network cuts them into pieces. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class WireReplayTest {
  /** A longer case is split and cut at as many of its bytes. */
  private static final int PLACES = 500;

  private TestGateway gateway;
  private WireReplay replay;

  @BeforeAll
  void start() {
    gateway = TestGateway.start("--web.enable-admin-api");
    replay = new WireReplay(Connector.to(gateway.port()));
  }

  @AfterAll
  void stop() {
    gateway.close();
  }

  static List<WireCase> cases() {
    return WireCases.all();
  }

  @ParameterizedTest
  @MethodSource("cases")
  void answersAreTheSameHoweverBytesArrive(WireCase wire) throws Exception {
    replay.replay(List.of(wire), PLACES);
  }
}
