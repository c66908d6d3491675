package io.silverback.server.handler;

import io.helidon.http.Header;
import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.helidon.webserver.http.ServerResponse;
import java.nio.charset.StandardCharsets;

/** Short answers in the form that upstream gives them. */
final class PlainText {
  private static final String CONTENT_TYPE = "text/plain; charset=utf-8";

  private static final Header NO_SNIFFING =
      HeaderValues.createCached("X-Content-Type-Options", "nosniff");

  private PlainText() {}

  /** An answer with that text and nothing added. */
  static void send(ServerResponse response, int status, String text) {
    response.status(status).header(HeaderNames.CONTENT_TYPE, CONTENT_TYPE);
    response.send(text.getBytes(StandardCharsets.UTF_8));
  }

  /** An error: the reason as a line, which no browser may take for anything else. */
  static void error(ServerResponse response, int status, String reason) {
    // upstream: Go's http.Error adds the header and the line feed.
    response.header(NO_SNIFFING);
    send(response, status, reason + "\n");
  }
}
