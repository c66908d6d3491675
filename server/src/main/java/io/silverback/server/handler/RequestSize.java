package io.silverback.server.handler;

import io.helidon.http.Header;
import io.helidon.webserver.http.ServerRequest;
import io.silverback.server.http.Exchange;

/** How long a request was on the wire, approximately. */
final class RequestSize {
  private RequestSize() {}

  // upstream: promhttp's computeApproximateRequestSize adds up these parts, without separators.
  static long of(ServerRequest request) {
    long size = request.path().rawPath().length();
    size += request.prologue().method().text().length();
    size += "HTTP/1.1".length();
    for (Header header : request.headers()) {
      size += header.name().length() + header.get().length();
    }
    return size + Exchange.of(request).body().readBytes();
  }
}
