package io.silverback.server.handler;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.silverback.server.RawHttp.Answer;
import io.silverback.server.TestGateway;
import java.io.IOException;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class RestoredGroupTest {
  private static final String PATH = "/api/v1/admin/restore/job/old";

  private TestGateway gateway;

  @BeforeEach
  void start() {
    gateway = TestGateway.start("--web.enable-admin-api");
  }

  @AfterEach
  void stop() {
    gateway.close();
  }

  @Test
  void timesAreThoseOfTheBodyToTheMillisecond() throws IOException {
    restore(
        """
        a 1
        b 2
        push_time_seconds 1700000002.0079
        push_time_seconds{family="a"} 1700000001.5
        push_failure_time_seconds 1700000003
        """);

    assertEquals(
        List.of(
            "push_failure_time_seconds{instance=\"\",job=\"old\"} 1.700000003e+09",
            "push_time_seconds{instance=\"\",job=\"old\"} 1.700000002007e+09"),
        gateway.exposed("e_seconds{"));
    String json = gateway.get("/api/v1/metrics").text();
    assertTrue(json.contains("\"a\":{\"time_stamp\":\"2023-11-14T22:13:21.500Z\""), json);
    assertTrue(json.contains("\"b\":{\"time_stamp\":\"2023-11-14T22:13:22.007Z\""), json);
  }

  @Test
  void aGroupThatIsAsNewIsLeftAlone() throws IOException {
    restore("a 1\npush_time_seconds 1700000002\n");

    assertEquals(409, send("a 2\npush_time_seconds 1700000002\n").status());
    assertEquals(409, send("a 2\npush_time_seconds 1600000000\n").status());
    assertEquals(List.of("a{instance=\"\",job=\"old\"} 1"), gateway.exposed("a{"));
    restore("b 3\npush_time_seconds 1700000003\n");
    assertEquals(List.of(), gateway.exposed("a{"));
    gateway.send("PUT", "/metrics/job/old", "c 4\n");
    assertEquals(409, send("a 2\npush_time_seconds 1700000004\n").status());
    assertEquals(List.of("c{instance=\"\",job=\"old\"} 4"), gateway.exposed("c{"));
  }

  @Test
  void aGroupThatNeverHadAPushThatWasTakenIsRestoredToo() throws IOException {
    restore("push_failure_time_seconds 1700000003\n");

    assertEquals(
        List.of("push_time_seconds{instance=\"\",job=\"old\"} 0"),
        gateway.exposed("push_time_seconds{"));
  }

  @Test
  void aRefusedRestoreLeavesNoMark() throws IOException {
    gateway.send("PUT", "/metrics/job/other", "# TYPE a counter\na 1\n");
    Answer refused = send("# TYPE a gauge\na 1\npush_time_seconds 1700000000\n");

    assertEquals(400, refused.status());
    assertTrue(refused.text().contains("is not a COUNTER"), refused.text());
    assertEquals(400, send("a 1 17\npush_time_seconds 1700000000\n").status());
    assertEquals(List.of(), gateway.exposed("job=\"old\""));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "a 1\n",
        "push_time_seconds 0\n",
        "push_time_seconds NaN\n",
        "push_time_seconds -1\n",
        "push_time_seconds 1e300\n",
        "# TYPE push_time_seconds counter\npush_time_seconds 1\n"
      })
  void aBodyThatSaysNoTimeIsRefused(String body) throws IOException {
    Answer refused = send(body);

    assertEquals(400, refused.status());
    assertTrue(refused.text().contains("push_time_seconds"), refused.text());
    assertEquals(List.of(), gateway.exposed("job=\"old\""));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "push_time_seconds %d",
        "push_time_seconds 1\npush_time_seconds{family=\"a\"} %d",
        "push_failure_time_seconds %d"
      })
  void aTimeMoreThanAMinuteAheadIsRefused(String times) throws IOException {
    long now = Instant.now().getEpochSecond();

    Answer refused = send("a 1\n" + times.formatted(now + 90) + "\n");
    assertEquals(400, refused.status());
    assertTrue(
        refused.text().contains("more than a minute ahead of this server's clock"), refused.text());
    assertEquals(List.of(), gateway.exposed("job=\"old\""));

    restore("a 1\n" + times.formatted(now + 30) + "\n");
    for (String shown : gateway.exposed("e_seconds{")) {
      double seconds = Double.parseDouble(shown.split(" ", -1)[1]);
      assertTrue(seconds <= System.currentTimeMillis() / 1e3, shown);
    }
  }

  /** The answer is the reason, and not that of a push, which would be told nothing. */
  @Test
  void aTimeAheadIsRefusedWithoutTheConsistencyCheckToo() throws IOException {
    try (var unchecked =
        TestGateway.start("--web.enable-admin-api", "--push.disable-consistency-check")) {
      assertEquals(400, unchecked.send("PUT", PATH, "push_time_seconds 1e12\n").status());
    }
  }

  @Test
  void thereIsNoSuchEndpointWithoutTheFlag() throws IOException {
    try (var closed = TestGateway.start()) {
      assertEquals(404, closed.send("PUT", PATH, "push_time_seconds 1\n").status());
    }
  }

  private void restore(String body) throws IOException {
    Answer answer = send(body);
    assertEquals(200, answer.status(), answer.text());
  }

  private Answer send(String body) throws IOException {
    return gateway.send("PUT", PATH, body);
  }
}
