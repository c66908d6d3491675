package io.silverback.server;

import io.helidon.common.buffers.DataReader;
import io.helidon.http.DirectHandler;
import io.helidon.http.RequestException;
import io.helidon.http.Status;
import io.helidon.webserver.CloseConnectionException;
import io.silverback.server.handler.DoorLimit;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * What one connection waits for, and since when.
 *
 * <p>The thread of the connection says what it does; that of {@link Connections} looks at it, and
 * ends a wait that takes too long.
 */
final class Connection {
  /** Room for the longest head, and for a body that an answer has made pointless. */
  private static final int MAX_UNASKED_BYTES = 384 * 1024;

  /** A head of this size costs no more than the buffers of a connection anyway. */
  private static final int COMMON_HEAD_BYTES = 8 * 1024;

  /** What a read costs besides its bytes. */
  private static final int READ_BYTES = 64;

  private enum Phase {
    /** Nothing came yet. */
    NEW,
    /** A request is on its way, or what is left of one that is answered. */
    HEAD,
    BODY,
    /** The last request was answered. */
    IDLE
  }

  private enum Wait {
    NONE,
    TO_READ,
    TO_WRITE
  }

  private final Connections all;
  private final SocketChannel channel;
  private final long acceptedNanos;
  private volatile Phase phase = Phase.NEW;
  private volatile Wait wait = Wait.TO_READ;

  /** When the phase began. Written before the phase, so that it is never older than that. */
  private volatile long sinceNanos;

  private volatile long requestNanos;
  private volatile boolean cutOff;
  private final AtomicInteger unaskedBytes = new AtomicInteger();

  Connection(Connections all, SocketChannel channel, long nowNanos) {
    this.all = all;
    this.channel = channel;
    this.acceptedNanos = nowNanos;
    this.sinceNanos = nowNanos;
  }

  /** When it was accepted, by {@link System#nanoTime}. */
  long acceptedNanos() {
    return acceptedNanos;
  }

  boolean isOpen() {
    return channel.isOpen();
  }

  SocketChannel channel() {
    return channel;
  }

  /** True if the client took too long, and nothing more is read from it. */
  boolean isCutOff() {
    return cutOff;
  }

  /**
   * What comes next from the client.
   *
   * @throws RequestException with a 408 if it is late in the middle of a request
   * @throws CloseConnectionException if there is no request, or too much of one
   */
  byte[] read(DataReader socket) {
    wait = Wait.TO_READ;
    try {
      socket.ensureAvailable();
    } catch (DataReader.InsufficientDataAvailableException end) {
      throw cutOff ? tooSlow(end) : end;
    } finally {
      wait = Wait.NONE;
    }
    byte[] bytes = socket.readBytes(socket.available());
    if (phase == Phase.NEW || phase == Phase.IDLE) {
      enter(Phase.HEAD);
      requestNanos = sinceNanos;
    }
    if (phase == Phase.HEAD) {
      countUnasked(bytes.length + READ_BYTES);
    }
    return bytes;
  }

  /** Does what writes to the client. */
  void write(Runnable writing) {
    wait = Wait.TO_WRITE;
    try {
      writing.run();
    } finally {
      wait = Wait.NONE;
    }
  }

  /** The head of a request is there. */
  void beginRequest() {
    forgetUnasked();
    enter(Phase.BODY);
  }

  /** The request is answered. */
  void endRequest() {
    enter(Phase.IDLE);
  }

  /**
   * Ends a wait that is over the limits, and tells which limit that was; empty also for an idle
   * connection, which nobody misses.
   *
   * @param isFull whether others wait for this one to end
   */
  Optional<DoorLimit> checkTime(long nowNanos, boolean isFull) {
    return switch (wait) {
      case NONE -> Optional.empty();
      case TO_WRITE ->
          nowNanos - requestNanos > all.mostNanosToWrite()
              ? close(DoorLimit.QUERY_TIMEOUT)
              : Optional.empty();
      case TO_READ -> cutOff ? Optional.empty() : checkRead(nowNanos, isFull);
    };
  }

  private Optional<DoorLimit> checkRead(long nowNanos, boolean isFull) {
    Phase reading = phase;
    long waitedNanos = nowNanos - sinceNanos;
    if (isFull && reading != Phase.BODY && waitedNanos > Connections.NANOS_WHEN_FULL) {
      return endInput(DoorLimit.CONNECTIONS);
    }
    return switch (reading) {
      case NEW, HEAD, BODY ->
          waitedNanos > all.limits().bodyTimeout().toNanos()
              ? endInput(DoorLimit.BODY_TIMEOUT)
              : Optional.empty();
      case IDLE -> {
        if (waitedNanos > all.limits().idleTimeout().toNanos()) {
          endInput(DoorLimit.CONNECTIONS);
        }
        yield Optional.empty();
      }
    };
  }

  /** Ends it at once: nothing that lies in it is read any more, nor sent. */
  void drop() {
    try {
      channel.close();
    } catch (IOException _) {
      // It is gone, which is all that was wanted.
    }
  }

  /** Gives back what the head took. */
  void forgetUnasked() {
    all.giveBackHead(beyondCommon(unaskedBytes.getAndSet(0)));
  }

  private void enter(Phase next) {
    sinceNanos = System.nanoTime();
    phase = next;
  }

  private void countUnasked(int bytes) {
    int now = unaskedBytes.addAndGet(bytes);
    if (!all.takeHead(beyondCommon(now) - beyondCommon(now - bytes)) || now > MAX_UNASKED_BYTES) {
      throw new CloseConnectionException("sends more than anybody asked for");
    }
  }

  private static int beyondCommon(int bytes) {
    return Math.max(0, bytes - COMMON_HEAD_BYTES);
  }

  private RuntimeException tooSlow(RuntimeException end) {
    return switch (phase) {
      case NEW, IDLE -> new CloseConnectionException("no request for too long", end);
      case HEAD, BODY -> {
        Duration limit = all.limits().bodyTimeout();
        yield RequestException.builder()
            .type(DirectHandler.EventType.BAD_REQUEST)
            .status(Status.REQUEST_TIMEOUT_408)
            .setKeepAlive(false)
            .message(
                "the request took too long to arrive, send faster or raise --"
                    + DoorLimit.BODY_TIMEOUT.flag()
                    + ": limit="
                    + limit)
            .cause(end)
            .build();
      }
    };
  }

  /** For the thread that reads, this is the end of what the client sends; it can still answer. */
  private Optional<DoorLimit> endInput(DoorLimit limit) {
    cutOff = true;
    try {
      channel.shutdownInput();
    } catch (IOException e) {
      return close(limit);
    }
    return Optional.of(limit);
  }

  private Optional<DoorLimit> close(DoorLimit limit) {
    try {
      channel.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return Optional.of(limit);
  }
}
