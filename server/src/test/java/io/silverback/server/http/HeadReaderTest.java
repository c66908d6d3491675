package io.silverback.server.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class HeadReaderTest {
  private static final String GET = "GET / HTTP/1.1\r\nHost: x\r\n";

  @Test
  void theNextByteAfterAHeadIsTheFirstOfTheBody() throws IOException {
    WireInput in = Bytes.wire(GET + "\r\nbody", 3);

    new HeadReader(in).read();

    assertEquals('b', in.next());
  }

  @Test
  void whatFramesTheRequestStaysOut() throws IOException {
    String sent =
        """
        PUT /a?b HTTP/1.1
        Host: x
        Transfer-Encoding: chunked
        Expect: 100-continue
        X-Y:  z\s
        Connection: X-Y, Close
        TE: trailers
        Upgrade: h2c

        """;

    RequestHead head = read(sent);

    assertEquals(
        "PUT /a?b HTTP/1.1\r\nHost: x\r\nX-Y: z\r\nConnection: close\r\n\r\n",
        new String(head.withoutBody(), StandardCharsets.ISO_8859_1));
    assertEquals(RequestHead.CHUNKED, head.length());
    assertTrue(head.asksToContinue());
    assertTrue(head.wantsClose());
  }

  @Test
  void everyCutOfAHeadIsTheSameHead() throws IOException {
    String sent = "\r\n\nPUT http://y:1/a HTTP/1.1\nHost: x\nX: 1\r\n 2\r\nContent-Length: 5\n\n";
    for (int piece = 1; piece <= sent.length(); piece++) {
      RequestHead head = new HeadReader(Bytes.wire(sent, piece)).read().orElseThrow();

      assertEquals(
          "PUT /a HTTP/1.1\r\nHost: y:1\r\nX: 1 2\r\n\r\n",
          new String(head.withoutBody(), StandardCharsets.ISO_8859_1));
      assertEquals(5, head.length());
    }
  }

  @Test
  void aHeadThatEndsEarlyIsRefusedWhereverItEnds() throws IOException {
    String sent = "PUT /a HTTP/1.1\r\nHost: x\r\n\r\n";
    assertEquals(Optional.empty(), new HeadReader(Bytes.wire("", 1)).read());
    for (int length = 1; length < sent.length(); length++) {
      // One line feed short of a head that ends in line feeds alone is a head, too.
      if (length < sent.length() - 1 || !sent.substring(0, length).endsWith("\n\n")) {
        assertEquals(400, refusal(sent.substring(0, length)).status());
      }
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "Content-Length: 6                          | 6",
        "Content-Length: 6\\r\\nContent-Length: 6   | 6",
        "Content-Length: 6, 6                       | 6",
        "Content-Length: 000000000000000000000000006 | 6",
        "Content-Length:                            | 0",
        "X: y                                       | 0",
        "Transfer-Encoding: Chunked                 | -1",
        "Transfer-Encoding:\\r\\n chunked           | -1",
      })
  void theLengthOfABody(String fields, long length) throws IOException {
    assertEquals(length, read(GET + fields.replace("\\r\\n", "\r\n") + "\r\n\r\n").length());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "Content-Length: 6\\r\\nContent-Length: 7                | 400",
        "Content-Length: 6, 7                                    | 400",
        "Content-Length: 6,                                      | 400",
        "Content-Length: ,                                       | 400",
        "Transfer-Encoding:\\r\\n \\0chunked                        | 400",
        "Content-Length: +6                                      | 400",
        "Content-Length: -6                                      | 400",
        "Content-Length: 0x6                                     | 400",
        "Content-Length: 6 6                                     | 400",
        "Content-Length: 9999999999999999999999                  | 400",
        "Content-Length: 6\\r\\nTransfer-Encoding: chunked       | 400",
        "Transfer-Encoding: chunked\\r\\nContent-Length:         | 400",
        "Transfer-Encoding: gzip, chunked                        | 501",
        "Transfer-Encoding: chunked, chunked                     | 501",
        "Transfer-Encoding: chunked\\r\\nTransfer-Encoding: x    | 501",
        "Transfer-Encoding: xchunked                             | 501",
        "Transfer-Encoding: \"chunked\"                          | 501",
        "Transfer-Encoding:                                      | 501",
        "Transfer-Encoding : chunked                             | 400",
        "Content-Length : 6                                      | 400",
        ": y                                                     | 400",
        "no colon                                                | 400",
        "X: a\\rb                                                | 400",
        "X: a\\0b                                                | 400",
        "X\\0: b                                                 | 400",
        "Host: y                                                 | 400",
        "Expect: 200-ok                                          | 417",
      })
  void fieldsThatTwoReadersCouldTakeForDifferentThingsAreRefused(String fields, int status)
      throws IOException {
    String exact = fields.replace("\\r", "\r").replace("\\n", "\n").replace("\\0", "\0");

    assertEquals(status, refusal(GET + exact + "\r\n\r\n").status());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "GET  / HTTP/1.1",
        "GET / HTTP/1.1 ",
        " GET / HTTP/1.1",
        "GET / x HTTP/1.1",
        "GET\t/ HTTP/1.1",
        "GET /a\tb HTTP/1.1",
        "GET /a\u0001b HTTP/1.1",
        "GET /a\u007fb HTTP/1.1",
        "GET /a#b HTTP/1.1",
        "GET a HTTP/1.1",
        "GET * HTTP/1.1",
        "GET http:/a HTTP/1.1",
        "GET http://a\\b/ HTTP/1.1",
        "GET http://a\u0001b/ HTTP/1.1",
        "GET http://x#/ HTTP/1.1",
        "G@T / HTTP/1.1",
        "GET / http/1.1",
        "GET / HTTP/1.",
        "GET / HTTP/1.1\rX: y",
        "GET /",
        "GET",
      })
  void oddRequestLinesAreRefused(String line) throws IOException {
    assertEquals(400, refusal(line + "\r\nHost: x\r\n\r\n").status());
  }

  @ParameterizedTest
  @CsvSource({
    "GET,     http://h,          h, /",
    "GET,     http://h?q,        h, /?q",
    "GET,     HTTPS://u@h:1/a/b, u@h:1, /a/b",
    "OPTIONS, *,                 x, *",
    "PUT,     /\u00c3\u00a4?\u00c3\u00a4|,        x, /%C3%A4?%C3%A4%7C",
  })
  void targets(String method, String sent, String host, String target) throws IOException {
    RequestHead head = read(method + " " + sent + " HTTP/1.1\r\nHost: x\r\n\r\n");

    assertEquals(target, head.target());
    assertEquals(host, head.fields().getFirst().value());
  }

  @Test
  void http10NeedsNoHostNorWaitsForA100() throws IOException {
    RequestHead head = read("PUT / HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 6\r\n\r\n");

    assertTrue(head.isHttp10() && head.wantsClose() && !head.asksToContinue());
    assertEquals(400, refusal("PUT / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n").status());
  }

  @Test
  void theSentenceSaysWhichHostIsMeant() throws IOException {
    assertEquals(
        "400 Bad Request: missing required Host header",
        refusal("GET / HTTP/1.1\r\n\r\n").reason());
    assertEquals(
        "400 Bad Request: too many Host headers", refusal(GET + "host: x\r\n\r\n").reason());
    assertEquals(
        "gw:http", read("GET / HTTP/1.1\r\nHost: gw:http\r\n\r\n").fields().getFirst().value());
    assertEquals(400, refusal("GET / HTTP/1.1\r\nHost: a/b\r\n\r\n").status());
  }

  @Test
  void headsAreBounded() throws IOException {
    assertEquals(414, refusal("GET /" + "a".repeat(70_000)).status());
    assertEquals(431, refusal(GET + "X: " + "a".repeat(70_000)).status());
    assertEquals(431, refusal(GET + "X: y\r\n".repeat(1_001)).status());
    assertEquals(400, refusal("\r\n".repeat(17)).status());
  }

  @Test
  void theBoundHoldsWhereverAFieldEnds() {
    for (int room = 0; room < 8; room++) {
      // GET and the Host field, this field, and another one that never ends.
      String sent =
          GET + "X: " + "a".repeat(65_536 - 9 - 5 - room) + "\r\nY: " + "b".repeat(100_000);

      assertEquals(431, refusal(sent).status(), "room=" + room);
    }
  }

  private static RequestHead read(String sent) throws IOException {
    return new HeadReader(Bytes.wire(sent, 8192)).read().orElseThrow();
  }

  private static RefusedRequestException refusal(String sent) {
    return assertThrows(RefusedRequestException.class, () -> read(sent), sent);
  }
}
