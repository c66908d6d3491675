package io.silverback.server.http;

import io.helidon.common.concurrency.limits.FixedLimit;
import io.helidon.common.concurrency.limits.Limit;
import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.helidon.webserver.CloseConnectionException;
import io.helidon.webserver.http.HttpRouting;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import io.helidon.webserver.http1.Http1Config;
import io.helidon.webserver.http1.Http1ConnectionSelector;
import io.helidon.webserver.spi.ServerConnectionSelector;
import io.silverback.server.log.Log;
import io.silverback.server.web.HandshakeFailures;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.IntConsumer;
import java.util.stream.Stream;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;

/**
 * HTTP/1 on some listen addresses. The library's web server reads heads and writes answers;
 * sockets, framing, bodies and time are ours:
 *
 * <pre>
 * Listener                     accepts, and counts places
 *   ServedConnection           a thread, and the library's connection, which sees heads alone
 *     HeadReader, RequestBody  the framing of RFC 9112
 *       WireInput
 *         Connection           phases and waits, watched by the ConnectionReaper
 *           Wire               PlainWire or TlsWire
 * </pre>
 *
 * <p>Thread-safe.
 */
public final class HttpServer implements AutoCloseable {
  private static final String HTTP_1_1 = "http/1.1";
  private static final Duration STEP = Duration.ofMillis(10);

  private static final Log log = Log.of(HttpServer.class);

  private final List<InetSocketAddress> addresses;
  private final ConnectionLimits limits;
  private final HeadMemory headMemory;
  private final Optional<SSLContext> tls;
  private final HandshakeFailures failures;
  private final Duration gracePeriod;
  private final IntConsumer onRefused;
  private final ConnectionReaper reaper;
  private final HttpContext context;
  private final ServerConnectionSelector selector;
  private final Limit requests = FixedLimit.create();
  private volatile List<Listener> listeners = List.of();

  /** Answers requests, many at once. */
  @FunctionalInterface
  public interface Handler {
    /**
     * Sends exactly one answer.
     *
     * @throws RefusedRequestException if the body cannot be read; it is answered with that
     * @throws IOException if the client went away
     */
    void answer(ServerRequest request, ServerResponse response) throws IOException;
  }

  /**
   * A server that listens nowhere before {@link #start}.
   *
   * @param routing as {@link #routing} begins it
   * @param tls empty for HTTP in the clear
   * @param failures told of connections that do not get through their TLS handshake
   * @param gracePeriod how long requests may go on once the server is closed
   * @param pressure what requests wait for that connections hold
   * @param onCutOff counts connections that were ended for their clients' slowness
   * @param onRefused counts requests whose head cannot be read, by the status of the answer
   */
  public HttpServer(
      List<InetSocketAddress> addresses,
      HttpRouting.Builder routing,
      ConnectionLimits limits,
      Optional<SSLContext> tls,
      HandshakeFailures failures,
      Duration gracePeriod,
      Pressure pressure,
      Consumer<CutOff> onCutOff,
      IntConsumer onRefused) {
    this.addresses = List.copyOf(addresses);
    this.limits = limits;
    this.headMemory = new HeadMemory(limits.maxHeadBytes());
    this.tls = tls;
    this.failures = failures;
    this.gracePeriod = gracePeriod;
    this.onRefused = onRefused;
    this.context = HttpContext.of(routing);
    this.selector = Http1ConnectionSelector.builder().config(http1()).build();
    this.reaper = new ConnectionReaper(() -> listeners, limits, headMemory, pressure, onCutOff);
  }

  /**
   * The one route to that handler, for every path and method; may be given error handlers.
   *
   * @param onRefused counts requests whose body cannot be read, by the status of the answer
   */
  public static HttpRouting.Builder routing(Handler handler, IntConsumer onRefused) {
    return HttpRouting.builder()
        .any((request, response) -> answer(handler, onRefused, request, response));
  }

  /**
   * Listens on all addresses, and answers requests from now on.
   *
   * @throws IOException if an address cannot be listened on; then none is
   */
  public void start() throws IOException {
    listeners = listen(addresses, limits.maxConnections());
    context.router().beforeStart();
    listeners.forEach(listener -> listener.start(new Service()));
    reaper.start();
  }

