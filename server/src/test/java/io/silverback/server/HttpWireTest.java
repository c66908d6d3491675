package io.silverback.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.silverback.server.RawHttp.Answer;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Requests as old, odd and broken clients write them. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class HttpWireTest {
  private static final String PUT = "PUT /metrics/job/wire HTTP/1.1\r\nHost: x\r\n";

  private TestGateway gateway;

  @BeforeAll
  void start() {
    gateway = TestGateway.start();
  }

  @AfterAll
  void stop() {
    gateway.close();
  }

  @ParameterizedTest
  @ValueSource(strings = {"/-/ready", "/metrics", "/api/v1/status", "/api/v1/metrics", "/"})
  void anHttp10ClientGetsItsAnswerInOnePieceAndTheEndOfTheConnection(String path)
      throws IOException {
    Answer answer = gateway.exchange("GET " + path + " HTTP/1.0\r\n\r\n");

    assertEquals(200, answer.status());
    assertTrue(answer.header("Transfer-Encoding").isEmpty());
    assertEquals(
        answer.text().length(), Integer.parseInt(answer.header("Content-Length").orElseThrow()));
  }

  @ParameterizedTest
  @ValueSource(strings = {"/metrics", "/api/v1/metrics"})
  void aLargeAnswerGoesToAnHttp10ClientUpToTheEndOfTheConnection(String path) throws IOException {
    var body = new StringBuilder();
    for (int i = 0; i < 5_000; i++) {
      body.append("large{i=\"").append(i).append("\"} 1\n");
    }
    assertEquals(200, gateway.send("PUT", "/metrics/job/large", body.toString()).status());
    Answer answer = gateway.exchange("GET " + path + " HTTP/1.0\r\n\r\n");

    assertEquals(200, answer.status());
    assertTrue(answer.header("Transfer-Encoding").isEmpty());
    assertTrue(answer.header("Content-Length").isEmpty());
    assertEquals("close", answer.header("Connection").orElseThrow());
    assertEquals(linesOf(gateway.get(path).text()), linesOf(answer.text()));
    assertEquals(202, gateway.send("DELETE", "/metrics/job/large", "").status());
  }

  /** Of the group, as the server's own metrics change. */
  private static List<String> linesOf(String page) {
    return page.lines().filter(line -> line.contains("large")).toList();
  }

  @Test
  void anHttp10ClientMayPush() throws IOException {
    Answer answer =
        gateway.exchange("PUT /metrics/job/old HTTP/1.0\r\nContent-Length: 4\r\n\r\na 1\n");

    assertEquals(200, answer.status());
    assertEquals(List.of("a{instance=\"\",job=\"old\"} 1"), gateway.exposed("a{"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "GET http://x:9/-/ready HTTP/1.1   | Host: x                 | 200 | OK",
        "GET HTTPS://x/-/ready HTTP/1.0    | Host: x                 | 200 | OK",
        "OPTIONS * HTTP/1.1                | Host: x                 | 200 | ''",
        "GET /-/ready?a;b=%zz HTTP/1.1     | Host: x                 | 200 | OK",
        "GET /-/ready HTTP/1.1             | X: y                    | 400 | 400 Bad Request:"
            + " missing required Host header",
        "GET /-/ready HTTP/3.9             | Host: x                 | 505 | 505 HTTP Version Not"
            + " Supported: unsupported protocol version",
        "nonsense                          | Host: x                 | 400 | 400 Bad Request",
        "PUT /metrics/job/wire HTTP/1.1    | Content-Length: -1      | 400 | 400 Bad Request:"
            + " invalid Content-Length",
        "PUT /metrics/job/wire HTTP/1.1    | Transfer-Encoding: gzip | 501 | Unsupported"
            + " transfer encoding",
      })
  void answersOddHeads(String line, String header, int status, String text) throws IOException {
    Answer answer = gateway.exchange(line + "\r\n" + header + "\r\nConnection: close\r\n\r\n");

    assertEquals(status, answer.status());
    assertEquals(text, answer.text());
  }

  @Test
  void chunksMayHaveExtensionsAndTrailers() throws IOException {
    String body = String.join("\r\n", "2;x=y", "b ", "2", "1\n", "0", "T: 1", "U: 2", "", "");
    Answer answer =
        gateway.exchange(PUT + "Connection: close\r\nTransfer-Encoding: Chunked\r\n\r\n" + body);

    assertEquals(200, answer.status());
    assertEquals(List.of("b{instance=\"\",job=\"wire\"} 1"), gateway.exposed("b{"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"zz\r\n", "-1\r\n", "\r\n", "1\n", "; \r\n"})
  void malformedChunksAreRefusedAndEndTheConnection(String size) throws IOException {
    Answer answer =
        gateway.exchange(PUT + "Transfer-Encoding: chunked\r\n\r\n" + size + "c 1\n\r\n\r\n");

    assertEquals(400, answer.status());
    assertEquals("malformed chunked encoding\n", answer.text());
    assertEquals(List.of(), gateway.exposed("c{"));
  }

  @Test
  void theBodyOfARequestThatNeedsNoneIsSkipped() throws IOException {
    String get = "GET /-/ready HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\na 1\n";
    String put = "PUT /nope HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
    String chunks = String.join("\r\n", "1", "a", "0", "", "");
    Answer answer = gateway.exchange(get + put + chunks + "GET /-/ready HTTP/1.0\r\n\r\n");

    // The text goes on after the first answer.
    assertTrue(answer.text().startsWith("OKHTTP/1.1 404 Not Found\r\n"), answer.text());
    assertTrue(answer.text().endsWith("OK"), answer.text());
  }

  @Test
  void theClientIsToldToGoOnWithItsBody() throws IOException {
    Answer answer =
        gateway.exchange(
            PUT + "Connection: close\r\nExpect: 100-Continue\r\nContent-Length: 4\r\n\r\na 1\n");

    assertEquals(100, answer.status());
    assertTrue(answer.text().startsWith("HTTP/1.1 200 OK\r\n"), answer.text());
  }

  @Test
  void aPathOf60KiBIsTakenAndALongerOneRefused() throws IOException {
    String path = "/metrics/job/" + "x".repeat(60 << 10);

    assertEquals(202, gateway.send("DELETE", path, "").status());
    Answer refused = gateway.exchange("DELETE " + path + "x".repeat(8 << 10) + " HTTP/1.1\r\n");
    assertEquals(414, refused.status());
    assertEquals(200, gateway.get("/-/healthy").status());
  }

  @Test
  void headersOf60KiBAreTakenAndLongerOnesRefused() throws IOException {
    String fits = "X: " + "y".repeat(60 << 10);

    assertEquals(200, gateway.get("/-/ready", fits).status());
    Answer refused =
        gateway.exchange("GET /-/ready HTTP/1.1\r\n" + fits + "y".repeat(8 << 10) + "\r\n");
    assertEquals(431, refused.status());
    assertEquals("431 Request Header Fields Too Large", refused.text());
    assertEquals(200, gateway.get("/-/healthy").status());
  }

  @Test
  void anErrorDoesNotQuoteMegabytes() throws IOException {
    Answer answer = gateway.send("PUT", "/metrics/job/j", "a " + "x".repeat(200_000) + "\n");

    assertEquals(400, answer.status());
    assertTrue(answer.text().startsWith("text format parsing error in line 1: expected float"));
    assertTrue(answer.text().length() < 70_000, () -> "length=" + answer.text().length());
  }
}
