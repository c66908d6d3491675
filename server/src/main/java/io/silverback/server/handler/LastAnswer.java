package io.silverback.server.handler;

import io.helidon.http.HeaderValues;
import io.helidon.webserver.CloseConnectionException;
import io.helidon.webserver.http.ServerResponse;

/** An answer after which the connection is closed. */
public final class LastAnswer {
  private LastAnswer() {}

  /**
   * Says in the answer that the connection closes, and closes it once the answer was sent: the web
   * server itself only says so, and leaves it to the client. For doors, not for error handlers.
   */
  public static void closeAfter(ServerResponse response) {
    response.header(HeaderValues.CONNECTION_CLOSE);
    response.whenSent(
        () -> {
          throw new CloseConnectionException("closed as was said");
        });
  }
}
