package io.silverback.server.wire;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;

/** Opens connections to one server, in the clear or through TLS. Thread-safe. */
@FunctionalInterface
public interface Connector {
  Socket connect() throws IOException;

  /** In the clear, to a port of the loopback address. */
  static Connector to(int port) {
    return () -> new Socket(InetAddress.getLoopbackAddress(), port);
  }
}
