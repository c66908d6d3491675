package io.silverback.server;

import io.helidon.common.socket.PeerInfo;
import io.helidon.common.socket.SocketOptions;
import io.helidon.webserver.CloseConnectionException;
import io.silverback.server.handler.DoorLimits;
import io.silverback.server.handler.LimitBoard;
import io.silverback.server.log.Log;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.SocketAddress;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The connections of one listen address, none of which makes the server wait for its client for too
 * long: the web server itself gives up on a client only between two requests.
 *
 * <p>Thread-safe. Has a thread of its own until it is closed.
 */
final class Connections implements AutoCloseable {
  /** How long a connection without a request may stay while others wait to be let in. */
  static final long NANOS_WHEN_FULL = TimeUnit.SECONDS.toNanos(1);

  private static final Duration TICK = Duration.ofMillis(100);

  /** Of the memory for bodies, the part that unfinished heads may take on top. */
  private static final int HEAD_PART = 16;

  private static final Log log = Log.of(Connections.class);

  private final DoorLimits limits;
  private final LimitBoard board;
  private final Map<SocketAddress, Connection> byAddress = new ConcurrentHashMap<>();
  private final AtomicLong headBytes = new AtomicLong();
  private final Thread clock;

  Connections(DoorLimits limits, LimitBoard board) {
    this.limits = limits;
    this.board = board;
    this.clock = Thread.ofPlatform().daemon().name("connections").start(this::watch);
  }

  DoorLimits limits() {
    return limits;
  }

  /** From the first byte of a request to the last of its answer. */
  long mostNanosToWrite() {
    return limits.bodyTimeout().plus(limits.maxWait()).plus(limits.queryTimeout()).toNanos();
  }

  /** Connections that are open. */
  long count() {
    return byAddress.values().stream().filter(Connection::isOpen).count();
  }

  /** What the web server does to each connection that it accepts: here it is seen first. */
  SocketOptions accepting() {
    return new Accepting(SocketOptions.builder().tcpNoDelay(true).build(), this::add);
  }

  /**
   * The connection with that client.
   *
   * @throws CloseConnectionException if it has ended meanwhile
   */
  Connection with(PeerInfo client) {
    return find(client)
        .orElseThrow(() -> new CloseConnectionException("ended before anybody looked at it"));
  }

  /** The connection with that client, if it is one of this address. */
  Optional<Connection> find(PeerInfo client) {
    // A socket that was closed does not know whose it was.
    return Optional.ofNullable(client.address()).map(byAddress::get);
  }

  /** Ends all connections that are open, whatever they are at. */
  void dropAll() {
    byAddress.values().forEach(Connection::drop);
  }

  /** Takes room for the head of a request, if there is enough. */
  boolean takeHead(int bytes) {
    return bytes == 0 || headBytes.addAndGet(bytes) <= limits.maxBodyMemoryBytes() / HEAD_PART;
  }

  void giveBackHead(int bytes) {
    if (bytes > 0) {
      headBytes.addAndGet(-bytes);
    }
  }

  @Override
  public void close() {
    clock.interrupt();
  }

  private void add(SocketChannel channel) {
    try {
      SocketAddress client = channel.getRemoteAddress();
      byAddress.put(client, new Connection(this, channel, System.nanoTime()));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void watch() {
    while (true) {
      try {
        Thread.sleep(TICK);
      } catch (InterruptedException e) {
        return;
      }
      try {
        check(System.nanoTime());
      } catch (RuntimeException e) {
        log.error("checking the connections failed", "err", e);
      }
    }
  }

  private void check(long nowNanos) {
    boolean isFull = count() >= limits.maxConnections();
    byAddress.forEach(
        (client, connection) -> {
          if (connection.isOpen()) {
            connection.checkTime(nowNanos, isFull).ifPresent(board::countRefused);
          } else if (byAddress.remove(client, connection)) {
            connection.forgetUnasked();
          }
        });
  }
}
