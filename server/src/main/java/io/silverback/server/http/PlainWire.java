package io.silverback.server.http;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;

/** A connection in the clear. */
record PlainWire(SocketChannel channel) implements Wire {
  @Override
  public int read(byte[] bytes, int offset, int length) throws IOException {
    return channel.read(ByteBuffer.wrap(bytes, offset, Math.min(length, MOST_BYTES)));
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
