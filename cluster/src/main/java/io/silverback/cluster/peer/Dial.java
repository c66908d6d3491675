package io.silverback.cluster.peer;

import io.silverback.cluster.peer.Outbound.Target;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import org.jspecify.annotations.Nullable;

/**
 * Opens connections to one peer on one channel, one at a time, in the newest version of the
 * protocol that both sides speak. Each step of it ends in time if {@link #check} is called now and
 * then. Thread-safe.
 */
final class Dial {
  private final Target target;
  private final HostPort peer;
  private final Local local;
  private final Addresses addresses;

  /** What is being connected, and until when it may be. */
  private @Nullable Socket pending;

  private long pendingUntilNanos;
  private long openings;
  private boolean ended;

  Dial(Target target, HostPort peer, Local local, Addresses addresses) {
    this.target = target;
    this.peer = peer;
    this.local = local;
    this.addresses = addresses;
  }

  /**
   * Opens a connection in the newest version, and if the peer does not speak that, one more in the
   * newest that it says it speaks. Nothing of it is remembered: the next connection may be to a
   * newer build. A name with several addresses may be one of several nodes, so both go to one.
   *
   * @throws RefusedException if one of both sides does not take the other
   * @throws IOException if the connection fails, takes too long, or is not wanted any more
   */
  Link open() throws IOException, InterruptedException {
    Versions versions = local.versions();
    InetSocketAddress address =
        addresses.resolve(peer, openings++, local.settings().connectTimeout());
    try {
      return open(address, versions.newest());
    } catch (RefusedException.OtherVersion e) {
      if (!versions.speaks(e.theirs())) {
        throw e;
      }
      return open(address, e.theirs());
    }
  }

  /** Ends a handshake that takes too long. */
  synchronized void check(long nowNanos) {
    if (pending != null && nowNanos - pendingUntilNanos > 0) {
      Sockets.close(pending);
    }
  }

  /** Ends what is being opened; nothing will be any more. */
  synchronized void end() {
    ended = true;
    if (pending != null) {
      Sockets.close(pending);
    }
  }

  private Link open(InetSocketAddress address, int version) throws IOException {
    var socket = new Socket();
    PeerConfig settings = local.settings();
    try {
      // The handshake gets its own time once it begins.
      expect(socket, 2 * settings.connectTimeout().toNanos());
      socket.setTcpNoDelay(true);
      socket.connect(address, (int) settings.connectTimeout().toMillis());
      expect(socket, settings.handshakeTimeout().toNanos());
      InputStream in = socket.getInputStream();
      long attempt = local.attempts().incrementAndGet();
      var hello = new Hello(version, target.channel(), attempt, local.self(), local.newNonce());
      Session session =
          Session.open(in, socket.getOutputStream(), hello, local.versions(), local.secrets());
      local.requireOtherName(session.welcome().nodeId(), session.welcome().incarnation());
      return Link.confirm(socket, in, session, (int) settings.silence().toMillis());
    } catch (IOException | RefusedException e) {
      Sockets.close(socket);
      throw e;
    } finally {
      expectNothing();
    }
  }

  private synchronized void expect(Socket socket, long nanos) throws IOException {
    if (ended) {
      throw new IOException("nobody sends any more");
    }
    pending = socket;
    pendingUntilNanos = System.nanoTime() + nanos;
  }

  private synchronized void expectNothing() {
    pending = null;
  }
}
