package io.silverback.server.wire;

import static io.silverback.server.wire.BodyCases.chunked;
import static io.silverback.server.wire.WireRequest.EMPTY_GROUP;
import static io.silverback.server.wire.WireRequest.push;
import static io.silverback.server.wire.WireRequest.put;
import static io.silverback.server.wire.WireRequest.putHead;
import static io.silverback.server.wire.WireRequest.question;
import static io.silverback.server.wire.WireRequest.refused;

import io.silverback.server.wire.Reply.After;
import java.util.ArrayList;
import java.util.List;

/** Request lines and headers: odd ones that are taken, and those that are refused. */
final class HeadCases {
  private static final String READY = "GET /-/ready HTTP/1.1\r\n";
  private static final String READY_FROM_X = READY + "Host: x\r\n";
  private static final Reply OK = new Reply(200, "OK", After.GOES_ON);
  private static final Reply LAST_OK = new Reply(200, "OK", After.SAYS_CLOSE);
  private static final Reply OLD_OK = new Reply(200, "OK", After.ENDS);
  private static final Reply UNKNOWN_CODING = new Reply(501, After.SAYS_CLOSE);
  private static final String LIMIT = "net/http takes 1 MiB of request line and headers";
  private static final String SMUGGLERS =
      "RFC 9112, section 6.1: only smugglers send both, or chunks in HTTP/1.0";

  private HeadCases() {}

  static List<WireCase> all() {
    var cases = new ArrayList<WireCase>();
    cases.addAll(lines());
    cases.addAll(targets());
    cases.addAll(hosts());
    cases.addAll(lengths());
    cases.addAll(codings());
    cases.addAll(fields());
    cases.addAll(connections());
    return cases;
  }

  private static List<WireCase> lines() {
    String emptyLines = "RFC 9112, section 2.2: empty lines before a request are skipped";
    return List.of(
        WireCase.of("all lines end in LF", push(lf("Content-Length: 4"), "a 1\n")),
        WireCase.of("LF and chunks", push(lf("Transfer-Encoding: chunked"), chunked("a 1\n"))),
        WireCase.of(
                "empty lines before a request",
                question(OK, "\r\n\r\n" + READY_FROM_X + "\r\n", ""))
            .unlikeUpstream(emptyLines),
        WireCase.of(
                "an empty line after a body",
                put("Content-Length: 4", "a 1\n"),
                push("\r\n" + putHead("Content-Length: 4"), "a 1\n"),
                question(OK, "\n" + READY_FROM_X + "\r\n", ""))
            .unlikeUpstream(emptyLines),
        WireCase.of("no request line", refused("nonsense\r\nHost: x\r\n\r\n")),
        WireCase.of("no version", refused("GET /-/ready\r\nHost: x\r\n\r\n")),
        WireCase.of("two blanks", refused("GET  /-/ready HTTP/1.1\r\nHost: x\r\n\r\n")),
        WireCase.of("two blanks later", refused("GET /-/ready  HTTP/1.1\r\nHost: x\r\n\r\n")),
        WireCase.of("a blank at the end", refused("GET /-/ready HTTP/1.1 \r\nHost: x\r\n\r\n")),
        WireCase.of("a blank at the start", refused(" " + READY_FROM_X + "\r\n")),
        WireCase.of("tabs for blanks", refused("GET\t/-/ready\tHTTP/1.1\r\nHost: x\r\n\r\n")),
        WireCase.of(
            "a method that is no token", refused("G@T /-/ready HTTP/1.1\r\nHost: x\r\n\r\n")),
        WireCase.of("a version in lower case", refused("GET /-/ready http/1.1\r\nHost: x\r\n\r\n")),
        WireCase.of(
            "a version of two digits", refused("GET /-/ready HTTP/1.10\r\nHost: x\r\n\r\n")),
        WireCase.of(
            "another version",
            refused(
                505, "505 HTTP Version Not Supported", "GET /-/ready HTTP/3.9\r\nHost: x\r\n\r\n")),
        WireCase.of(
            "a later version of HTTP/1",
            question(OK, "GET /-/ready HTTP/1.2\r\nHost: x\r\n\r\n", "")),
        WireCase.of("a short version", refused("GET /-/ready HTTP/1\r\nHost: x\r\n\r\n")),
        WireCase.of("bytes of a TLS handshake", refused("\26\3\1\2\0\1\0\1\374\3\3\r\n\r\n")),
        WireCase.of("an unknown method", question(405, "BREW " + restOf(READY_FROM_X), "")),
        WireCase.of("a method in lower case", question(405, "get " + restOf(READY_FROM_X), "")),
        WireCase.of("HEAD", question(405, "HEAD " + restOf(READY_FROM_X), "")));
  }

