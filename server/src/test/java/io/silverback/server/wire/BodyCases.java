package io.silverback.server.wire;

import static io.silverback.server.wire.WireRequest.malformed;
import static io.silverback.server.wire.WireRequest.push;
import static io.silverback.server.wire.WireRequest.put;
import static io.silverback.server.wire.WireRequest.putHead;
import static io.silverback.server.wire.WireRequest.question;
import static io.silverback.server.wire.WireRequest.refused;

import io.silverback.server.wire.Reply.After;
import java.util.ArrayList;
import java.util.List;

/** Chunks, good and bad, and bodies that the answer does not need, with a request inside. */
final class BodyCases {
  private static final String CHUNKED = "Transfer-Encoding: chunked";
  private static final String KEY = "/metrics/job/" + WireRequest.JOB;

  /** What a body tries to have done. */
  static final String INNER =
      "DELETE /metrics/job/" + WireReplay.VICTIM + " HTTP/1.1\r\nHost: x\r\n\r\n";

  /** The first chunk ends within a line: 1.5.1 takes a fault after a whole line for the end. */
  private static final String HALF = "6\r\na 1\nb \r\n";

  private BodyCases() {}

  static List<WireCase> all() {
    var cases = new ArrayList<WireCase>();
    cases.addAll(chunks());
    cases.addAll(malformedChunks());
    cases.addAll(lineFeeds());
    cases.addAll(unreadBodies());
    cases.addAll(expectations());
    return cases;
  }

  /** The data in chunks of its own each, with the last chunk and no trailer. */
  static String chunked(String... data) {
    var chunks = new StringBuilder();
    for (String chunk : data) {
      chunks.append("%x\r\n%s\r\n".formatted(chunk.length(), chunk));
    }
    return chunks.append("0\r\n\r\n").toString();
  }

  private static List<WireCase> chunks() {
    return List.of(
        WireCase.of("a chunk", put(CHUNKED, chunked("a 1\n"))),
        WireCase.of("a chunk of each byte", put(CHUNKED, chunked("a", " ", "1", "\n"))),
        WireCase.of(
            "extensions and trailers",
            put(
                CHUNKED,
                "2;x=y;z=\"q;\"\r\na \r\n2;\r\n1\n\r\n0;last\r\nT: 1\r\nContent-Length: 9\r\n\r\n")),
        WireCase.of("sizes with zeros", put(CHUNKED, "0000000000000004\r\na 1\n\r\n0000\r\n\r\n")),
        WireCase.of(
                "sizes with many zeros",
                put(CHUNKED, "0".repeat(40) + "4\r\na 1\n\r\n" + "0".repeat(40) + "\r\n\r\n"))
            .unlikeUpstream("net/http takes 16 digits at most"),
        WireCase.of("blanks after a size", put(CHUNKED, "4 \t\r\na 1\n\r\n0 \r\n\r\n")),
        WireCase.of(
                "blanks before an extension", put(CHUNKED, "4 ;x\r\na 1\n\r\n0\t; y = z\r\n\r\n"))
            .unlikeUpstream("RFC 9112, section 7.1.1: such blanks are to be taken"),
        WireCase.of(
            "sizes in letters of both cases",
            put(CHUNKED, "A\r\na 1\n#####\n\r\nb\r\n##########\n\r\n0\r\n\r\n")),
        WireCase.of("no data", push(putHead(CHUNKED), "0\r\n\r\n", WireRequest.EMPTY_GROUP)),
        WireCase.of(
            "requests in data that is taken",
            put(CHUNKED, chunked("#" + INNER.replace("\r\n", "\n#") + "\na 1\n"))));
  }

  private static List<WireCase> malformedChunks() {
    var sizes =
        List.of(
            "zz\r\n",
            "-1\r\n",
            "+1\r\n",
            "0x1\r\n",
            "0_1\r\n",
            " 1\r\n",
            "\r\n",
            "; \r\n",
            "1 1\r\n",
            "1\rx\r\n",
            "1;x\ny\r\n");
    var cases = new ArrayList<WireCase>();
    for (String size : sizes) {
      String name = "malformed size " + size.strip();
      cases.add(WireCase.of(name, malformed(CHUNKED, HALF + size + "1\r\n0\r\n\r\n" + INNER)));
    }
    for (String ending : List.of("", "XX", "\n", "\r")) {
      String name = "a chunk that ends in " + ending;
      String body = "6\r\na 1\nb " + ending + "2\r\n1\n\r\n0\r\n\r\n" + INNER;
      cases.add(WireCase.of(name, malformed(CHUNKED, body)));
    }
    return cases;
  }

  /** Proxies differ in what a lone LF among chunks means, so it is refused there. */
  private static List<WireCase> lineFeeds() {
    var cases = new ArrayList<WireCase>();
    for (String body :
        List.of(
            "4\na 1\n\r\n0\r\n\r\n",
            "4\r\na 1\n\r\n0\n\r\n",
            "4\r\na 1\n\r\n0\r\n\n",
            "4\r\na 1\n\r\n0\r\nT: 1\n\r\n")) {
      cases.add(
          WireCase.of("LF among chunks " + body, malformed(CHUNKED, body))
              .unlikeUpstream("RFC 9112, section 2.2 lets only lines of the head end in LF alone"));
    }
    return cases;
  }

  private static List<WireCase> unreadBodies() {
    var heads =
        List.of(
            "200 GET /-/ready",
            "202 DELETE " + KEY,
            "404 PUT /nope",
            "405 PUT /metrics",
            "307 POST /metrics/job/",
            "400 PUT " + KEY + "/odd");
    var cases = new ArrayList<WireCase>();
    for (String head : heads) {
      int status = Integer.parseInt(head.substring(0, 3));
      String line = head.substring(4);
      String start = line + " HTTP/1.1\r\nHost: x\r\n";
      String length = start + "Content-Length: " + INNER.length() + "\r\n\r\n";
      String chunked = start + CHUNKED + "\r\n\r\n";
      var ended = new Reply(status, After.ENDS);
      cases.add(WireCase.of("unread " + line, question(status, length, INNER)));
      cases.add(
          WireCase.of("unread chunks " + line, question(status, chunked, chunked("#", INNER))));
      cases.add(
          WireCase.of(
              "unread malformed chunks " + line, question(ended, chunked, "1\r\n#XX" + INNER)));
    }
    return cases;
  }

  private static List<WireCase> expectations() {
    String expect = "Expect: 100-continue\r\n";
    String delete = "DELETE " + KEY + " HTTP/1.1\r\nHost: x\r\n" + expect;
    var deleted = new Reply(202, After.SAYS_CLOSE);
    return List.of(
        WireCase.of("expected to go on", put(expect + "Content-Length: 4", "a 1\n")),
        WireCase.of(
            "expected in another case",
            put("expect: 100-Continue\r\n" + CHUNKED, chunked("a 1\n"))),
        WireCase.of("expected to go on with chunks", put(expect + CHUNKED, chunked("a ", "1\n"))),
        WireCase.of("expected without a body", question(202, delete + "\r\n", "")),
        WireCase.of(
            "a body that was not asked for",
            question(deleted, delete + "Content-Length: " + INNER.length() + "\r\n\r\n", INNER)),
        WireCase.of(
            "chunks that were not asked for",
            question(deleted, delete + CHUNKED + "\r\n\r\n", chunked(INNER))),
        WireCase.of(
            "another expectation",
            refused(
                new Reply(417, After.SAYS_CLOSE),
                putHead("Expect: 200-ok\r\nContent-Length: 4") + "a 1\n")));
  }
}
