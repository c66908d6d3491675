package io.silverback.server.wire;

import static io.silverback.server.wire.Piece.NONE;
import static io.silverback.server.wire.Piece.odd;
import static io.silverback.server.wire.Piece.unlike;
import static io.silverback.server.wire.Piece.usual;

import java.util.List;

/**
 * What random requests are put together from. Wherever we differ from Pushgateway 1.5.1, it is
 * listed here with the reason; the rest has to be as there.
 */
final class Pieces {
  /** Bodies bring this, so that a cut after the last b is within a line. */
  static final String DATA = "a 1\nb 2\n";

  private static final String BAD_LENGTH = "Content-Length: x\r\n";
  private static final String BAD_TARGET = "/\1";
  private static final String BAD_FIELD = "X : y\r\n";
  private static final String CHUNKED = "Transfer-Encoding: chunked\r\n";
  private static final String LENGTH = "Content-Length: " + DATA.length() + "\r\n";
  private static final String BAD_CHUNK = "7\r\na 1\nb 2XX";

  private Pieces() {}

  static final List<Piece> EMPTY_LINES =
      List.of(unlike("\r\n", "", "RFC 9112, 2.2: skipped"), unlike("\n\r\n", "", "the same"));

  static final List<Piece> METHODS =
      List.of(
          usual("PUT"),
          usual("POST"),
          usual("DELETE"),
          usual("GET"),
          usual("OPTIONS"),
          usual("HEAD"),
          usual("BREW"),
          usual("put"));

  static final List<Piece> ODD_METHODS = List.of(odd("G@T"), odd(""), odd(" PUT"), odd("PUT "));

  /** JOBNAME is replaced. */
  static final List<Piece> TARGETS =
      List.of(
          usual("/metrics/job/" + WireRequest.JOB),
          usual("/metrics/job/" + WireRequest.JOB + "/l/v"),
          usual("/metrics/job/" + WireRequest.JOB + "/l/\303\266?q=%zz"),
          usual("http://other:1/metrics/job/" + WireRequest.JOB),
          usual("/metrics/job/" + WireRequest.JOB + "/odd"),
          usual("/metrics"),
          usual("/-/ready"),
          usual("http://other/-/ready"),
          usual("/api/v1/status"),
          usual("/status"),
          usual("/STATUS"),
          usual("/nope"));

  static final List<Piece> ODD_TARGETS =
      List.of(
          odd("/metrics/job/a\tb"),
          odd("/metrics/job/a\177"),
          odd("/metrics?\1"),
          odd("/a b"),
          odd("nope"),
          unlike("/metrics/job/a#b", BAD_TARGET, "RFC 9112, 3.2: a target has no fragment"),
          unlike("http://other", "http://other/", "RFC 9112, 3.2.1: an empty path is a slash"));

  static final Piece VERSION = usual("HTTP/1.1");

  static final List<Piece> ODD_VERSIONS =
      List.of(
          usual("HTTP/1.0"),
          odd("HTTP/1.2"),
          odd("HTTP/2.0"),
          odd("HTTP/1.10"),
          odd("http/1.1"),
          odd("HTTP/1"),
          odd("HTTP/1.1 "));

  static final Piece HOST = usual("Host: x\r\n");

  static final List<Piece> ODD_HOSTS =
      List.of(
          odd("Host:\r\n"),
          odd("Host: gw:http\r\n"),
          odd("Host: x\r\nHost: x\r\n"),
          odd("Host: a b\r\n"),
          odd("Host: u@h\r\n"),
          odd(""));

  static final List<Piece> CONNECTIONS =
      List.of(
          usual("Connection: close\r\n"),
          usual("Connection: CLOSE\r\n"),
          usual("Connection: te, close\r\n"),
          usual(
              "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAEAAEAA\r\n"));

  static final Piece KEEP_ALIVE = usual("Connection: keep-alive\r\n");

  /** With HTTP/1.0. */
  static final Piece OLD_KEEP_ALIVE =
      unlike(KEEP_ALIVE.bytes(), "", "a client of HTTP/1.0 gets an answer and the end");

  static final List<Piece> EXPECTATIONS =
      List.of(
          usual("Expect: 100-continue\r\n"),
          usual("expect: 100-Continue\r\n"),
          odd("Expect: 200-ok\r\n"));

  static final List<Piece> FIELDS =
      List.of(
          usual("X: y\r\n"),
          usual("X:\r\n"),
          usual("X: \303\266\377\r\n"),
          usual("X: y\n"),
          usual("X: a\r\n b\r\n"),
          usual("Cookie: " + "c".repeat(5000) + "\r\n"));

