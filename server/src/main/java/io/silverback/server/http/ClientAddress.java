package io.silverback.server.http;

import io.helidon.common.socket.PeerInfo;
import io.helidon.webserver.CloseConnectionException;
import java.net.InetSocketAddress;

/** The address at the other end of a connection. */
public final class ClientAddress {
  private ClientAddress() {}

  /**
   * The address of that client.
   *
   * @throws CloseConnectionException if the connection has ended: its socket then has no address
   */
  public static InetSocketAddress of(PeerInfo client) {
    if (client.address() instanceof InetSocketAddress address) {
      return address;
    }
    throw new CloseConnectionException("the connection has ended");
  }
}
