package io.silverback.server;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.helidon.common.buffers.DataReader;
import io.helidon.webserver.ConnectionContext;
import io.silverback.server.handler.ClientAddress;
import io.silverback.server.web.HandshakeFailure;
import io.silverback.server.web.HandshakeFailures;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * Reads from a connection over TLS, whose handshake takes place within the first read. If it fails,
 * the failure is noted, and a client that speaks HTTP without TLS is told so.
 *
 * <p>Belongs to the thread of its connection. The time of a handshake is bounded like that of a
 * first request, by {@link Connections}.
 */
final class Handshake implements Supplier<byte[]> {
  // upstream: net/http/server.go, with this version and without any header.
  private static final byte[] PLAIN_HTTP_ANSWER =
      "HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n"
          .getBytes(US_ASCII);

  /** How long, and for how much, a client may go on with its request once it has the answer. */
  private static final long LINGER_NANOS = TimeUnit.SECONDS.toNanos(1);

  private static final int LINGER_BYTES = 384 * 1024;

  private final ConnectionContext context;
  private final Connection connection;
  private final HandshakeFailures failures;
  private final Supplier<byte[]> reads;
  private final InetSocketAddress client;
  private boolean isOver;

  /**
   * The reads of a connection on which nothing was read so far.
   *
   * @param reads waits for what comes next, and throws at the end
   */
  Handshake(
      ConnectionContext context,
      Connection connection,
      HandshakeFailures failures,
      Supplier<byte[]> reads) {
    this.context = context;
    this.connection = connection;
    this.failures = failures;
    this.reads = reads;
    this.client = ClientAddress.of(context.remotePeer());
  }

  @Override
  public byte[] get() {
    if (isOver) {
      return reads.get();
    }
    try {
      byte[] bytes = reads.get();
      isOver = true;
      return bytes;
    } catch (RuntimeException e) {
      // A client may also leave, or be cut off, after a handshake that went well.
      if (!isAgreed()) {
        failed(e);
      }
      throw e;
    }
  }

  /** From the end of the handshake on, the session knows which certificate we have shown. */
  private boolean isAgreed() {
    return context.localPeer().tlsCertificates().isPresent();
  }

  private void failed(RuntimeException failure) {
    HandshakeFailure reason = reasonOf(failure);
    failures.note(reason, client.getAddress().getHostAddress(), client.getPort(), textOf(failure));
    if (reason == HandshakeFailure.PLAIN_HTTP) {
      answerInTheClear();
    }
  }

  private HandshakeFailure reasonOf(RuntimeException failure) {
    if (connection.isCutOff()) {
      return HandshakeFailure.TIMEOUT;
    }
    return failure instanceof DataReader.InsufficientDataAvailableException
        ? HandshakeFailure.CLOSED
        : HandshakeFailure.of(failure);
  }

  /** What the JDK says at the bottom of its causes, which the web server has wrapped. */
  private static String textOf(Throwable failure) {
    String text = "EOF";
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      boolean isWrapper = cause instanceof RuntimeException;
      if (!isWrapper && cause.getMessage() != null) {
        text = cause.getMessage();
      }
    }
    return text;
  }

  private void answerInTheClear() {
    SocketChannel channel = connection.channel();
    try {
      var answer = ByteBuffer.wrap(PLAIN_HTTP_ANSWER);
      while (answer.hasRemaining()) {
        channel.write(answer);
      }
      channel.shutdownOutput();
      awaitEnd(channel);
    } catch (IOException _) {
      // The client is gone, or sends on in spite of the answer. The connection ends either way.
    }
  }

  /** To close a socket with unread bytes would reset it, and the client might lose the answer. */
  private static void awaitEnd(SocketChannel channel) throws IOException {
    long end = System.nanoTime() + LINGER_NANOS;
    InputStream rest = channel.socket().getInputStream();
    byte[] buffer = new byte[8192];
    int left = LINGER_BYTES;
    while (left > 0) {
      long leftMillis = TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime());
      if (leftMillis <= 0) {
        return;
      }
      channel.socket().setSoTimeout((int) leftMillis);
      int read = rest.read(buffer);
      if (read < 0) {
        return;
      }
      left -= read;
    }
  }
}
