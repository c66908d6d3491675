package io.silverback.server;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

final class RequestLineReaderTest {
  private TestGateway gateway;

  @BeforeEach
  void start() {
    gateway = TestGateway.start();
  }

  @AfterEach
  void stop() {
    gateway.close();
  }

  @Test
  void aMethodInAnotherCaseIsNoMethod() throws IOException {
    assertEquals(405, gateway.send("put", "/metrics/job/j", "a 1\n").status());
    assertEquals(405, gateway.send("Get", "/metrics", "").status());
    assertEquals(List.of(), gateway.exposed("job=\"j\""));
  }

  @Test
  void aPathMayHoldUtf8AsItIs() throws IOException {
    assertEquals(200, gateway.send("PUT", "/metrics/job/köln/l/温度", "a 1\n").status());

    assertEquals(
        List.of("a{instance=\"\",job=\"köln\",l=\"温度\"} 1"), gateway.exposed("a{instance"));
  }

  @Test
  void aHeaderThatLooksLikeARequestLineStaysAHeader() throws IOException {
    var answer = gateway.send("PUT", "/metrics/job/j", "a 1\n", "X-Seen: PUT /metrics HTTP/1.1");

    assertEquals(200, answer.status());
  }

  @Test
  void aTargetMayBeAWholeUrlAsProxiesSendIt() throws IOException {
    assertEquals(200, gateway.send("PUT", "http://other:80/metrics/job/j", "a 1\n").status());
    assertEquals(200, gateway.get("HTTP://other").status());

    assertEquals(List.of("a{instance=\"\",job=\"j\"} 1"), gateway.exposed("a{instance"));
  }

  @Test
  void whatStandsInAQueryIsNoReasonToRefuse() throws IOException {
    assertEquals(200, gateway.get("/metrics?match[]={job=\"j\"}&é|<>^`").status());
  }

  @Test
  void headersMayBeLongerThanAToken() throws IOException {
    assertEquals(200, gateway.get("/-/ready", "Cookie: " + "c".repeat(40_000)).status());
  }
}
