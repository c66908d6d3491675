package io.silverback.server.http;

import io.silverback.server.log.Log;
import io.silverback.server.log.RateLimitedLog;
import io.silverback.server.yaml.ConfigException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;

/**
 * Accepts the connections of one listen address, as many at a time as there may be; the system
 * keeps a row of those that wait to be accepted.
 *
 * <p>Never gives up listening before it is closed: where the process has no file descriptor left,
 * it tries again. Thread-safe.
 */
final class Listener {
  private static final int BACKLOG = 4096;
  private static final Duration RETRY = Duration.ofMillis(50);
  private static final Duration LOG_INTERVAL = Duration.ofSeconds(10);

  private static final Log log = Log.of(Listener.class);

  private final RateLimitedLog limited = new RateLimitedLog(log, LOG_INTERVAL, 1, System::nanoTime);

  private final int most;
  private final Semaphore places;
  private final Set<ServedConnection> connections = ConcurrentHashMap.newKeySet();
  private final ServerSocketChannel socket;
  private final InetSocketAddress bound;

  /**
   * Listens there, and accepts nothing yet.
   *
   * @param most the most connections at a time
   */
  Listener(InetSocketAddress address, int most) throws IOException {
    this.most = most;
    this.places = new Semaphore(most);
    this.socket = ServerSocketChannel.open();
    try {
      socket.setOption(StandardSocketOptions.SO_REUSEADDR, true);
      socket.bind(address, BACKLOG);
      this.bound = (InetSocketAddress) socket.getLocalAddress();
    } catch (IOException e) {
      socket.close();
      throw e;
    }
  }

  int port() {
    return bound.getPort();
  }

  /** Those that are open. */
  Set<ServedConnection> connections() {
    return connections;
  }

  /** True if the next connection has to wait for another one to end. */
  boolean isFull() {
    return places.availablePermits() == 0;
  }

  int most() {
    return most;
  }

  /** What serves a connection, in a thread of its own, and returns when it ended. */
  interface Service {
    ServedConnection open(SocketChannel channel, InetSocketAddress client);

    void serve(ServedConnection connection);
  }

  /** Accepts connections from now on. */
  void start(Service service) {
    Thread.ofPlatform().name("accept-" + port()).daemon().start(() -> acceptAll(service));
  }

  /** Accepts no more. */
  void stop() {
    try {
      socket.close();
    } catch (IOException e) {
      log.warn(
          "closing a listen address failed",
          "address",
          bound,
          "err",
          String.valueOf(e.getMessage()));
    }
  }

  private void acceptAll(Service service) {
    while (socket.isOpen()) {
      try {
        places.acquire();
        boolean isServed = false;
        try {
          isServed = accept(service);
        } finally {
          if (!isServed) {
            places.release();
          }
        }
      } catch (ClosedChannelException _) {
        return;
      } catch (IOException | RuntimeException e) {
        limited.error(
            bound,
            "cannot accept a connection, trying again",
            "err",
            String.valueOf(e.getMessage()));
        pause();
      } catch (InterruptedException _) {
        return;
      }
    }
  }

  private boolean accept(Service service) throws IOException {
    SocketChannel channel = socket.accept();
    boolean isServed = false;
    try {
      channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
      if (channel.getRemoteAddress() instanceof InetSocketAddress client) {
        serve(service, service.open(channel, client), client);
        isServed = true;
      }
    } catch (IOException | ConfigException _) {
      // Of this client only: it is gone again, or the TLS configuration is broken, which is noted.
    } finally {
      if (!isServed) {
        channel.close();
      }
    }
    return isServed;
  }

  private void serve(Service service, ServedConnection connection, InetSocketAddress client) {
    connections.add(connection);
    Runnable serving =
        () -> {
          try {
            service.serve(connection);
          } finally {
            connection.connection().close();
            connections.remove(connection);
            places.release();
          }
        };
    Thread.ofVirtual().name("http-" + client).start(serving);
  }

  private static void pause() {
    try {
      Thread.sleep(RETRY);
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }
}