  /** Where it listens, in the order of the addresses; empty before the start. */
  public List<Integer> ports() {
    return listeners.stream().map(Listener::port).toList();
  }

  /** Connections that are open. */
  public long connectionCount() {
    return connections().count();
  }

  /** Memory that heads take which are larger than usual and not whole yet, in bytes. */
  public long headBytes() {
    return headMemory.takenBytes();
  }

  /** Ends all connections that are open, whatever they are at. */
  public void dropAll() {
    connections().forEach(each -> each.connection().drop());
  }

  /** Takes no new requests, and lets running ones end within the grace period. */
  @Override
  public void close() {
    listeners.forEach(Listener::stop);
    connections().forEach(ServedConnection::endWhenAnswered);
    long deadline = System.nanoTime() + gracePeriod.toNanos();
    while (connectionCount() > 0 && System.nanoTime() < deadline) {
      try {
        Thread.sleep(STEP);
      } catch (InterruptedException _) {
        Thread.currentThread().interrupt();
        break;
      }
    }
    dropAll();
    reaper.close();
    context.executor().shutdown();
    context.router().afterStop();
  }

  private Stream<ServedConnection> connections() {
    return listeners.stream().flatMap(listener -> listener.connections().stream());
  }

  private static List<Listener> listen(List<InetSocketAddress> addresses, int most)
      throws IOException {
    var listening = new ArrayList<Listener>();
    try {
      for (InetSocketAddress address : addresses) {
        listening.add(new Listener(address, most));
      }
      return List.copyOf(listening);
    } catch (IOException e) {
      listening.forEach(Listener::stop);
      throw e;
    }
  }

  @SuppressWarnings("removal") // The head was read and checked by us before.
  private static Http1Config http1() {
    return Http1Config.builder()
        .validatePath(false)
        .validatePrologue(false)
        .validateRequestHeaders(false)
        .validateRequestHostHeader(false)
        .sendKeepAliveHeader(false)
        .maxPrologueLength(4 * HeadReader.MOST_LINE_BYTES)
        .maxHeadersSize(2 * HeadReader.MOST_FIELD_BYTES)
        .build();
  }

  private final class Service implements Listener.Service {
    @Override
    public ServedConnection open(SocketChannel channel, InetSocketAddress client) {
      Wire wire =
          tls.<Wire>map(context -> new TlsWire(channel, engine(context, client), client, failures))
              .orElseGet(() -> new PlainWire(channel));
      var connection = new Connection(limits, headMemory, wire, client, System.nanoTime());
      return new ServedConnection(context, selector, connection, tls.isPresent(), onRefused);
    }

    @Override
    public void serve(ServedConnection connection) {
      try {
        connection.serve(requests);
      } catch (CloseConnectionException _) {
        // The usual end: asked for by the client or by an answer, or the client is gone.
      } catch (InterruptedException _) {
        Thread.currentThread().interrupt();
      } catch (RuntimeException e) {
        log.error("a connection failed", "source", connection.connection().client(), "err", e);
      }
    }
  }

  private static SSLEngine engine(SSLContext context, InetSocketAddress client) {
    SSLEngine engine =
        context.createSSLEngine(client.getAddress().getHostAddress(), client.getPort());
    engine.setUseClientMode(false);
    engine.setHandshakeApplicationProtocolSelector(
        (_, offered) -> offered.contains(HTTP_1_1) ? HTTP_1_1 : null);
    return engine;
  }

  private static void answer(
      Handler handler, IntConsumer onRefused, ServerRequest request, ServerResponse response) {
    Exchange exchange = Exchange.of(request);
    response.beforeSend(
        () -> {
          if (exchange.endsConnection()) {
            response.header(HeaderValues.CONNECTION_CLOSE);
          }
        });
    try {
      handler.answer(request, response);
    } catch (RefusedRequestException refused) {
      exchange.endConnection();
      onRefused.accept(refused.status());
      response
          .header(HeaderNames.CONTENT_TYPE, "text/plain; charset=utf-8")
          .status(refused.status())
          .send(refused.reason() + "\n");
    } catch (IOException | UncheckedIOException gone) {
      // Not in an error handler: the web server takes what that throws for a bug and logs it.
      throw new CloseConnectionException("the client went away", gone);
    }
  }
}
