package io.silverback.server;

import java.io.Closeable;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** A port that leads to another one, until it is cut. Thread-safe. */
final class Relay implements AutoCloseable {
  private static final int PIECE_BYTES = 16 * 1024;

  private final ServerSocket door;
  private final InetSocketAddress target;
  private final Set<Socket> open = new HashSet<>();
  private boolean isCut;
  private volatile Duration delay = Duration.ZERO;

  private Relay(ServerSocket door, InetSocketAddress target) {
    this.door = door;
    this.target = target;
  }

  static Relay start(int port, int target) {
    try {
      InetAddress here = InetAddress.getLoopbackAddress();
      var relay = new Relay(new ServerSocket(port, 50, here), new InetSocketAddress(here, target));
      Thread.ofVirtual().start(relay::accept);
      return relay;
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  private void accept() {
    while (true) {
      try {
        Socket from = door.accept();
        var to = new Socket();
        if (keep(from, to)) {
          to.connect(target);
          Thread.ofVirtual().start(() -> carry(from, to));
          Thread.ofVirtual().start(() -> carry(to, from));
        }
      } catch (IOException _) {
        if (door.isClosed()) {
          return;
        }
      }
    }
  }

  private synchronized boolean keep(Socket from, Socket to) throws IOException {
    if (isCut) {
      from.close();
      return false;
    }
    open.addAll(List.of(from, to));
    return true;
  }

  private void carry(Socket from, Socket to) {
    byte[] piece = new byte[PIECE_BYTES];
    try (from;
        to) {
      for (int count = from.getInputStream().read(piece);
          count >= 0;
          count = from.getInputStream().read(piece)) {
        RunningProcess.pause(delay);
        to.getOutputStream().write(piece, 0, count);
      }
    } catch (IOException _) {
      // Cut, or one of them ended.
    }
  }

  /** From now on each piece of what goes through waits for that long. */
  void delay(Duration longer) {
    delay = longer;
  }

  /** Ends what is open and lets nothing through, or lets it through again. */
  synchronized void cut(boolean cuts) {
    isCut = cuts;
    if (cuts) {
      open.forEach(Relay::end);
      open.clear();
    }
  }

  private static void end(Closeable socket) {
    try {
      socket.close();
    } catch (IOException _) {
      // It is of no use any more in either case.
    }
  }

  @Override
  public void close() {
    end(door);
    cut(true);
  }
}
