package io.silverback.server.handler;

import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import io.silverback.server.http.Exchange;
import java.io.ByteArrayOutputStream;
import java.io.OutputStream;

/** Where an answer of unknown length is written to. */
final class AnswerStream {
  private AnswerStream() {}

  /**
   * A stream of the body, which must be closed once the answer is whole.
   *
   * <p>The answer goes out in chunks while it is written, except to a client of HTTP/1.0, for which
   * it is kept until it is whole.
   */
  static OutputStream open(ServerRequest request, ServerResponse response) {
    return Exchange.of(request).isHttp10() ? new Whole(response) : response.outputStream();
  }

  private static final class Whole extends ByteArrayOutputStream {
    private final ServerResponse response;
    private boolean isClosed;

    private Whole(ServerResponse response) {
      this.response = response;
    }

    @Override
    public void close() {
      if (!isClosed) {
        isClosed = true;
        response.send(toByteArray());
      }
    }
  }
}
