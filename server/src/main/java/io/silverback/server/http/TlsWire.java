package io.silverback.server.http;

import io.helidon.common.buffers.BufferData;
import io.helidon.common.socket.TlsNioSocket;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.SocketChannel;
import javax.net.ssl.SSLEngine;
import org.jspecify.annotations.Nullable;

/** A connection through TLS. The handshake is part of the first read. */
final class TlsWire implements Wire {
  private final SocketChannel channel;
  private final TlsNioSocket socket;
  private byte[] read = {};
  private int position;

  /** Serves TLS over that channel with that engine. */
  TlsWire(SocketChannel channel, SSLEngine engine) {
    this.channel = channel;
    String id = Integer.toHexString(System.identityHashCode(channel));
    this.socket = TlsNioSocket.server(channel, engine, id, "listener");
  }

  @Override
  public int read(byte[] bytes, int offset, int length) throws IOException {
    if (position == read.length) {
      byte[] next = next();
      if (next == null || next.length == 0) {
        return -1;
      }
      read = next;
      position = 0;
    }
    int count = Math.min(length, read.length - position);
    System.arraycopy(read, position, bytes, offset, count);
    position += count;
    return count;
  }

  private byte @Nullable [] next() throws IOException {
    try {
      return socket.get();
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
  }

  @Override
  public void write(byte[] bytes, int offset, int length) throws IOException {
    try {
      socket.write(BufferData.create(bytes, offset, length));
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
  }

  /** Said by the close, as TLS has it: a client could take less for an attack. */
  @Override
  public void endOutput() {}

  @Override
  public void endInput() throws IOException {
    channel.shutdownInput();
  }

  @Override
  public void close() throws IOException {
    try {
      socket.close();
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
  }

  @Override
  public void drop() throws IOException {
    channel.close();
  }
}
