package io.silverback.server.http;

import io.helidon.http.Header;
import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.helidon.http.Method;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.nio.charset.StandardCharsets;

/** Short answers in the form that upstream gives them. */
public final class PlainText {
  private static final String CONTENT_TYPE = "text/plain; charset=utf-8";

  private static final Header NO_SNIFFING =
      HeaderValues.createCached("X-Content-Type-Options", "nosniff");

  private static final int MOST_OF_START = 64 * 1024;

  /** Where the advice is. */
  private static final int MOST_OF_END = 1024;

  private PlainText() {}

  /** Ends an answer with that body, of which a HEAD gets only the length. */
  public static void end(ServerRequest request, ServerResponse response, byte[] body) {
    if (request.prologue().method().equals(Method.HEAD)) {
      response.header(HeaderNames.CONTENT_LENGTH, String.valueOf(body.length));
      response.send();
    } else {
      response.send(body);
    }
  }

  /** An error to whatever method, HEAD included. */
  public static void error(
      ServerRequest request, ServerResponse response, int status, String reason) {
    response.status(status).header(NO_SNIFFING).header(HeaderNames.CONTENT_TYPE, CONTENT_TYPE);
    end(request, response, (shortened(reason) + "\n").getBytes(StandardCharsets.UTF_8));
  }

  /** An answer with that text and nothing added. */
  public static void send(ServerResponse response, int status, String text) {
    response.status(status).header(HeaderNames.CONTENT_TYPE, CONTENT_TYPE);
    response.send(text.getBytes(StandardCharsets.UTF_8));
  }

  /** An error: the reason as a line, which no browser may take for anything else. */
  public static void error(ServerResponse response, int status, String reason) {
    // upstream: Go's http.Error adds the header and the line feed.
    response.header(NO_SNIFFING);
    send(response, status, shortened(reason) + "\n");
  }

  /** The same of a bounded length: reasons quote what the client sent, maybe megabytes of it. */
  public static String shortened(String reason) {
    int left = reason.length() - MOST_OF_START - MOST_OF_END;
    return left <= 0
        ? reason
        : reason.substring(0, MOST_OF_START)
            + "... ("
            + left
            + " more characters) ..."
            + reason.substring(reason.length() - MOST_OF_END);
  }
}
