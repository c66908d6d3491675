package io.silverback.server.http;

import io.helidon.common.socket.PeerInfo;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.security.Principal;
import java.security.cert.Certificate;
import java.util.Optional;

/** The client of a request, as the web server knows it, and the request as we know it. */
record ClientPeer(InetSocketAddress client, Exchange exchange) implements PeerInfo {
  @Override
  public SocketAddress address() {
    return client;
  }

  @Override
  public String host() {
    return client.getAddress().getHostAddress();
  }

  @Override
  public int port() {
    return client.getPort();
  }

  @Override
  public Optional<Principal> tlsPrincipal() {
    return Optional.empty();
  }

  @Override
  public Optional<Certificate[]> tlsCertificates() {
    return Optional.empty();
  }
}
