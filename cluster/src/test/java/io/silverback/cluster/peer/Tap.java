package io.silverback.cluster.peer;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** A tap between two nodes, which sees all bytes, and may keep them back. */
final class Tap implements AutoCloseable {
  private final ServerSocket listener;
  private final HostPort to;
  private final List<Socket> sockets = new CopyOnWriteArrayList<>();
  private final List<ByteArrayOutputStream> forward = new ArrayList<>();
  private volatile boolean frozen;

  Tap(String to) throws IOException {
    this.to = HostPort.parse(to);
    this.listener = new ServerSocket(0, 16, InetAddress.getLoopbackAddress());
    Thread.ofVirtual().start(this::accept);
  }

  String address() {
    return "127.0.0.1:" + listener.getLocalPort();
  }

  /** Lets nothing through any more on the connections that are open. */
  void freeze() {
    frozen = true;
  }

  void thaw() {
    frozen = false;
  }

  int connections() {
    synchronized (forward) {
      return forward.size();
    }
  }

  /** What went on to the node on that connection. */
  byte[] recorded(int connection) {
    synchronized (forward) {
      return forward.get(connection).toByteArray();
    }
  }

  @Override
  public void close() {
    Sockets.close(listener);
    sockets.forEach(Sockets::close);
  }

  private void accept() {
    while (!listener.isClosed()) {
      try {
        Socket from = listener.accept();
        var behind = new Socket();
        behind.connect(new InetSocketAddress(to.host(), to.port()));
        sockets.add(from);
        sockets.add(behind);
        var record = new ByteArrayOutputStream();
        synchronized (forward) {
          forward.add(record);
        }
        Thread.ofVirtual().start(() -> pump(from, behind, record));
        Thread.ofVirtual().start(() -> pump(behind, from, new ByteArrayOutputStream()));
      } catch (IOException _) {
        // The next one may fare better.
      }
    }
  }

  private void pump(Socket from, Socket into, ByteArrayOutputStream record) {
    try {
      InputStream in = from.getInputStream();
      OutputStream out = into.getOutputStream();
      byte[] buffer = new byte[8_192];
      for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
        synchronized (forward) {
          record.write(buffer, 0, count);
        }
        if (!frozen) {
          out.write(buffer, 0, count);
        }
      }
    } catch (IOException _) {
      // One end is gone, so the other one goes, too.
    }
    Sockets.close(from);
    Sockets.close(into);
  }
}
