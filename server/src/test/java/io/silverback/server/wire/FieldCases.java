package io.silverback.server.wire;

import static io.silverback.server.wire.WireRequest.JOB;
import static io.silverback.server.wire.WireRequest.push;
import static io.silverback.server.wire.WireRequest.put;
import static io.silverback.server.wire.WireRequest.question;
import static io.silverback.server.wire.WireRequest.refused;

import io.silverback.server.wire.Reply.After;
import java.util.ArrayList;
import java.util.List;

/** What real clients and attackers were seen to send to servers that got it wrong. */
final class FieldCases {
  private FieldCases() {}

  static List<WireCase> all() {
    var cases = new ArrayList<WireCase>();
    cases.add(
        WireCase.of(
            "metrics-cpp ends some lines in LF alone",
            push(
                    "POST /metrics/job/"
                        + JOB
                        + "/instance/i HTTP/1.1\r\n"
                        + "Host:127.0.0.1\nUser-Agent: x/1.0\r\nAccept: */*\r\n"
                        + "Content-Length: 4\nConnection: close\n\n",
                    "a 1\n")
                .thenEnds(After.SAYS_CLOSE)));
    cases.add(
        WireCase.of(
            "a chunk in several segments",
            put(
                    "Connection: close\r\nTransfer-Encoding: chunked",
                    "15\r\nsmall_metric 1234567\n\r\n0\r\n\r\n",
                    "small_metric 1.234567e+06")
                .thenEnds(After.SAYS_CLOSE)));
    String data = "#".repeat(402) + "0\r\n\r\n" + BodyCases.INNER;
    data += "#".repeat(1000 - data.length());
    cases.add(
        WireCase.of(
            "a request and the end of a body inside a chunk",
            question(
                202,
                "DELETE /metrics/job/"
                    + JOB
                    + " HTTP/1.1\r\nHost: x\r\n"
                    + "Transfer-Encoding: chunked\r\n\r\n",
                "3e8\r\n" + data + "\r\n0\r\n\r\n")));
    String healthy = "GET /-/healthy HTTP/1.1\r\nHost: x\r\n\r\n";
    cases.add(
        WireCase.of(
            "a body that comes after its answer",
            question(
                new Reply(202, After.SAYS_CLOSE),
                "DELETE /metrics/job/"
                    + JOB
                    + " HTTP/1.1\r\nHost: x\r\n"
                    + "Expect: 100-continue\r\nContent-Length: "
                    + healthy.length()
                    + "\r\n\r\n",
                healthy)));
    cases.add(
        WireCase.of(
            "an expectation of HTTP/1.0",
            push(
                    "PUT /metrics/job/"
                        + JOB
                        + " HTTP/1.0\r\n"
                        + "Expect: 100-continue\r\nContent-Length: 4\r\n\r\n",
                    "a 1\n")
                .thenEnds(After.ENDS)));
    for (String control : List.of("\t", "\177", "\1")) {
      cases.add(
          WireCase.of(
              "a control character in a label value " + control,
              refused(
                  "PUT /metrics/job/"
                      + JOB
                      + "/l/a"
                      + control
                      + "b HTTP/1.1\r\nHost: x\r\n"
                      + "Connection: close\r\nContent-Length: 4\r\n\r\na 1\n")));
    }
    return cases;
  }
}
