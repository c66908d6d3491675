package io.silverback.server.http;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.helidon.common.buffers.BufferData;
import io.helidon.common.buffers.DataReader;
import io.helidon.common.buffers.DataWriter;
import io.helidon.common.concurrency.limits.Limit;
import io.helidon.common.socket.PeerInfo;
import io.helidon.http.Status;
import io.helidon.webserver.CloseConnectionException;
import io.helidon.webserver.ConnectionContext;
import io.helidon.webserver.ListenerContext;
import io.helidon.webserver.Router;
import io.helidon.webserver.spi.ServerConnection;
import io.helidon.webserver.spi.ServerConnectionSelector;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.util.concurrent.ExecutorService;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/**
 * One connection as the web server sees it: a row of heads without bodies.
 *
 * <p>It gets the next head only once the request before is answered and read, or skipped, to its
 * last byte. So it can never take a byte of a body for a request, in whatever order it reads and
 * answers. Bodies are read through the {@link Exchange}.
 */
final class ServedConnection implements ConnectionContext {
  private final HttpContext context;
  private final Connection connection;
  private final boolean isSecure;
  private final IntConsumer onRefused;
  private final WireInput in;
  private final HeadReader heads;
  private final DataReader reader = DataReader.create(this::nextHead);
  private final DataWriter writer = new Writer();
  private final ServerConnection http;
  private @Nullable Exchange exchange;

  /**
   * A connection that was accepted.
   *
   * @param onRefused told the status of each head that was refused
   */
  ServedConnection(
      HttpContext context,
      ServerConnectionSelector selector,
      Connection connection,
      boolean isSecure,
      IntConsumer onRefused) {
    this.context = context;
    this.connection = connection;
    this.isSecure = isSecure;
    this.onRefused = onRefused;
    this.in = new WireInput(connection::read);
    this.heads = new HeadReader(in);
    this.http = selector.connection(this);
  }

  /** Answers requests until the connection ends; by the thread of the connection. */
  void serve(Limit limit) throws InterruptedException {
    http.handle(limit);
  }

  /** Ends it once the request is answered that is being answered now. Any thread may call this. */
  void endWhenAnswered() {
    http.close(false);
  }

  Connection connection() {
    return connection;
  }

  private byte[] nextHead() {
    try {
      endExchange();
      RequestHead head =
          heads.read().orElseThrow(() -> new CloseConnectionException("the client has ended"));
      connection.beginRequest();
      var body = new RequestBody(in, head.length(), opening(head));
      exchange = new Exchange(head, body, connection);
      return head.withoutBody();
    } catch (RefusedRequestException e) {
      onRefused.accept(e.status());
      refuse(e);
      connection.linger();
      throw new CloseConnectionException("the request was refused", e);
    } catch (IOException e) {
      throw new CloseConnectionException("the client went away", e);
    }
  }

  private RequestBody.Opening opening(RequestHead head) {
    return head.asksToContinue() ? connection::writeContinue : () -> {};
  }

  /** Makes sure that the next byte is the first of a request, or ends the connection. */
  private void endExchange() throws IOException {
    Exchange before = exchange;
    if (before == null) {
      return;
    }
    exchange = null;
    if (before.endsConnection()) {
      if (!before.body().isComplete()) {
        connection.linger();
      }
      throw new CloseConnectionException("the answer said that it is the last one");
    }
    if (!skips(before.body())) {
      connection.linger();
      throw new CloseConnectionException("the client sends more than it was asked for");
    }
    connection.endRequest();
  }

  private static boolean skips(RequestBody body) throws IOException {
    try {
      return body.skip(Exchange.MOST_SKIPPED_BYTES);
    } catch (RefusedRequestException _) {
      // The request has its answer already, and gets no second one.
      return false;
    }
  }

  private void refuse(RefusedRequestException refusal) {
    int status = refusal.status();
    byte[] text = refusal.reason().getBytes(UTF_8);
    String head =
        """
        HTTP/1.1 %d %s\r
        Content-Type: text/plain; charset=utf-8\r
        Connection: close\r
        Content-Length: %d\r
        \r
        """
            .formatted(status, nameOf(status), text.length);
    writer.write(BufferData.create(head.getBytes(UTF_8)), BufferData.create(text));
  }

  private static String nameOf(int status) {
    // The library knows no name for this one.
    return status == 431 ? "Request Header Fields Too Large" : Status.create(status).reasonPhrase();
  }

  @Override
  public PeerInfo remotePeer() {
    Exchange current = exchange;
    if (current == null) {
      throw new IllegalStateException("there is no request: client=" + connection.client());
    }
    return new ClientPeer(connection.client(), current);
  }

  @Override
  public PeerInfo localPeer() {
    throw new UnsupportedOperationException("nobody asks where a request came in");
  }

  @Override
  public DataReader dataReader() {
    return reader;
  }

  @Override
  public DataWriter dataWriter() {
    return writer;
  }

  @Override
  public ListenerContext listenerContext() {
    return context;
  }

  @Override
  public ExecutorService executor() {
    return context.executor();
  }

  @Override
  public Router router() {
    return context.router();
  }

  @Override
  public boolean isSecure() {
    return isSecure;
  }

  @Override
  public String socketId() {
    return "http";
  }

  @Override
  public String childSocketId() {
    return Integer.toHexString(System.identityHashCode(connection));
  }

  /** Straight to the socket: what is written has been sent when a method returns. */
  private final class Writer implements DataWriter {
    private final OutputStream out =
        new OutputStream() {
          @Override
          public void write(int singleByte) throws IOException {
            write(new byte[] {(byte) singleByte}, 0, 1);
          }

          @Override
          public void write(byte[] bytes, int offset, int length) throws IOException {
            connection.write(bytes, offset, length);
          }
        };

    @Override
    public void write(BufferData... buffers) {
      for (BufferData buffer : buffers) {
        write(buffer);
      }
    }

    @Override
    public void write(BufferData buffer) {
      try {
        buffer.writeTo(out);
      } catch (UncheckedIOException e) {
        throw new CloseConnectionException("the client went away", e);
      }
    }

    @Override
    public void writeNow(BufferData... buffers) {
      write(buffers);
    }

    @Override
    public void writeNow(BufferData buffer) {
      write(buffer);
    }
  }
}
