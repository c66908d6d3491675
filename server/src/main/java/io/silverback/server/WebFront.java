package io.silverback.server;

import io.helidon.http.HeaderNames;
import io.helidon.webserver.http.HttpRouting;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import io.silverback.server.flags.GatewayConfig;
import io.silverback.server.flags.StartUpException;
import io.silverback.server.handler.Routes;
import io.silverback.server.http.ConnectionLimits;
import io.silverback.server.http.CutOff;
import io.silverback.server.http.HttpServer;
import io.silverback.server.http.Pressure;
import io.silverback.server.limits.LimitBoard;
import io.silverback.server.limits.RefusalReason;
import io.silverback.server.limits.RequestLimit;
import io.silverback.server.limits.RequestLimits;
import io.silverback.server.log.Log;
import io.silverback.server.storage.StoreClosedException;
import io.silverback.server.storage.StoreNotReadyException;
import io.silverback.server.web.HandshakeFailures;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import javax.net.ssl.SSLContext;

/**
 * The HTTP server of a gateway: its routes, the limits of its connections, and what it answers when
 * the store is closed, is not ready, or a request fails.
 */
final class WebFront {
  /** Of the memory for bodies, the part that unfinished heads may take on top. */
  private static final int HEAD_PART = 16;

  private static final int REQUEST_TIMEOUT = 408;

  private static final Log log = Log.of(WebFront.class);

  private WebFront() {}

  /** A server that does not listen yet. */
  static HttpServer of(
      GatewayConfig config,
      Routes routes,
      Pressure pressure,
      LimitBoard board,
      Optional<SSLContext> tls,
      HandshakeFailures failures) {
    HttpRouting.Builder routing =
        HttpServer.routing(routes, status -> countMalformed(status, board))
            .error(
                StoreClosedException.class,
                (_, response, _) -> {
                  board.countRefused(RefusalReason.SHUTTING_DOWN);
                  answerClosed(response);
                })
            .error(
                StoreNotReadyException.class,
                (_, response, notReady) -> {
                  board.countRefused(RefusalReason.NOT_READY);
                  answerNotReady(response, notReady);
                })
            .error(Throwable.class, WebFront::answerFault);
    return new HttpServer(
        config.listenAddresses(),
        routing,
        connectionLimits(config.endpoints().limits()),
        tls,
        failures,
        config.shutdownTimeout(),
        pressure,
        reason -> board.countRefused(limitOf(reason)),
        status -> countMalformed(status, board));
  }

  /** A connection that was cut off is counted where that happens. */
  private static void countMalformed(int status, LimitBoard board) {
    if (status != REQUEST_TIMEOUT) {
      board.countRefused(RefusalReason.MALFORMED_REQUEST);
    }
  }

  private static ConnectionLimits connectionLimits(RequestLimits limits) {
    return new ConnectionLimits(
        limits.maxConnections(),
        limits.bodyTimeout(),
        limits.minBodyRate(),
        limits.maxBodyTime(),
        limits.queryTimeout(),
        limits.idleTimeout(),
        limits.maxBodyMemoryBytes() / HEAD_PART);
  }

  private static RequestLimit limitOf(CutOff reason) {
    return Arrays.stream(RequestLimit.values())
        .filter(limit -> limit.flag().equals(reason.flag()))
        .findFirst()
        .orElseThrow();
  }

  private static void answerClosed(ServerResponse response) {
    response.header(HeaderNames.RETRY_AFTER, "1");
    response.status(503).send("shutting down, try again later\n");
  }

  private static void answerNotReady(ServerResponse response, StoreNotReadyException notReady) {
    response.header(HeaderNames.RETRY_AFTER, "1");
    response.status(503).send(notReady.getMessage() + "\n");
  }

  /** A bug of ours. */
  private static void answerFault(ServerRequest request, ServerResponse response, Throwable fault) {
    log.error("a request failed", "method", request.prologue().method().text(), "err", fault);
    response.status(500).send("internal error, see the log\n");
  }

  /**
   * Finds out why an address cannot be listened on, which the web server does not tell.
   *
   * @throws StartUpException if it cannot
   */
  static void requireFree(InetSocketAddress address) {
    try (var socket = new ServerSocket()) {
      socket.setReuseAddress(true);
      socket.bind(address);
    } catch (IOException e) {
      throw new StartUpException(
          "cannot listen on "
              + show(address)
              + ", free it or change --web.listen-address: "
              + String.valueOf(e.getMessage()).toLowerCase(Locale.ROOT));
    }
  }

  private static String show(InetSocketAddress address) {
    return (address.getAddress() != null && address.getAddress().isAnyLocalAddress()
            ? ""
            : address.getHostString())
        + ":"
        + address.getPort();
  }
}
