package io.silverback.server;

import io.helidon.common.buffers.BufferData;
import io.helidon.common.buffers.DataReader;
import io.helidon.common.socket.HelidonSocket;
import io.helidon.common.socket.PeerInfo;
import io.helidon.webserver.ConnectionContext;
import io.helidon.webserver.ListenerContext;
import io.helidon.webserver.ProxyProtocolData;
import io.helidon.webserver.Router;
import io.helidon.webserver.spi.ServerConnection;
import io.helidon.webserver.spi.ServerConnectionSelector;
import io.silverback.server.handler.OldPeer;
import io.silverback.server.web.HandshakeFailures;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.function.Supplier;

/**
 * Serves HTTP/1 as another selector does, through a {@link RequestLineReader}, and with an eye on
 * how long each client takes.
 */
final class RequestLineSelector implements ServerConnectionSelector {
  private final ServerConnectionSelector http;
  private final Connections connections;
  private final HandshakeFailures failures;

  /**
   * Serves connections of one listen address.
   *
   * @param failures is told of connections that fail to agree on how to encrypt
   */
  RequestLineSelector(
      ServerConnectionSelector http, Connections connections, HandshakeFailures failures) {
    this.http = http;
    this.connections = connections;
    this.failures = failures;
  }

  @Override
  public int bytesToIdentifyConnection() {
    return http.bytesToIdentifyConnection();
  }

  @Override
  public Support supports(BufferData start) {
    return http.supports(start);
  }

  @Override
  public Set<String> supportedApplicationProtocols() {
    return http.supportedApplicationProtocols();
  }

  @Override
  public ServerConnection connection(ConnectionContext context) {
    Connection connection = connections.with(context.remotePeer());
    DataReader socket = context.dataReader();
    Supplier<byte[]> reads = () -> connection.read(socket);
    return http.connection(
        new Watched(
            context,
            new RequestLineReader(
                context.isSecure() ? new Handshake(context, connection, failures, reads) : reads),
            new WatchedWriter(context.dataWriter(), connection)));
  }

  /** The connection as it is, but for its reader and writer. */
  private record Watched(
      ConnectionContext context, RequestLineReader dataReader, WatchedWriter dataWriter)
      implements ConnectionContext {
    @Override
    public ListenerContext listenerContext() {
      return context.listenerContext();
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
    public Optional<ProxyProtocolData> proxyProtocolData() {
      return context.proxyProtocolData();
    }

    @Override
    public HelidonSocket serverSocket() {
      return context.serverSocket();
    }

    @Override
    public PeerInfo remotePeer() {
      return dataReader.isHttp10() ? new OldPeer(context.remotePeer()) : context.remotePeer();
    }

    @Override
    public PeerInfo localPeer() {
      return context.localPeer();
    }

    @Override
    public boolean isSecure() {
      return context.isSecure();
    }

    @Override
    public String socketId() {
      return context.socketId();
    }

    @Override
    public String childSocketId() {
      return context.childSocketId();
    }
  }
}
