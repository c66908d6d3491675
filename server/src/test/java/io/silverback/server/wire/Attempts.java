package io.silverback.server.wire;

import static io.silverback.server.wire.BodyCases.chunked;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** Ways to bring a request past a proxy that forbids it, as they are known of other servers. */
public final class Attempts {
  private static final String TEAM = "/metrics/job/teama";
  private static final String CHUNKED = "Transfer-Encoding: chunked";

  private Attempts() {}

  /**
   * All of them, for each thing that an attacker wants to have done to a group that is not its own.
   */
  public static List<Attempt> all() {
    var attempts = new ArrayList<Attempt>();
    for (String inner :
        List.of(
            "DELETE /metrics/job/victim HTTP/1.1\r\nHost: x\r\n\r\n",
            "PUT /metrics/job/victim HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\na 6\n")) {
      attempts.addAll(lateBodies(inner));
      attempts.addAll(framings(inner));
      attempts.addAll(chunks(inner));
      attempts.addAll(heads(inner));
    }
    attempts.addAll(targets());
    return attempts;
  }

  private static String head(String line, String headers) {
    return line + " HTTP/1.1\r\nHost: x\r\n" + headers + "\r\n\r\n";
  }

  private static List<Attempt> lateBodies(String inner) {
    String length = "Content-Length: " + inner.length();
    String expect = "Expect: 100-continue\r\n";
    String data = "#".repeat(402) + "0\r\n\r\n" + inner;
    data += "#".repeat(1000 - data.length());
    var attempts = new ArrayList<Attempt>();
    // Answered by 400, 202, 400 and 307, before their bodies are needed.
    for (String line :
        List.of("PUT " + TEAM, "DELETE " + TEAM, "PUT " + TEAM + "/odd", "POST " + TEAM + "/..")) {
      attempts.add(Attempt.atOnce(head(line, length) + inner));
      attempts.add(Attempt.inTwo(head(line, length), inner));
      attempts.add(Attempt.late(head(line, expect + length), inner));
      attempts.add(Attempt.late(head(line, expect + CHUNKED), chunked(inner)));
      attempts.add(
          Attempt.inTwo(
              head(line, CHUNKED) + "3e8\r\n" + data.substring(0, 600),
              data.substring(600) + "\r\n0\r\n\r\n"));
      String large = inner.repeat(2000);
      attempts.add(
          Attempt.inTwo(
              head(line, "Content-Length: " + large.length()) + inner,
              large.substring(inner.length())));
    }
    return attempts;
  }

  private static List<Attempt> framings(String inner) {
    String body = "0\r\n\r\n" + inner;
    String length = "Content-Length: " + body.length() + "\r\n";
    var codings =
        List.of(
            CHUNKED,
            "Transfer-Encoding : chunked",
            "Transfer-Encoding\t: chunked",
            "Transfer-Encoding: \013chunked",
            "Transfer-Encoding: xchunked",
            "Transfer-Encoding: chunked, identity",
            "Transfer-Encoding: identity, chunked",
            "Transfer-Encoding: \"chunked\"",
            "Transfer-Encoding: chunked;q=1",
            "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity",
            "Transfer-Encoding:\r\n chunked",
            "Transfer-Encoding\r\n : chunked",
            "Transfer-Encoding: chunked\0",
            "Transfer\0-Encoding: chunked",
            "X: y\rTransfer-Encoding: chunked",
            "X: y\nTransfer-Encoding: chunked",
            " " + CHUNKED,
            "Transfer_Encoding: chunked");
    var attempts = new ArrayList<Attempt>();
    for (String coding : codings) {
      attempts.add(Attempt.atOnce(head("PUT " + TEAM, length + coding) + body));
      attempts.add(
          Attempt.atOnce(
              head("DELETE " + TEAM, coding + "\r\nContent-Length: 4") + chunked(inner)));
    }
    for (String lengths :
        List.of(
            "Content-Length: 0\r\n" + length.strip(),
            length + "Content-Length: 0",
            "Content-Length: 0, " + inner.length(),
            "Content-Length: " + inner.length() + ", 0",
            "Content-Length : " + inner.length(),
            "Content-Length: +" + inner.length(),
            "Content-Length: 0" + inner.length(),
            "Content-Length: 0\r\n " + inner.length(),
            "X: y\r\n Content-Length: " + inner.length(),
            "X: y\rContent-Length: " + inner.length(),
            "Content-Length:",
            "Content-Length: " + inner.length() + "\0")) {
      attempts.add(Attempt.atOnce(head("PUT " + TEAM, lengths) + inner));
    }
    String old =
        head("PUT " + TEAM, "Connection: keep-alive\r\n" + CHUNKED).replace("HTTP/1.1", "HTTP/1.0");
    attempts.add(Attempt.atOnce(old + body));
    attempts.add(Attempt.atOnce(old.replace(CHUNKED, length + CHUNKED) + body));
    return attempts;
  }

