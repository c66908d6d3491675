package io.silverback.cluster.peer;

import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.util.List;

/** A connection to a peer after the handshake. Written by one thread and read by one. */
final class Link {
  private final Socket socket;
  private final Session session;
  private final MessageWriter writer;
  private final MessageReader reader;
  private final long openedNanos = System.nanoTime();
  private volatile long writtenNanos = openedNanos;

  private Link(Socket socket, InputStream in, Session session) throws IOException {
    this.socket = socket;
    this.session = session;
    this.writer = new MessageWriter(socket.getOutputStream(), session.keys().forward());
    this.reader = new MessageReader(in, session.keys().backward(), 0);
  }

  /**
   * Proves to the peer that this side lives, after which messages may follow.
   *
   * @param silenceMillis after which the peer is given up
   */
  static Link confirm(Socket socket, InputStream in, Session session, int silenceMillis)
      throws IOException {
    var link = new Link(socket, in, session);
    link.write(List.of());
    socket.setSoTimeout(silenceMillis);
    return link;
  }

  Session session() {
    return session;
  }

  long openedNanos() {
    return openedNanos;
  }

  long writtenNanos() {
    return writtenNanos;
  }

  /** Writes the messages, or that this node lives. */
  void write(List<byte[]> messages) throws IOException {
    for (byte[] message : messages) {
      writer.add(message);
    }
    writer.flush();
    writtenNanos = System.nanoTime();
  }

  /** Waits until the peer says again that it lives. */
  void awaitSignOfLife() throws IOException {
    reader.readFrame(
        _ -> {
          throw new RefusedException(Refusal.MALFORMED, "a message in the wrong direction");
        });
  }

  void close() {
    Sockets.close(socket);
  }

  /** Closes so that the peer gets nothing of what it has not got yet. */
  void abort() {
    Sockets.abort(socket);
  }
}