  private static List<WireCase> targets() {
    var cases = new ArrayList<WireCase>();
    for (char control : new char[] {0, 1, '\t', '\r', 0x1f, 0x7f}) {
      String name = "control character " + control + " in a ";
      cases.add(
          WireCase.of(
              name + "path",
              refused("DELETE /metrics/job/a" + control + "b HTTP/1.1\r\nHost: x\r\n\r\n")));
      cases.add(
          WireCase.of(
              name + "query", refused("GET /-/ready?" + control + " HTTP/1.1\r\nHost: x\r\n\r\n")));
    }
    cases.add(
        WireCase.of("a fragment", refused("DELETE /metrics/job/a#b HTTP/1.1\r\nHost: x\r\n\r\n"))
            .unlikeUpstream("a target has no fragment, and proxies cut one off: RFC 9112, 3.2"));
    for (String host : List.of("a\1b", "a\tb", "x#", "a\\b")) {
      cases.add(
          WireCase.of(
              "a whole URL with the bad host " + host,
              refused("GET http://" + host + "/-/ready HTTP/1.1\r\nHost: x\r\n\r\n")));
    }
    cases.add(WireCase.of("no slash", refused("GET ready HTTP/1.1\r\nHost: x\r\n\r\n")));
    cases.add(
        WireCase.of(
            "a whole URL",
            question(OK, "GET http://other:9/-/ready HTTP/1.1\r\nHost: x\r\n\r\n", "")));
    cases.add(
        WireCase.of(
            "a whole URL to push to",
            push(
                putHead("Content-Length: 4").replace("/metrics", "http://other:80/metrics"),
                "a 1\n")));
    cases.add(
        WireCase.of(
                "a whole URL without a path",
                question(200, "GET HTTP://other HTTP/1.1\r\nHost: x\r\n\r\n", ""))
            .unlikeUpstream("RFC 9112, section 3.2.1: an empty path is sent as a slash"));
    cases.add(
        WireCase.of(
            "the server as a whole", question(200, "OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n", "")));
    cases.add(
        WireCase.of(
            "an odd query",
            question(OK, "GET /-/ready?a;b=%zz&{\"|<>^` HTTP/1.1\r\nHost: x\r\n\r\n", "")));
    cases.add(
        WireCase.of(
            "bytes beyond ASCII",
            push(
                "PUT /metrics/job/"
                    + WireRequest.JOB
                    + "/l/\303\266\346\270\251 HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\n",
                "a 1\n")));
    cases.add(
        WireCase.of(
            "a long path",
            push(
                "PUT /metrics/job/"
                    + WireRequest.JOB
                    + "/l/"
                    + "x".repeat(60 << 10)
                    + " HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\n",
                "a 1\n")));
    String longer = "x".repeat(68 << 10);
    cases.add(
        WireCase.of(
                "a path that is too long",
                refused(
                    new Reply(414, After.ENDS),
                    "DELETE /metrics/job/" + longer + " HTTP/1.1\r\nHost: x\r\n\r\n"))
            .unlikeUpstream(LIMIT));
    cases.add(
        WireCase.of(
                "a header that is too long",
                refused(
                    431,
                    "431 Request Header Fields Too Large",
                    READY_FROM_X + "X: " + longer + "\r\n\r\n"))
            .unlikeUpstream(LIMIT));
    return cases;
  }

