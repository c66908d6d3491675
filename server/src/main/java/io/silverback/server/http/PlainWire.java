package io.silverback.server.http;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.security.cert.X509Certificate;
import java.util.Optional;

/** A connection in the clear. */
final class PlainWire implements Wire {
  private static final int AHEAD_BYTES = 1024;
  private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);

  private final SocketChannel channel;

  /** What came while nobody read. */
  private ByteBuffer ahead = NOTHING;

  PlainWire(SocketChannel channel) {
    this.channel = channel;
  }

  @Override
  public int read(byte[] bytes, int offset, int length) throws IOException {
    if (ahead.hasRemaining()) {
      int count = Math.min(length, ahead.remaining());
      ahead.get(bytes, offset, count);
      return count;
    }
    return channel.read(ByteBuffer.wrap(bytes, offset, Math.min(length, MOST_BYTES)));
  }

  @Override
  public boolean hasEnded() throws IOException {
    if (ahead.hasRemaining()) {
      return false;
    }
    if (ahead.capacity() == 0) {
      ahead = ByteBuffer.allocate(AHEAD_BYTES);
    }
    ahead.clear();
    channel.configureBlocking(false);
    try {
      return channel.read(ahead) < 0;
    } finally {
      ahead.flip();
      channel.configureBlocking(true);
    }
  }

  @Override
  public Optional<X509Certificate> clientCertificate() {
    return Optional.empty();
  }

  @Override
  public void write(byte[] bytes, int offset, int length) throws IOException {
    var rest = ByteBuffer.wrap(bytes, offset, length);
    while (rest.hasRemaining()) {
      channel.write(rest);
    }
  }

  @Override
  public void endOutput() throws IOException {
    channel.shutdownOutput();
  }

  @Override
  public void endInput() throws IOException {
    channel.shutdownInput();
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }

  @Override
  public void drop() throws IOException {
    channel.close();
  }
}
