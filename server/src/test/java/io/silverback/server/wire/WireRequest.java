package io.silverback.server.wire;

import io.silverback.server.RawHttp.Answer;
import io.silverback.server.wire.Reply.After;
import java.util.Locale;
import java.util.Optional;

/**
 * One request as the characters of its bytes (ISO 8859-1), and what is right to answer it with,
 * whole or cut off. {@link #JOB} in it becomes the name of a job that no other request has.
 *
 * @param headLength how much of the bytes is request line and headers
 * @param sample what the page shows of the job afterwards, as {@code name value}; without one,
 *     nothing of the job
 */
record WireRequest(Kind kind, String bytes, int headLength, Reply reply, Optional<String> sample) {

  /** Replaced by the name of a job of its own, which is as long. */
  static final String JOB = "JOBNAME";

  static final String EMPTY_GROUP = "";

  private static final String BAD_REQUEST = "400 Bad Request";
  private static final String UNEXPECTED_EOF = "unexpected EOF\n";
  private static final Reply STORED = new Reply(200, "", After.GOES_ON);

  /** What a request is to the server, which decides what a cut does to it. */
  enum Kind {
    /** Needs its body. */
    PUSH,
    /** Is answered whatever its body is. */
    QUESTION,
    /** Has a head that is refused. */
    REFUSED
  }

  /** A push to {@link #JOB} of the sample {@code a 1}. */
  static WireRequest push(String head, String body) {
    return push(head, body, "a 1");
  }

  static WireRequest push(String head, String body, String sample) {
    return new WireRequest(Kind.PUSH, head + body, head.length(), STORED, Optional.of(sample));
  }

  /** The same by PUT, with these header lines. */
  static WireRequest put(String headers, String body) {
    return push(putHead(headers), body);
  }

  static WireRequest put(String headers, String body, String sample) {
    return push(putHead(headers), body, sample);
  }

  /** A push whose body is not framed as it says, which ends the connection. */
  static WireRequest malformed(String headers, String body) {
    String head = putHead(headers);
    var reply = new Reply(400, After.SAYS_CLOSE);
    return new WireRequest(Kind.PUSH, head + body, head.length(), reply, Optional.empty());
  }

  /** A request that is answered without a look at its body. */
  static WireRequest question(int status, String head, String body) {
    return question(new Reply(status, After.GOES_ON), head, body);
  }

  static WireRequest question(Reply reply, String head, String body) {
    return new WireRequest(Kind.QUESTION, head + body, head.length(), reply, Optional.empty());
  }

  /** A head that is refused, which ends the connection. */
  static WireRequest refused(String bytes) {
    return refused(400, BAD_REQUEST, bytes);
  }

  static WireRequest refused(int status, String text, String bytes) {
    return refused(new Reply(status, text, After.SAYS_CLOSE), bytes);
  }

  static WireRequest refused(Reply reply, String bytes) {
    return new WireRequest(Kind.REFUSED, bytes, bytes.length(), reply, Optional.empty());
  }

  /** The same request, after which the connection ends. */
  WireRequest thenEnds(After after) {
    return new WireRequest(
        kind, bytes, headLength, new Reply(reply.status(), reply.text(), after), sample);
  }

  /** The head of a PUT to {@link #JOB} with these header lines, which end in CR LF each. */
  static String putHead(String headers) {
    return "PUT /metrics/job/" + JOB + " HTTP/1.1\r\nHost: x\r\n" + headers + "\r\n\r\n";
  }

  String method() {
    int blank = bytes.indexOf(' ');
    return blank < 0 ? "" : bytes.substring(0, blank);
  }

  /** True if the server may tell the client to go on with its body. */
  boolean mayBeContinued() {
    String head = bytes.substring(0, headLength).toLowerCase(Locale.ROOT);
    return head.contains("expect: 100") && head.contains(" http/1.1");
  }

  /** True if the answer to this request is that of a cut after that many of its bytes. */
  boolean allowsWhenCut(int length, Optional<Answer> answer) {
    if (length < headLength || kind == Kind.REFUSED) {
      // upstream: net/http answers half a head with 400. No answer is right as well.
      return answer
          .map(Answer::status)
          .map(status -> status == 400 || (kind == Kind.REFUSED && status == reply.status()))
          .orElse(true);
    }
    return answer.isPresent()
        && switch (kind) {
          case PUSH ->
              new Reply(400, UNEXPECTED_EOF, After.ENDS).allows(answer.get())
                  || (reply.status() == 400 && reply.allows(answer.get()));
          case QUESTION -> answer.get().status() == reply.status();
          case REFUSED -> false;
        };
  }
}