  private static List<Attempt> chunks(String inner) {
    String size = Integer.toHexString(inner.length());
    return Stream.of(
            "0\n\n" + inner,
            "0\r\n\n" + inner,
            "0\n\r\n" + inner,
            "1\n#\n0\n\n" + inner,
            "1\r\n#\n0\r\n\r\n" + inner,
            "1\r\n#XX0\r\n\r\n" + inner,
            "1\r\n#" + size + "\r\n" + inner + "\r\n0\r\n\r\n",
            "1;\n#\r\n0\r\n\r\n" + inner,
            "2;x\ny\r\n##\r\n0\r\n\r\n" + inner,
            "2;x\ry\r\n##\r\n0\r\n\r\n" + inner,
            size + ";x=\"\r\n" + inner + "\r\n0\r\n\r\n",
            "0x" + size + "\r\n" + inner + "\r\n0\r\n\r\n",
            " " + size + "\r\n" + inner + "\r\n0\r\n\r\n",
            "-1\r\n" + inner + "\r\n0\r\n\r\n",
            "100000000" + size + "\r\n" + inner + "\r\n0\r\n\r\n",
            "10000000000000000\r\n" + inner + "\r\n0\r\n\r\n",
            "0\r\nContent-Length: " + inner.length() + "\r\n\r\n" + inner,
            "0\r\nX: y\n\n" + inner,
            "0\r\n: \r\n\r\n" + inner,
            "\r\n" + inner)
        .map(body -> Attempt.atOnce(head("PUT " + TEAM, CHUNKED) + body))
        .toList();
  }

  private static List<Attempt> heads(String inner) {
    String length = "Content-Length: " + inner.length();
    return Stream.of(
            head("PUT " + TEAM, length).replace("\r\n", "\n") + inner,
            head("PUT " + TEAM, length).replace("\r\n", "\r") + inner,
            head("PUT " + TEAM, "X: y\r\r\n" + length) + inner,
            head("PUT " + TEAM, ": y\r\n" + length) + inner,
            head("PUT " + TEAM, "X\0: y\r\n" + length) + inner,
            head("PUT " + TEAM, "X: \0\r\n" + length) + inner,
            head("PUT " + TEAM, "X: y\n\n" + inner.strip()),
            head("PUT " + TEAM, "X: y\r\n\n" + inner.strip()),
            head("PUT " + TEAM, "X: y\n\r\n" + inner.strip()),
            head("PUT " + TEAM, "X: y\r\r" + inner.strip()),
            head(
                    "PUT " + TEAM,
                    "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAQAAP__\r\n"
                        + length)
                + inner,
            head("PUT " + TEAM, "Connection: Upgrade\r\nUpgrade: websocket") + inner,
            head("PUT " + TEAM, "Connection: close, Content-Length\r\n" + length) + inner,
            head("PUT " + TEAM, "Connection: close, Transfer-Encoding\r\n" + CHUNKED)
                + chunked(inner),
            "\r\n\r\n" + head("DELETE " + TEAM, length) + inner,
            head("DELETE " + TEAM, "X: y") + inner)
        .map(Attempt::atOnce)
        .toList();
  }

  /** Paths that a proxy may take for the team's, and the server for another one. */
  private static List<Attempt> targets() {
    return Stream.of(
            TEAM + "/../victim",
            TEAM + "/%2e%2e/victim",
            TEAM + "/..%2fvictim",
            TEAM + "%2f..%2fvictim",
            TEAM + "/..;/victim",
            TEAM + "/.%2e/victim",
            TEAM + "/x/..%2f..%2fvictim",
            TEAM + "/..\\victim",
            TEAM + "#/../victim",
            TEAM + "?/../victim",
            TEAM + "/#/../../victim",
            TEAM + "\0/../victim",
            TEAM + "%00/../victim",
            TEAM + "/job/victim",
            TEAM + "/%6aob/victim",
            TEAM + "/job@base64/dmljdGlt",
            TEAM + "//metrics/job/victim",
            "/metrics/job/%76ictim",
            "/metrics/job@base64/dmljdGlt",
            "/metrics//job/victim",
            "//metrics/job/victim",
            "/./metrics/job/victim",
            "/METRICS/job/victim",
            "http://x/metrics/job/victim",
            "http://x" + TEAM + "/../victim",
            "http://teama/metrics/job/victim?" + TEAM,
            "http://" + TEAM + "@x/metrics/job/victim",
            "HTTP:" + TEAM + "/../victim",
            "x" + TEAM + "/../victim",
            "*")
        .flatMap(
            target ->
                Stream.of(
                    Attempt.atOnce(head("DELETE " + target, "X: y")),
                    Attempt.atOnce(head("PUT " + target, "Content-Length: 4") + "a 6\n")))
        .toList();
  }
}