  static final List<Piece> ODD_FIELDS =
      List.of(
          odd(BAD_FIELD),
          odd("A B: y\r\n"),
          odd("nocolon\r\n"),
          odd("A\0B: y\r\n"),
          odd("X: a\0b\r\n"),
          odd("X: a\rb\r\n"),
          odd("X: a\177\r\n"),
          odd("A(B): y\r\n"),
          unlike(": y\r\n", BAD_FIELD, "RFC 9110, 5.1: a name has a character at least"));

  /** How a head says that a body follows, and the body. */
  record Framing(Piece head, Piece body) {}

  static final Framing NO_BODY = new Framing(NONE, NONE);

  static final List<Framing> LENGTHS =
      List.of(
          length(usual(LENGTH)),
          length(odd("Content-Length:\t 0008 \r\n")),
          length(odd(LENGTH + LENGTH)),
          length(
              unlike("Content-Length: 8, 8\r\n", LENGTH, "RFC 9110, 8.6: equal ones may be taken")),
          new Framing(odd("Content-Length:\r\n"), NONE),
          new Framing(usual("Content-Length: 0\r\n"), NONE));

  static final List<Framing> BAD_LENGTHS =
      List.of(
          length(odd("Content-Length: 8\r\nContent-Length: 9\r\n")),
          length(odd("Content-Length: 8, 9\r\n")),
          length(odd("Content-Length: +8\r\n")),
          length(odd("Content-Length: -8\r\n")),
          length(odd("Content-Length: 8 8\r\n")),
          length(odd("Content-Length: 99999999999999999999\r\n")));

  /** For HTTP/1.1 alone. */
  static final List<Framing> CHUNKS =
      List.of(
          chunks(usual(BodyCases.chunked(DATA))),
          chunks(usual(BodyCases.chunked("a", " 1\nb", " 2\n"))),
          chunks(odd("8;x=\"y;\"\r\n" + DATA + "\r\n00;z\r\nT: 1\r\nContent-Length: 3\r\n\r\n")),
          chunks(odd("0000000000000008 \t\r\n" + DATA + "\r\n0\r\n\r\n")),
          chunks(
              unlike(
                  "0".repeat(30) + "8\r\n" + DATA + "\r\n0\r\n\r\n",
                  BodyCases.chunked(DATA),
                  "net/http takes 16 digits at most")),
          chunks(
              unlike(
                  "8 ;x\r\n" + DATA + "\r\n0\r\n\r\n",
                  BodyCases.chunked(DATA),
                  "RFC 9112, 7.1.1: a blank before an extension is to be taken")),
          new Framing(odd("Transfer-Encoding:\t ChunKed \r\n"), usual(BodyCases.chunked(DATA))),
          new Framing(odd("Transfer-Encoding:\r\n chunked\r\n"), usual(BodyCases.chunked(DATA))));

  static final List<Framing> BAD_CHUNKS =
      List.of(
          chunks(odd(BAD_CHUNK)),
          chunks(odd("7\r\na 1\nb 2\n\r\n0\r\n\r\n")),
          chunks(odd("6\r\na 1\nb \r\nzz\r\n2\n\r\n0\r\n\r\n")),
          chunks(odd("6\r\na 1\nb \r\n+2\r\n2\n\r\n0\r\n\r\n")),
          chunks(
              unlike("8\n" + DATA + "\r\n0\r\n\r\n", BAD_CHUNK, "RFC 9112, 2.2: no lone LF here")),
          chunks(unlike("8\r\n" + DATA + "\r\n0\n\r\n", BAD_CHUNK, "the same")),
          chunks(unlike("8\r\n" + DATA + "\r\n0\r\n\n", BAD_CHUNK, "the same")),
          chunks(unlike("8\r\n" + DATA + "\r\n0\r\nT: 1\n\r\n", BAD_CHUNK, "the same")),
          coded("gzip"),
          coded("gzip, chunked"),
          coded("chunked, chunked"),
          coded("identity"),
          new Framing(
              unlike(
                  "Transfer-Encoding: \013chunked\r\n",
                  BAD_FIELD,
                  "refused for its control character, before it is looked at"),
              usual(BodyCases.chunked(DATA))),
          smuggled(CHUNKED + LENGTH),
          smuggled("Content-Length: 3\r\n" + CHUNKED));

  /** With HTTP/1.0. */
  static final List<Framing> OLD_CHUNKS = List.of(smuggled(CHUNKED), smuggled(CHUNKED + LENGTH));

  private static Framing length(Piece head) {
    return new Framing(head, usual(DATA));
  }

  private static Framing chunks(Piece body) {
    return new Framing(usual(CHUNKED), body);
  }

  private static Framing coded(String coding) {
    return new Framing(
        odd("Transfer-Encoding: " + coding + "\r\n"), usual(BodyCases.chunked(DATA)));
  }

  private static Framing smuggled(String fields) {
    return new Framing(
        unlike(fields, BAD_LENGTH, "RFC 9112, 6.1: only smugglers send these together"),
        usual(BodyCases.chunked(DATA)));
  }
}
