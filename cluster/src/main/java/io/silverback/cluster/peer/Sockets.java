package io.silverback.cluster.peer;

import java.io.Closeable;
import java.io.IOException;
import java.net.Socket;

/** Ends of sockets, of which nobody wants to hear that they failed. */
final class Sockets {
  private Sockets() {}

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
