package io.silverback.server.http;

import io.helidon.http.HeaderNames;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import org.jspecify.annotations.Nullable;

/** Where an answer of unknown length is written to. */
public final class AnswerStream {
  private AnswerStream() {}

  /**
   * A stream of the body, which must be closed once the answer is whole.
   *
   * <p>The answer goes out while it is written: in chunks, or to a client of HTTP/1.0, which knows
   * none, up to the end of the connection.
   */
  public static OutputStream open(ServerRequest request, ServerResponse response) {
    return Exchange.of(request).isHttp10() ? new Unchunked(response) : response.outputStream();
  }

  /** A small answer goes out as a whole, so that its length can be said. */
  private static final class Unchunked extends OutputStream {
    private static final int SMALL_BYTES = 64 * 1024;

    private final ServerResponse response;
    private final ByteArrayOutputStream held = new ByteArrayOutputStream();
    private @Nullable OutputStream out;
    private boolean isClosed;

    private Unchunked(ServerResponse response) {
      this.response = response;
    }

    @Override
    public void write(int singleByte) throws IOException {
      write(new byte[] {(byte) singleByte}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
      OutputStream begun = out;
      if (begun == null && held.size() + length <= SMALL_BYTES) {
        held.write(bytes, offset, length);
        return;
      }
      if (begun == null) {
        begun = upToTheEnd();
        held.writeTo(begun);
        held.reset();
        out = begun;
      }
      begun.write(bytes, offset, length);
    }

    /** The web server makes no chunks of an answer whose length it is told. */
    private OutputStream upToTheEnd() {
      response.contentLength(Long.MAX_VALUE);
      OutputStream begun = response.outputStream();
      // The head goes out with the first bytes, and the client must not wait for that many.
      response.headers().remove(HeaderNames.CONTENT_LENGTH);
      return begun;
    }

    @Override
    public void close() throws IOException {
      if (isClosed) {
        return;
      }
      isClosed = true;
      if (out == null) {
        response.send(held.toByteArray());
      } else {
        out.close();
      }
    }
  }
}
