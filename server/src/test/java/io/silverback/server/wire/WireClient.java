package io.silverback.server.wire;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * Sends bytes exactly as given, each segment in a write of its own, over a connection of its own,
 * and keeps all that comes back. It reads while it writes, so no answer is lost to a server that
 * closes early. Thread-safe.
 */
final class WireClient {
  private static final int TIMEOUT_MILLIS = 30_000;
  private static final Duration PAUSE = Duration.ofMillis(2);

  private final Connector connector;

  WireClient(Connector connector) {
    this.connector = connector;
  }

  /** When a client sends its next segment. */
  enum Pace {
    AT_ONCE,
    /** After a pause, so that the server most likely reads the segments one by one. */
    SLOWLY,
    /** When something has come back, or the server has closed. */
    AFTER_AN_ANSWER
  }

  /** What a client does after its last byte. */
  enum Then {
    /** Waits until the server closes. */
    WAIT,
    /** Says that nothing more comes, and listens on. */
    HALF_CLOSE
  }

  /** Sends the segments and returns what came back until the server closed. */
  byte[] exchange(List<byte[]> segments, Pace pace, Then then) throws IOException {
    try (Socket socket = connector.connect();
        var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      socket.setTcpNoDelay(true);
      socket.setSoTimeout(TIMEOUT_MILLIS);
      var answered = new CountDownLatch(1);
      Future<byte[]> answers =
          threads.submit(() -> readToEnd(socket.getInputStream(), answered::countDown));
      try {
        for (int i = 0; i < segments.size(); i++) {
          if (i > 0) {
            await(pace, answered);
          }
          socket.getOutputStream().write(segments.get(i));
        }
        if (then == Then.HALF_CLOSE) {
          socket.shutdownOutput();
        }
      } catch (SocketException _) {
        // A server that refuses a request need not read it to its end. What it said is read anyway.
      }
      return answers.get();
    } catch (ExecutionException e) {
      throw new IOException("cannot read the answers", e.getCause());
    } catch (InterruptedException e) {
      throw new IllegalStateException("interrupted during a conversation", e);
    }
  }

  private static void await(Pace pace, CountDownLatch answered) throws InterruptedException {
    switch (pace) {
      case AT_ONCE -> {}
      case SLOWLY -> Thread.sleep(PAUSE);
      case AFTER_AN_ANSWER -> answered.await();
    }
  }

  private static byte[] readToEnd(InputStream in, Runnable answered) throws IOException {
    var all = new ByteArrayOutputStream();
    byte[] part = new byte[1 << 13];
    try {
      for (int read = in.read(part); read >= 0; read = in.read(part)) {
        all.write(part, 0, read);
        answered.run();
      }
    } catch (SocketTimeoutException e) {
      throw new IOException("the server neither answers nor closes: answers=" + all, e);
    } catch (SocketException _) {
      // Reset, as bytes of ours were on their way when the server closed: the end as well.
    } finally {
      answered.run();
    }
    return all.toByteArray();
  }
}
