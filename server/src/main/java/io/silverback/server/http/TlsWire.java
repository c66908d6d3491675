package io.silverback.server.http;

import io.silverback.server.web.ClientCertificate;
import io.silverback.server.web.HandshakeFailure;
import io.silverback.server.web.HandshakeFailures;
import java.io.EOFException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.security.cert.X509Certificate;
import java.util.Optional;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLEngineResult;
import javax.net.ssl.SSLException;

/**
 * A connection through TLS. The handshake is part of the first read.
 *
 * <p>A client that has ended its side can still be answered, as far as its version of TLS allows
 * that. One that speaks HTTP without TLS is told so in the clear.
 */
final class TlsWire implements Wire {
  /** Of the head of a TLS record: enough to tell it from a method of HTTP. */
  private static final int TELLING_BYTES = 5;

  private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);

  private final SocketChannel channel;
  private final SSLEngine engine;
  private final InetSocketAddress client;
  private final HandshakeFailures failures;

  /** Records as received; always ready to be read from, like {@link #data}. */
  private ByteBuffer records;

  private ByteBuffer data;
  private ByteBuffer sending;
  private boolean isBegun;
  private boolean isRecognized;
  private boolean isAgreed;
  private boolean isInTheClear;
  private boolean isInputOver;
  private volatile boolean isCutOff;

  /** Serves TLS over that channel with that engine. */
  TlsWire(
      SocketChannel channel,
      SSLEngine engine,
      InetSocketAddress client,
      HandshakeFailures failures) {
    this.channel = channel;
    this.client = client;
    this.engine = engine;
    this.failures = failures;
    int recordBytes = engine.getSession().getPacketBufferSize();
    this.records = ByteBuffer.allocate(recordBytes).limit(0);
    this.data = ByteBuffer.allocate(engine.getSession().getApplicationBufferSize()).limit(0);
    this.sending = ByteBuffer.allocate(recordBytes);
  }

  @Override
  public int read(byte[] bytes, int offset, int length) throws IOException {
    if (isInTheClear) {
      return channel.read(ByteBuffer.wrap(bytes, offset, length));
    }
    while (!data.hasRemaining()) {
      if (isInputOver) {
        failIfNotAgreed(new EOFException("the client ended"));
        return -1;
      }
      try {
        advance();
      } catch (SSLException e) {
        sendAlert();
        failIfNotAgreed(e);
        throw e;
      } catch (IOException e) {
        failIfNotAgreed(e);
        throw e;
      }
    }
    int count = Math.min(length, data.remaining());
    data.get(bytes, offset, count);
    return count;
  }

  private void advance() throws IOException {
    switch (engine.getHandshakeStatus()) {
      case NEED_TASK -> runTasks();
      case NEED_WRAP -> wrap(NOTHING);
      case NEED_UNWRAP, NEED_UNWRAP_AGAIN, NOT_HANDSHAKING, FINISHED -> unwrap();
    }
  }

  private void unwrap() throws IOException {
    if (!isRecognized) {
      recognize();
    }
    data.clear();
    SSLEngineResult result;
    try {
      result = engine.unwrap(records, data);
    } finally {
      data.flip();
    }
    isAgreed |= result.getHandshakeStatus() == SSLEngineResult.HandshakeStatus.FINISHED;
    switch (result.getStatus()) {
      case OK -> {}
      case BUFFER_UNDERFLOW -> receive();
      case BUFFER_OVERFLOW -> data = larger(data, engine.getSession().getApplicationBufferSize());
      case CLOSED -> isInputOver = true;
    }
  }

  private void recognize() throws IOException {
    while (records.remaining() < TELLING_BYTES && !isInputOver) {
      receive();
    }
    isRecognized = true;
    if (beginsLikeHttp()) {
      isInTheClear = true;
      note(HandshakeFailure.PLAIN_HTTP, "client sent an HTTP request to an HTTPS server");
      throw new RefusedRequestException(400, "Client sent an HTTP request to an HTTPS server.\n");
    }
  }

  /** A method, or as much of it as there is. */
  private boolean beginsLikeHttp() {
    int letters = 0;
    while (letters < records.remaining() && letters < TELLING_BYTES && isLetter(letters)) {
      letters++;
    }
    return letters == TELLING_BYTES
        || (letters > 0
            && letters < records.remaining()
            && records.get(records.position() + letters) == ' ');
  }

  private boolean isLetter(int index) {
    byte character = records.get(records.position() + index);
    return character >= 'A' && character <= 'Z';
  }

  private void receive() throws IOException {
    if (records.remaining() == records.capacity()) {
      records = larger(records, engine.getSession().getPacketBufferSize());
    }
    records.compact();
    try {
      int count = channel.read(records);
      isBegun |= count > 0;
      isInputOver = count < 0;
    } finally {
      records.flip();
    }
  }

  /** Looks at the connection below: that TLS is over, it only says in a record. */
  @Override
  public boolean hasEnded() throws IOException {
    if (isInTheClear || records.remaining() == records.capacity()) {
      return false;
    }
    records.compact();
    channel.configureBlocking(false);
    try {
      return channel.read(records) < 0;
    } finally {
      records.flip();
      channel.configureBlocking(true);
    }
  }

  private static ByteBuffer larger(ByteBuffer buffer, int wanted) {
    int capacity = Math.max(wanted, 2 * buffer.capacity());
    return ByteBuffer.allocate(capacity).put(buffer).flip();
  }

  private void runTasks() {
    for (Runnable task; (task = engine.getDelegatedTask()) != null; ) {
      task.run();
    }
  }

  private void failIfNotAgreed(IOException cause) {
    if (!isAgreed && !isInTheClear) {
      isAgreed = true;
      note(
          isCutOff ? HandshakeFailure.TIMEOUT : HandshakeFailure.of(cause),
          String.valueOf(rootOf(cause).getMessage()));
    }
  }

  /** The JDK wraps what a client says into an exception of its own. */
  private static Throwable rootOf(Throwable failure) {
    Throwable root = failure;
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      root = cause;
    }
    return root;
  }

  private void note(HandshakeFailure reason, String detail) {
    failures.note(reason, client.getAddress().getHostAddress(), client.getPort(), detail);
  }

  private void sendAlert() {
    try {
      if (engine.getHandshakeStatus() == SSLEngineResult.HandshakeStatus.NEED_WRAP) {
        wrap(NOTHING);
      }
    } catch (IOException _) {
      // The client hears of the failure by the end of the connection.
    }
  }

  @Override
  public Optional<X509Certificate> clientCertificate() {
    return ClientCertificate.verified(engine);
  }

  @Override
  public void write(byte[] bytes, int offset, int length) throws IOException {
    var rest = ByteBuffer.wrap(bytes, offset, length);
    if (isInTheClear) {
      send(rest);
    }
    while (rest.hasRemaining()) {
      wrap(rest);
    }
  }

  /** Sends one record with as much of the source as it takes. */
  private void wrap(ByteBuffer source) throws IOException {
    sending.clear();
    SSLEngineResult result = engine.wrap(source, sending);
    isAgreed |= result.getHandshakeStatus() == SSLEngineResult.HandshakeStatus.FINISHED;
    send(sending.flip());
    switch (result.getStatus()) {
      case OK -> {}
      case BUFFER_OVERFLOW ->
          sending =
              ByteBuffer.allocate(
                  Math.max(engine.getSession().getPacketBufferSize(), 2 * sending.capacity()));
      case CLOSED -> {
        if (source.hasRemaining()) {
          throw new SSLException("the connection is closed");
        }
      }
      case BUFFER_UNDERFLOW -> throw new IllegalStateException("nothing to wrap: " + result);
    }
  }

  private void send(ByteBuffer bytes) throws IOException {
    while (bytes.hasRemaining()) {
      channel.write(bytes);
    }
  }

  /** In TLS said by the close only: a client could take less for an attack. */
  @Override
  public void endOutput() throws IOException {
    if (isInTheClear) {
      channel.shutdownOutput();
    }
  }

  @Override
  public void endInput() throws IOException {
    isCutOff = true;
    channel.shutdownInput();
  }

  @Override
  public void close() throws IOException {
    try {
      engine.closeOutbound();
      while (isBegun && !isInTheClear && !engine.isOutboundDone()) {
        wrap(NOTHING);
      }
    } finally {
      channel.close();
    }
  }

  @Override
  public void drop() throws IOException {
    channel.close();
  }
}
