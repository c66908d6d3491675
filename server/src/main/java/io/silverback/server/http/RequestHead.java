package io.silverback.server.http;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;

/**
 * The head of a request that is fit to be answered.
 *
 * @param method as sent; methods are case-sensitive (RFC 9110, section 9.1)
 * @param target path and query in ASCII, or {@code *}
 * @param isHttp10 whether the client speaks HTTP/1.0: it knows no chunks, and takes the end of the
 *     connection for the end of the answer
 * @param fields in the order sent; only those that are not about this one connection
 * @param length how long the body is, or {@link #CHUNKED}
 * @param asksToContinue whether the client waits for a 100 before it sends its body
 * @param wantsClose whether this is the last request of the connection
 */
record RequestHead(
    String method,
    String target,
    boolean isHttp10,
    List<Field> fields,
    long length,
    boolean asksToContinue,
    boolean wantsClose) {
  /** The length of a body that says itself where it ends. */
  static final long CHUNKED = -1;

  /** A header field; each character is a byte. */
  record Field(String name, String value) {
    boolean isNamed(String other) {
      return name.equalsIgnoreCase(other);
    }
  }

  RequestHead {
    fields = List.copyOf(fields);
  }

  /**
   * The head for a web server that shall read no body: what frames the request is left out, since
   * the body does not come this way.
   */
  byte[] withoutBody() {
    var head = new StringBuilder(512);
    head.append(exactMethod()).append(' ').append(target).append(" HTTP/1.1\r\n");
    for (Field field : fields) {
      head.append(field.name()).append(": ").append(field.value()).append("\r\n");
    }
    if (wantsClose) {
      head.append("Connection: close\r\n");
    }
    return head.append("\r\n").toString().getBytes(StandardCharsets.ISO_8859_1);
  }

  /** The web server takes {@code put} for PUT; no route has a method with this prefix. */
  private String exactMethod() {
    return method.equals(method.toUpperCase(Locale.ROOT)) ? method : "NO-" + method;
  }
}