  private static List<WireCase> hosts() {
    var cases = new ArrayList<WireCase>();
    cases.add(
        WireCase.of(
            "no host",
            refused(400, "400 Bad Request: missing required Host header", READY + "X: y\r\n\r\n")));
    cases.add(
        WireCase.of(
                "two hosts",
                refused(
                    400,
                    "400 Bad Request: too many Host headers",
                    READY_FROM_X + "Host: x\r\n\r\n"))
            .unlikeUpstream("the sentence of 1.5.1 does not say what is wrong"));
    for (String host : List.of("a b", "a/b", "a<b", "u@h", "\303\266")) {
      cases.add(WireCase.of("bad host " + host, refused(READY + "Host: " + host + "\r\n\r\n")));
    }
    for (String host : List.of("", "gw:http", "[::1]:9091", "gw.example:")) {
      cases.add(
          WireCase.of("host " + host, question(OK, READY + "Host: " + host + "\r\n\r\n", "")));
    }
    cases.add(
        WireCase.of("no host in HTTP/1.0", question(OLD_OK, "GET /-/ready HTTP/1.0\r\n\r\n", "")));
    return cases;
  }

  private static List<WireCase> lengths() {
    var cases = new ArrayList<WireCase>();
    for (String length : List.of("00000000000000000000004", "\t4 \t", "4\r\nContent-Length: 4")) {
      cases.add(WireCase.of("length " + length, put("Content-Length:" + length, "a 1\n")));
    }
    cases.add(
        WireCase.of("length 4, 4", put("Content-Length: 4, 4", "a 1\n"))
            .unlikeUpstream("RFC 9110, section 8.6: a list of equal lengths may be taken"));
    cases.add(WireCase.of("an empty length", push(putHead("Content-Length:"), "", EMPTY_GROUP)));
    cases.add(WireCase.of("no length", push(putHead("X: y"), "", EMPTY_GROUP)));
    for (String length :
        List.of(
            "-1",
            "+4",
            "0x4",
            "4 4",
            "4, 5",
            "4,",
            ",",
            "a",
            "99999999999999999999",
            "4\r\nContent-Length: 5")) {
      cases.add(
          WireCase.of(
              "bad length " + length, refused(putHead("Content-Length: " + length) + "a 1\n")));
    }
    return cases;
  }

  private static List<WireCase> codings() {
    var cases = new ArrayList<WireCase>();
    String chunks = chunked("a 1\n");
    for (String coding : List.of("ChunKed", "\tchunked", "chunked \t", "\r\n chunked")) {
      cases.add(WireCase.of("coding " + coding, put("Transfer-Encoding:" + coding, chunks)));
    }
    for (String coding :
        List.of(
            "gzip",
            "gzip, chunked",
            "chunked, chunked",
            "chunked\r\nTransfer-Encoding: chunked",
            "identity",
            "xchunked",
            "chunked;q=1",
            "\"chunked\"",
            "")) {
      cases.add(
          WireCase.of(
              "unknown coding " + coding,
              refused(UNKNOWN_CODING, putHead("Transfer-Encoding: " + coding) + chunks)));
    }
    for (String coding : List.of("\013chunked", "\r\n \013chunked")) {
      cases.add(
          WireCase.of(
                  "unknown coding " + coding,
                  refused(putHead("Transfer-Encoding: " + coding) + chunks))
              .unlikeUpstream("refused for its control character, before it is looked at"));
    }
    for (String both :
        List.of(
            "Transfer-Encoding: chunked\r\nContent-Length: 4",
            "Content-Length: 14\r\nTransfer-Encoding: chunked",
            "Content-Length: 4\r\nX: y\r\ntransfer-encoding:CHUNKED")) {
      cases.add(
          WireCase.of("coding and length " + both, refused(putHead(both) + chunks))
              .unlikeUpstream(SMUGGLERS));
    }
    for (String headers :
        List.of(
            "Transfer-Encoding: chunked",
            "Content-Length: 4\r\nTransfer-Encoding: chunked",
            "Connection: keep-alive\r\nTransfer-Encoding: chunked")) {
      cases.add(
          WireCase.of(
                  "HTTP/1.0 and " + headers,
                  refused(putHead(headers).replace("HTTP/1.1", "HTTP/1.0") + chunks))
              .unlikeUpstream(SMUGGLERS));
    }
    return cases;
  }

