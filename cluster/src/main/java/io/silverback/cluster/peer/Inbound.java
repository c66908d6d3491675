package io.silverback.cluster.peer;

import static java.util.Map.entry;

import io.silverback.cluster.Network.Channel;
import io.silverback.cluster.Network.Receiver;
import java.io.IOException;
import java.io.InputStream;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.net.Socket;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * A connection that a peer, or a stranger, opened to this node. Once it has ceased, nothing that
 * came over it is handed over. Thread-safe; {@link #run} is called once.
 */
final class Inbound {
  private static final Logger logger = System.getLogger(SealedNetwork.class.getName());

  private final Local local;
  private final Arrivals arrivals;
  private final Receivers receivers;
  private final Socket socket;
  private final long generation;
  private final long acceptedNanos = System.nanoTime();
  private final ReentrantLock handOver = new ReentrantLock();
  private volatile boolean ceased;
  private volatile @Nullable Refusal refusal;
  private volatile @Nullable Session session;

  /**
   * A connection of which nothing is known yet.
   *
   * @param generation that of {@link Arrivals} when it was accepted
   */
  Inbound(Local local, Arrivals arrivals, Receivers receivers, Socket socket, long generation) {
    this.local = local;
    this.arrivals = arrivals;
    this.receivers = receivers;
    this.socket = socket;
    this.generation = generation;
  }

  long generation() {
    return generation;
  }

  long acceptedNanos() {
    return acceptedNanos;
  }

  /** Null until the other side has proved that it knows a secret, and lives. */
  @Nullable Session session() {
    return session;
  }

  /** One part of a connection's life; true if another thread goes on with it. */
  @FunctionalInterface
  private interface Part {
    boolean goesOn() throws IOException;
  }

  /** Takes the handshake, and has messages taken until the connection ends. */
  void run() {
    live(
        () -> {
          socket.setTcpNoDelay(true);
          InputStream in = socket.getInputStream();
          Session proved =
              Session.accept(
                  in,
                  socket.getOutputStream(),
                  local.self(),
                  local.newNonce(),
                  local.versions(),
                  local.secrets());
          Hello hello = proved.hello();
          int most = local.settings().maxBytes(hello.channel());
          var reader = new MessageReader(in, proved.keys().forward(), most);
          reader.readFrame(
              _ -> {
                throw new RefusedException(Refusal.MALFORMED, "a message instead of a proof");
              });
          local.requireOtherName(hello.from().nodeId(), hello.from().incarnation());
          session = proved;
          arrivals.admit(this, hello);
          socket.setSoTimeout((int) local.settings().silence().toMillis());
          Sockets.thread(hello.channel())
              .name("peer-from-" + hello.channel() + "-" + name())
              .start(() -> live(() -> take(proved, reader)));
          return true;
        });
  }

  private void live(Part part) {
    boolean goesOn = false;
    try {
      goesOn = part.goesOn();
    } catch (RefusedException e) {
      refuse(e.refusal(), String.valueOf(e.getMessage()));
    } catch (IOException e) {
      logger.log(
          Level.DEBUG, "a connection ended", entry("peer", name()), entry("reason", e.toString()));
    } catch (RuntimeException e) {
      logger.log(
          Level.ERROR,
          "a connection failed, which is a bug",
          entry("peer", name()),
          entry("reason", e));
    } finally {
      if (!goesOn) {
        arrivals.leave(this);
        cease();
      }
    }
  }

  /** Ends the connection for a reason that did not come over it. */
  void end(Refusal reason, String message) {
    if (refusal == null) {
      refuse(reason, message);
    }
    cease();
  }

  /** Ends the connection; does not wait for a message that is being handed over. */
  void cease() {
    ceased = true;
    Sockets.close(socket);
  }

  /** Ends the connection; returns when no message is being handed over, nor will be. */
  void awaitCeased() {
    cease();
    handOver.lock();
    try {
      ceased = true;
    } finally {
      handOver.unlock();
    }
  }

  private boolean take(Session from, MessageReader reader) throws IOException {
    var signs = new MessageWriter(socket.getOutputStream(), from.keys().backward());
    signs.flush();
    long signedNanos = System.nanoTime();
    // The peer is never silent for longer than a keep-alive, so that it gets a sign as often.
    long betweenNanos = local.settings().keepAlive().toNanos() / 2;
    try {
      while (!ceased) {
        reader.readFrame(message -> handOver(from, message));
        long now = System.nanoTime();
        if (now - signedNanos >= betweenNanos) {
          signs.flush();
          signedNanos = now;
        }
      }
      return false;
    } finally {
      if (from.hello().channel() == Channel.CONTROL && !ceased) {
        receivers.ends().accept(from.hello().from());
      }
    }
  }

  private void handOver(Session from, byte[] message) {
    Channel channel = from.hello().channel();
    Traffic.Counters counters = local.traffic().of(channel);
    handOver.lock();
    try {
      Receiver receiver = ceased ? null : receivers.of(channel);
      if (receiver == null) {
        counters.unreceived.increment();
        return;
      }
      receiver.received(from.hello().from(), message);
      counters.messagesIn.increment();
      counters.bytesIn.add(message.length);
    } catch (RejectedExecutionException _) {
      counters.unreceived.increment();
    } catch (RuntimeException e) {
      counters.unreceived.increment();
      logger.log(
          Level.ERROR,
          "a receiver failed, which is a bug",
          entry("channel", channel),
          entry("reason", e));
    } finally {
      handOver.unlock();
    }
  }

  private void refuse(Refusal reason, String message) {
    refusal = reason;
    local.traffic().refuse(reason);
    switch (reason) {
      case SECRET, VERSION, NAME -> local.unreached().refused(name(), message, System.nanoTime());
      case NEWER, MALFORMED, SEAL, TIMEOUT, CROWDED, FULL, REPLACED, DROPPED -> {}
    }
    local.log().log(reason, name(), message);
  }

  private String name() {
    // Begins with the name of the host, which nobody looked up, and a slash.
    String address = String.valueOf(socket.getRemoteSocketAddress());
    return address.substring(address.indexOf('/') + 1);
  }
}
