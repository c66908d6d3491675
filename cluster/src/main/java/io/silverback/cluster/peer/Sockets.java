package io.silverback.cluster.peer;

import io.silverback.cluster.Network.Channel;
import java.io.Closeable;
import java.io.IOException;
import java.net.Socket;

/** Threads at sockets, and ends of sockets, of which nobody wants to hear that they failed. */
final class Sockets {
  private Sockets() {}

  /**
   * For a connection of that channel. A push waits for several messages in turn, and the voters of
   * the log, which are few, say several times a second that they live: each message would be late
   * and cost more by what a virtual thread needs to come to its carrier.
   */
  static Thread.Builder thread(Channel channel) {
    return switch (channel) {
      case CONTROL, DATA, CONSENSUS -> Thread.ofPlatform().daemon();
      case GOSSIP -> Thread.ofVirtual();
    };
  }

  static void close(Closeable socket) {
    try {
      socket.close();
    } catch (IOException _) {
      // It was of no use before, either.
    }
  }

  /** Closes; what the system has not sent yet, it forgets. */
  static void abort(Socket socket) {
    try {
      socket.setSoLinger(true, 0);
    } catch (IOException _) {
      // Closed already.
    }
    close(socket);
  }
}
