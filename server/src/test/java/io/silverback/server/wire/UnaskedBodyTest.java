package io.silverback.server.wire;

import static io.silverback.server.wire.BodyCases.chunked;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.silverback.server.RawHttp.Answer;
import io.silverback.server.TestGateway;
import io.silverback.server.wire.Reply.After;
import io.silverback.server.wire.WireClient.Pace;
import io.silverback.server.wire.WireClient.Then;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Bodies that come though the answer does not need them, with a request inside. There is one
 * answer, and a second one only to the next request; the inner request is never done.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class UnaskedBodyTest {
  private static final String CREDENTIALS = "Authorization: Basic YWxpY2U6czNjcmV0LXB3";
  private static final String SMUGGLED = "/metrics/job/smuggled";
  private static final String INNER =
      "PUT "
          + SMUGGLED
          + " HTTP/1.1\r\nHost: x\r\n"
          + CREDENTIALS
          + "\r\nContent-Length: 4\r\n\r\na 1\n";

  /** More than a server reads of a body that it does not need. */
  private static final int LARGE = 1 << 20;

  private static final String USERS =
      "basic_auth_users: {alice: $2b$04$x/YzeKZ.RqWdx3OL7fjKAeeDvSiVtLp3gSevSLLJJy8NOGDYrb65C}\n";

  @TempDir private static Path folder;

  private TestGateway open;
  private TestGateway guarded;

  @BeforeAll
  void start() throws IOException {
    open = TestGateway.start("--web.enable-admin-api");
    Path config = Files.writeString(folder.resolve("web.yml"), USERS);
    guarded = TestGateway.start("--web.config.file=" + config);
  }

  @AfterAll
  void stop() {
    open.close();
    guarded.close();
  }

  @ParameterizedTest(name = "{0} {1}")
  @CsvSource(
      delimiter = '|',
      value = {
        // method | path | status; pushes read the body, and find no metrics in it
        "PUT     | /metrics/job/own                     | 400",
        "POST    | /metrics/job/own                     | 400",
        "PUT     | /metrics/job@base64/b3du             | 400",
        "PUT     | /metrics/job/own/odd                 | 400",
        "PUT     | /metrics/job/own/0/improper          | 400",
        "DELETE  | /metrics/job/own                     | 202",
        "DELETE  | /metrics/job@base64/b3du             | 202",
        "DELETE  | /metrics/job/own/odd                 | 400",
        "GET     | /metrics/job/own                     | 405",
        "HEAD    | /metrics/job/own                     | 405",
        "BREW    | /metrics/job/own                     | 405",
        "PUT     | /metrics/job/                        | 307",
        "GET     | /metrics                             | 200",
        "PUT     | /metrics                             | 405",
        "GET     | /metrics/                            | 301",
        "GET     | //metrics                            | 307",
        "GET     | /                                    | 200",
        "GET     | /status                              | 200",
        "GET     | /-/ready                             | 200",
        "GET     | /-/healthy                           | 200",
        "GET     | /-/quit                              | 405",
        "PUT     | /-/quit                              | 403",
        "POST    | /-/reload                            | 403",
        "GET     | /nope                                | 404",
        "PUT     | /nope                                | 404",
        "PUT     | /metrics/job/x%zz                    | 400",
        "OPTIONS | /api/v1/metrics                      | 200",
        "GET     | /api/v1/status                       | 200",
        "GET     | /api/v1/metrics                      | 200",
        "GET     | /api/v1/history?match[]=a            | 200",
        "GET     | /federate?match[]=a                  | 200",
        "GET     | /api/v1/admin/top                    | 200",
        "GET     | /api/v1/cluster                      | 200",
        "PUT     | /api/v1/admin/wipe                   | 202",
        "POST    | /api/v1/admin/snapshot               | 400",
        "PUT     | /api/v1/admin/restore/job/own        | 400",
        "POST    | /api/v1/admin/delete_groups          | 400",
        "PUT     | /api/v1/nope                         | 404",
        "POST    | /api/v1/metrics                      | 405",
      })
  void isNeverTakenForARequest(String method, String path, int status) throws IOException {
    sendEveryWay(open, method, path, status, WireReplay.LAST_REPLY);
  }

  @ParameterizedTest(name = "{0} {1}")
  @CsvSource({"PUT, /metrics/job/own", "DELETE, /metrics/job/own", "GET, /metrics", "GET, /nope"})
  void isNeverTakenForARequestOfAStranger(String method, String path) throws IOException {
    sendEveryWay(guarded, method, path, 401, new Reply(401, After.SAYS_CLOSE));
  }

  private static void sendEveryWay(
      TestGateway gateway, String method, String path, int status, Reply last) throws IOException {
    // Of another route that failed.
    assertEquals(202, gateway.send("DELETE", SMUGGLED, "", CREDENTIALS).status());
    String large = INNER.repeat(LARGE / INNER.length());
    for (String expect : List.of("", "Expect: 100-continue\r\n")) {
      for (String data : List.of(INNER, large)) {
        for (boolean isChunked : new boolean[] {false, true}) {
          String framing =
              isChunked ? "Transfer-Encoding: chunked" : "Content-Length: " + data.length();
          String head =
              method + " " + path + " HTTP/1.1\r\nHost: x\r\n" + expect + framing + "\r\n\r\n";
          String body = (isChunked ? chunked(data) : data) + WireReplay.LAST;
          check(gateway, status, last, Pace.AT_ONCE, head + body);
          if (!expect.isEmpty()) {
            check(gateway, status, last, Pace.AFTER_AN_ANSWER, head, body);
          }
        }
      }
    }
    Answer page = gateway.get("/metrics", CREDENTIALS);
    assertEquals(200, page.status());
    assertFalse(page.text().contains("smuggled"), page.text());
  }

  private static void check(
      TestGateway gateway, int status, Reply last, Pace pace, String... segments)
      throws IOException {
    String start = segments[0];
    List<byte[]> bytes = Stream.of(segments).map(segment -> segment.getBytes(ISO_8859_1)).toList();
    byte[] back = new WireClient(Connector.to(gateway.port())).exchange(bytes, pace, Then.WAIT);
    List<Answer> answers =
        WireAnswers.finals(back, List.of(start.substring(0, start.indexOf(' '))));
    String sent =
        start.lines().limit(4).toList()
            + " pace="
            + pace
            + " statuses="
            + answers.stream().map(Answer::status).toList();
    assertTrue(answers.size() == 1 || answers.size() == 2, sent);
    assertEquals(status, answers.getFirst().status(), sent);
    if (answers.size() == 2) {
      assertTrue(last.allows(answers.getLast()), sent);
    }
  }
}
