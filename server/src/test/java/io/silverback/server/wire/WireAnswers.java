package io.silverback.server.wire;

import io.silverback.server.RawHttp.Answer;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * Takes the bytes that came over one connection apart into answers, by the rules of RFC 9112 alone.
 * Bytes that belong to no answer fail the test: a client would take them for the next one.
 */
final class WireAnswers {
  private static final String CRLF = "\r\n";

  private final String bytes;
  private int at;

  private WireAnswers(byte[] bytes) {
    this.bytes = new String(bytes, StandardCharsets.ISO_8859_1);
  }

  /**
   * All answers, interim ones included.
   *
   * @param methods those of the requests, in order, as an answer to HEAD has no body; what is not
   *     in the list is no HEAD
   */
  static List<Answer> parse(byte[] bytes, List<String> methods) {
    var parser = new WireAnswers(bytes);
    var answers = new ArrayList<Answer>();
    int finals = 0;
    while (parser.at < bytes.length) {
      boolean isHead = finals < methods.size() && methods.get(finals).equals("HEAD");
      Answer answer = parser.next(isHead);
      answers.add(answer);
      finals += isInterim(answer) ? 0 : 1;
    }
    return answers;
  }

  /** All answers but interim ones, such as 100 Continue. */
  static List<Answer> finals(byte[] bytes, List<String> methods) {
    return parse(bytes, methods).stream().filter(answer -> !isInterim(answer)).toList();
  }

  static boolean isInterim(Answer answer) {
    return answer.status() < 200;
  }

  /** True if the answer says that no other one follows it. */
  static boolean saysClose(Answer answer) {
    return answer.header("Connection").filter("close"::equalsIgnoreCase).isPresent();
  }

  private Answer next(boolean isHead) {
    int end = bytes.indexOf(CRLF + CRLF, at);
    if (end < 0 || !bytes.startsWith("HTTP/1.", at)) {
      throw fault("not an answer");
    }
    List<String> lines = List.of(bytes.substring(at, end).split(CRLF, -1));
    at = end + 4;
    // The status line: HTTP/1.1 200 OK
    int status = Integer.parseInt(lines.getFirst().substring(9, 12));
    var head = new Answer(status, lines, "");
    boolean hasNoBody = isInterim(head) || status == 204 || status == 304;
    byte[] body = isHead ? bodyForHead(head) : hasNoBody ? new byte[0] : body(head);
    return new Answer(status, lines, new String(body, StandardCharsets.UTF_8));
  }

  /** None, but for a server that refused the head before it knew the method. */
  private byte[] bodyForHead(Answer head) {
    boolean isBare = saysClose(head) && !bytes.startsWith("HTTP/1.", at);
    return isBare ? take(bytes.length() - at) : new byte[0];
  }

  private byte[] body(Answer head) {
    if (head.header("Transfer-Encoding").filter("chunked"::equalsIgnoreCase).isPresent()) {
      return chunks();
    }
    // An answer without a length goes on until the connection ends.
    int length = head.header("Content-Length").map(Integer::parseInt).orElse(bytes.length() - at);
    return take(length);
  }

  private byte[] chunks() {
    var joined = new ByteArrayOutputStream();
    while (true) {
      int lineEnd = bytes.indexOf(CRLF, at);
      if (lineEnd < 0) {
        throw fault("an answer that breaks off");
      }
      int size = Integer.parseInt(bytes.substring(at, lineEnd), 16);
      at = lineEnd + 2;
      joined.writeBytes(take(size));
      if (!bytes.startsWith(CRLF, at)) {
        throw fault("a chunk without its end");
      }
      at += 2;
      if (size == 0) {
        return joined.toByteArray();
      }
    }
  }

  private byte[] take(int length) {
    if (length > bytes.length() - at) {
      throw fault("an answer that breaks off");
    }
    at += length;
    return bytes.substring(at - length, at).getBytes(StandardCharsets.ISO_8859_1);
  }

  private AssertionError fault(String what) {
    return new AssertionError(what + ": offset=" + at + " bytes=" + bytes);
  }
}
