package io.silverback.server.http;

import io.helidon.http.HeaderNames;
import io.helidon.webserver.http.ServerRequest;

/** Where a request came from first, as far as it says so; nothing to decide about trust by. */
public final class ClientName {
  private ClientName() {}

  /**
   * The first address that proxies noted in {@code X-Forwarded-For}, so that a client has one name
   * whichever proxy it comes through; else the address of the connection. Without a port, which is
   * another one for each connection.
   */
  public static String of(ServerRequest request) {
    String forwarded = request.headers().first(HeaderNames.X_FORWARDED_FOR).orElse("");
    int comma = forwarded.indexOf(',');
    String first = (comma < 0 ? forwarded : forwarded.substring(0, comma)).strip();
    return first.isEmpty() ? request.remotePeer().host() : first;
  }
}