  private static List<WireCase> fields() {
    var cases = new ArrayList<WireCase>();
    for (String field :
        List.of(
            "X:",
            "X:\t y \t",
            "X: \303\266\377",
            "X: a: b",
            "X-Seen: PUT /metrics HTTP/1.1",
            "X: a\r\n b\r\n\tc",
            "Cookie: " + "c".repeat(40_000))) {
      cases.add(
          WireCase.of(
              "header " + field.substring(0, Math.min(20, field.length())),
              put(field + "\r\nContent-Length: 4", "a 1\n")));
    }
    for (String field :
        List.of(
            "X : y",
            "X\t: y",
            "A B: y",
            "nocolon",
            "A\0B: y",
            "A\303\266: y",
            "A(B): y",
            "X: a\0b",
            "X: a\rb",
            "X: a\r",
            "X: a\001b",
            "X: a\177b",
            "Transfer-Encoding : chunked",
            "Content-Length : 4")) {
      cases.add(
          WireCase.of(
              "bad header " + field, refused(putHead(field + "\r\nContent-Length: 4") + "a 1\n")));
    }
    cases.add(
        WireCase.of(
                "a header without a name", refused(putHead(": y\r\nContent-Length: 4") + "a 1\n"))
            .unlikeUpstream("RFC 9110, section 5.1: a field name has a character at least"));
    cases.add(WireCase.of("a folded first header", refused(READY + " X: y\r\nHost: x\r\n\r\n")));
    return cases;
  }

  private static List<WireCase> connections() {
    var cases = new ArrayList<WireCase>();
    for (String options :
        List.of("close", "CLOSE", "foo, close", "keep-alive\r\nConnection: close")) {
      cases.add(
          WireCase.of(
              "connection " + options,
              question(LAST_OK, READY_FROM_X + "Connection: " + options + "\r\n\r\n", "")));
    }
    cases.add(
        WireCase.of(
            "an upgrade to HTTP/2",
            put(
                "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAEAAEAAAAIAAAABAAMAAABkAAQ"
                    + "\r\nContent-Length: 4",
                "a 1\n")));
    cases.add(
        WireCase.of(
            "an old client pushes",
            push(putHead("Content-Length: 4").replace("HTTP/1.1", "HTTP/1.0"), "a 1\n")
                .thenEnds(After.ENDS)));
    cases.add(
        WireCase.of(
                "an old client would keep the connection",
                question(OLD_OK, "GET /-/ready HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", ""))
            .unlikeUpstream("a client of HTTP/1.0 gets its answer and the end of the connection"));
    cases.add(
        WireCase.of(
            "four requests at once",
            put("Content-Length: 4", "a 1\n"),
            question(OK, READY_FROM_X + "\r\n", ""),
            put("Transfer-Encoding: chunked", chunked("a", " ", "1\n")),
            question(
                202, "DELETE /metrics/job/" + WireRequest.JOB + " HTTP/1.1\r\nHost: x\r\n\r\n", ""),
            question(404, "GET /nope HTTP/1.1\r\nHost: x\r\n\r\n", "")));
    cases.add(
        WireCase.of(
            "nothing is answered after a refusal",
            put("Content-Length: 4", "a 1\n"),
            refused(READY + "\r\n"),
            put("Content-Length: 4", "a 1\n")));
    cases.add(
        WireCase.of(
            "nothing is answered after the last request",
            put("Connection: close\r\nContent-Length: 4", "a 1\n").thenEnds(After.SAYS_CLOSE),
            put("Content-Length: 4", "a 1\n")));
    return cases;
  }

  private static String lf(String headers) {
    return putHead(headers).replace("\r\n", "\n");
  }

  /** A head without its method. */
  private static String restOf(String head) {
    return head.substring(head.indexOf(' ') + 1) + "\r\n";
  }
}
