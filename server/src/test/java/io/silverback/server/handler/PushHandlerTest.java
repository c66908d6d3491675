package io.silverback.server.handler;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.silverback.server.RawHttp.Answer;
import io.silverback.server.TestGateway;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class PushHandlerTest {
  private TestGateway gateway;

  @BeforeEach
  void start() {
    gateway = TestGateway.start("--limits.max-body-size=1KiB", "--limits.max-inflated-size=2KiB");
  }

  @AfterEach
  void stop() {
    gateway.close();
  }

  @Test
  void replaceDropsFamiliesNotPushed() throws IOException {
    assertEquals(200, gateway.send("POST", "/metrics/job/nightly", "a 1\n").status());
    assertEquals(200, gateway.send("PUT", "/metrics/job/nightly", "b 2\n").status());

    assertEquals(List.of(), gateway.exposed("a{"));
    assertEquals(List.of("b{instance=\"\",job=\"nightly\"} 2"), gateway.exposed("b{"));
  }

  @Test
  void answersWithoutABodyOrAType() throws IOException {
    Answer answer = gateway.send("PUT", "/metrics/job/nightly", "a 1\n");

    assertEquals("", answer.text());
    assertTrue(answer.header("Content-Type").isEmpty());
    assertEquals("0", answer.header("Content-Length").orElseThrow());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "/metrics/job/j/a/b/c        | odd number of components in label string \"/a/b/c\"",
        "/metrics/job/j/1a/x         | improper label name \"1a\"",
        "/metrics/job/j/__a/x        | improper label name \"__a\"",
        "/metrics/job/j/a@BASE64/eA  | improper label name \"a@BASE64\"",
        "/metrics/job@base64/=       | job name is required",
        "/metrics/job/j/l@base64/a+b | invalid base64 encoding for label l=\"a+b\": illegal"
            + " base64 data at input byte 1",
      })
  void saysWhatIsWrongWithAPath(String path, String reason) throws IOException {
    Answer answer = gateway.send("PUT", path, "a 1\n");

    assertEquals(400, answer.status());
    assertEquals(reason + "\n", answer.text());
    assertEquals("text/plain; charset=utf-8", answer.header("Content-Type").orElseThrow());
    assertEquals("nosniff", answer.header("X-Content-Type-Options").orElseThrow());
  }

  @Test
  void aJobThatIsNotUtf8IsRefusedAndPoisonsNothing() throws IOException {
    Answer refused = gateway.send("PUT", "/metrics/job/%FF", "a 1\n");

    assertEquals(400, refused.status());
    assertTrue(refused.text().startsWith("pushed metrics are invalid or inconsistent"));
    assertEquals(200, gateway.get("/metrics").status());
    assertEquals(200, gateway.send("PUT", "/metrics/job/other", "a 1\n").status());
    assertEquals(202, gateway.send("DELETE", "/metrics/job/%FF", "").status());
  }

  @Test
  void aBodyOverTheLimitIsRefusedWithTheFlagToRaise() throws IOException {
    String fits = "# " + "x".repeat(1021) + "\n";

    assertEquals(200, gateway.send("PUT", "/metrics/job/j", fits).status());
    Answer refused = gateway.send("PUT", "/metrics/job/j", "#" + fits);

    assertEquals(413, refused.status());
    assertTrue(refused.text().contains("--limits.max-body-size"), refused.text());
  }

  @Test
  void aChunkedBodyOverTheLimitIsRefused() throws IOException {
    // Content-Length of the client counts the chunked form, which HTTP lets Transfer-Encoding beat.
    String chunk = "400\r\n" + "#".repeat(0x3ff) + "\n\r\n";
    Answer refused =
        gateway.send(
            "PUT", "/metrics/job/j", chunk + chunk + "0\r\n\r\n", "Transfer-Encoding: chunked");

    assertTrue(
        refused.status() == 413 || refused.status() == 400, refused.headerLines().toString());
    assertEquals(List.of(), gateway.exposed("job=\"j\""));
  }

  @Test
  void aTimestampIsRefusedAndMarksTheGroup() throws IOException {
    Answer refused = gateway.send("PUT", "/metrics/job/j", "a 1 2\n");

    assertEquals(400, refused.status());
    assertEquals(
        "pushed metrics are invalid or inconsistent with existing metrics: pushed metrics must not"
            + " have timestamps\n",
        refused.text());
    assertEquals(
        List.of("push_time_seconds{instance=\"\",job=\"j\"} 0"),
        gateway.exposed("push_time_seconds{"));
  }

  @Test
  void withoutTheCheckEveryPushThatParsesIsAccepted() throws IOException {
    try (var unchecked = TestGateway.start("--push.disable-consistency-check")) {
      assertEquals(
          202, unchecked.send("PUT", "/metrics/job/x", "# TYPE t counter\nt 1\n").status());
      assertEquals(202, unchecked.send("PUT", "/metrics/job/y", "# TYPE t gauge\nt 2\n").status());
      assertEquals(202, unchecked.send("PUT", "/metrics/job/z", "t 3 4\n").status());
      assertEquals(400, unchecked.send("PUT", "/metrics/job/z", "t x\n").status());
      assertEquals(200, unchecked.get("/metrics").status());
      assertEquals(
          List.of("t{instance=\"\",job=\"x\"} 1"),
          unchecked.exposed("t{").stream().filter(line -> line.startsWith("t{")).toList());
      // The two scrapes before this one left out the metric of the other type.
      assertEquals(
          List.of("silverback_scrape_omitted_metrics_total 2"),
          unchecked.exposed("silverback_scrape_omitted_metrics_total 2"));
    }
  }

  @Test
  void theReplacementCharacterIsAValueAsAnyOther() throws IOException {
    assertEquals(200, gateway.send("PUT", "/metrics/job/j/l/%EF%BF%BD", "a 1\n").status());

    assertEquals(
        List.of("a{instance=\"\",job=\"j\",l=\"\uFFFD\"} 1"), gateway.exposed("a{instance"));
  }

  @Test
  void aBodyThatEndsEarlyIsNotStoredAndIsNoFaultOfTheServer() throws IOException {
    try (var socket = new Socket(InetAddress.getLoopbackAddress(), gateway.port())) {
      socket.setSoTimeout(10_000);
      String request = "PUT /metrics/job/j HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\n\r\na 1\n";
      socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
      socket.shutdownOutput();

      String answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
      assertTrue(answer.startsWith("HTTP/1.1 400 Bad Request\r\n"), answer);
      assertTrue(answer.endsWith("\r\n\r\nunexpected EOF\n"), answer);
    }
    assertEquals(List.of(), gateway.exposed("job=\"j\""));
  }
}
