package io.silverback.server.http;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.security.cert.X509Certificate;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * One connection: its bytes, what it waits for, and since when.
 *
 * <p>Reads and writes belong to the thread of the connection. The clock of its {@link Listener}
 * looks at it, and ends a wait that takes too long.
 *
 * <pre>
 * NEW -> HEAD -> BODY -> IDLE -> HEAD ...    BODY is the request's, until its answer was sent
 *          any of them -> LINGER              the last answer was sent; what still comes is dropped
 * </pre>
 */
final class Connection {
  /** How long a connection has to make no progress before another may get its place. */
  static final long UNHELPFUL_NANOS = TimeUnit.SECONDS.toNanos(1);

  private static final byte[] CONTINUE =
      "HTTP/1.1 100 Continue\r\n\r\n".getBytes(StandardCharsets.US_ASCII);

  private static final long LINGER_NANOS = TimeUnit.SECONDS.toNanos(1);
  private static final long UNREAD_NANOS = TimeUnit.SECONDS.toNanos(2);

  /** Fast clients send that much in the time that they get to read their answer. */
  private static final long MOST_LINGER_BYTES = 16 << 20;

  /** A head of this size costs no more than the buffers of a connection anyway. */
  private static final int COMMON_HEAD_BYTES = 8 * 1024;

  private enum Phase {
    NEW,
    HEAD,
    BODY,
    IDLE,
    LINGER
  }

  private enum Wait {
    NONE,
    TO_READ,
    TO_WRITE
  }

  private final ConnectionLimits limits;
  private final HeadMemory headMemory;
  private final Wire wire;
  private final InetSocketAddress client;
  private final long acceptedNanos;

  private volatile Phase phase = Phase.NEW;
  private volatile Wait wait = Wait.NONE;

  /** When the phase began. Written before the phase, so that it is never older than that. */
  private volatile long sinceNanos;

  /** When a byte was last read or written. */
  private volatile long progressNanos;

  /** When the first byte of the answer was to be written. */
  private volatile long answerNanos;

  /** Read in this phase. */
  private volatile long readBytes;

  private volatile @Nullable CutOff cutOff;
  private OptionalLong endedNanos = OptionalLong.empty();
  private boolean isAnswering;
  private int headBytes;

  Connection(
      ConnectionLimits limits,
      HeadMemory headMemory,
      Wire wire,
      InetSocketAddress client,
      long nowNanos) {
    this.limits = limits;
    this.headMemory = headMemory;
    this.wire = wire;
    this.client = client;
    this.acceptedNanos = nowNanos;
    this.sinceNanos = nowNanos;
    this.progressNanos = nowNanos;
  }

  InetSocketAddress client() {
    return client;
  }

  /** The certificate of the client that a client CA vouches for; empty without one. */
  Optional<X509Certificate> clientCertificate() {
    return wire.clientCertificate();
  }

  /** When it was accepted, by {@link System#nanoTime}. */
  long acceptedNanos() {
    return acceptedNanos;
  }

  /**
   * Waits for bytes of the client.
   *
   * @return how many came, -1 at the end
   * @throws RefusedRequestException with a 408 if the client was too slow in a request
   */
  @SuppressWarnings("NonAtomicVolatileUpdate") // One thread writes.
  int read(byte[] bytes, int offset, int length) throws IOException {
    refuseIfCutOff();
    wait = Wait.TO_READ;
    int count;
    try {
      count = wire.read(bytes, offset, length);
    } finally {
      wait = Wait.NONE;
    }
    if (count < 0) {
      refuseIfCutOff();
      return count;
    }
    progressNanos = System.nanoTime();
    if (phase == Phase.NEW || phase == Phase.IDLE) {
      enter(Phase.HEAD);
    }
    readBytes += count;
    if (phase == Phase.HEAD) {
      countHead(count);
    }
    return count;
  }

  /**
   * True if nobody waits for the answer any more: the connection is broken, or the client ended its
   * side a while ago. One that did so to say that its request is whole gets a quick answer.
   */
  boolean isAbandoned() {
    try {
      if (!wire.hasEnded()) {
        return false;
      }
    } catch (IOException _) {
      return true;
    }
    long now = System.nanoTime();
    if (endedNanos.isEmpty()) {
      endedNanos = OptionalLong.of(now);
    }
    return now - endedNanos.getAsLong() > LINGER_NANOS;
  }

  /** Tells the client to go on with the body of its request, which is no answer yet. */
  void writeContinue() throws IOException {
    write(CONTINUE, 0, CONTINUE.length);
    isAnswering = false;
  }

  /** Sends all of these bytes of an answer. */
  void write(byte[] bytes, int offset, int length) throws IOException {
    progressNanos = System.nanoTime();
    if (!isAnswering) {
      answerNanos = progressNanos;
      isAnswering = true;
    }
    wait = Wait.TO_WRITE;
    try {
      for (int sent = 0; sent < length; sent += Wire.MOST_BYTES) {
        wire.write(bytes, offset + sent, Math.min(Wire.MOST_BYTES, length - sent));
        progressNanos = System.nanoTime();
      }
    } finally {
      wait = Wait.NONE;
    }
  }

  /** The head of a request is whole: what comes next belongs to its body. */
  void beginRequest() {
    freeHead();
    enter(Phase.BODY);
  }

  /** The request was answered and read. */
  void endRequest() {
    enter(Phase.IDLE);
  }

  /**
   * Lets the client read its last answer: a socket that is closed with unread bytes in it takes
   * back what it sent.
   */
  void linger() {
    enter(Phase.LINGER);
    byte[] dropped = new byte[COMMON_HEAD_BYTES];
    try {
      wire.endOutput();
      long room = MOST_LINGER_BYTES;
      int count = 0;
      while (count >= 0 && room > 0) {
        room -= count;
        count = wire.read(dropped, 0, dropped.length);
      }
    } catch (IOException _) {
      // The client is gone, so it reads nothing any more.
    }
  }

  /** Ends it by its own thread, and gives back all that it has. */
  void close() {
    enter(Phase.LINGER);
    freeHead();
    try {
      wire.close();
    } catch (IOException _) {
      // It is gone, which is all that was wanted.
    }
  }

  /** Ends it at once from any thread: nothing that is buffered is read any more, nor sent. */
  void drop() {
    try {
      wire.drop();
    } catch (IOException _) {
      // It is gone, which is all that was wanted.
    }
  }

  /** Why it has to end now; empty while it may go on. Called by the clock. */
  Optional<CutOff> overdue(long nowNanos) {
    Phase current = phase;
    long inPhase = nowNanos - sinceNanos;
    if (current == Phase.LINGER) {
      endLinger(inPhase);
      return Optional.empty();
    }
    return switch (wait) {
      case NONE -> Optional.empty();
      case TO_WRITE ->
          when(nowNanos - answerNanos > limits.answerTimeout().toNanos(), CutOff.UNREAD);
      case TO_READ ->
          switch (current) {
            case NEW, HEAD -> when(inPhase > limits.bodyTimeout().toNanos(), CutOff.NO_PROGRESS);
            case BODY -> overdueBody(nowNanos, inPhase);
            case IDLE -> {
              if (inPhase > limits.idleTimeout().toNanos()) {
                drop();
              }
              yield Optional.empty();
            }
            case LINGER -> Optional.empty();
          };
    };
  }

  private void endLinger(long lingeredNanos) {
    if (lingeredNanos > 2 * LINGER_NANOS) {
      drop();
    } else if (lingeredNanos > LINGER_NANOS) {
      try {
        wire.endInput();
      } catch (IOException _) {
        drop();
      }
    }
  }

  private Optional<CutOff> overdueBody(long nowNanos, long inPhase) {
    long timeout = limits.bodyTimeout().toNanos();
    if (nowNanos - progressNanos > timeout) {
      return Optional.of(CutOff.NO_PROGRESS);
    }
    if (inPhase > limits.maxBodyTime().toNanos()) {
      return Optional.of(CutOff.TOO_LONG);
    }
    return when(
        inPhase > 2 * timeout && bytesASecond(nowNanos) < limits.minBodyRate(), CutOff.TOO_SLOW);
  }

  private static Optional<CutOff> when(boolean isOver, CutOff reason) {
    return isOver ? Optional.of(reason) : Optional.empty();
  }

  /** True if it waits for its client, and has for long enough to give its place to another. */
  boolean isUnhelpful(long nowNanos) {
    return wait == Wait.TO_READ && cutOff == null && nowNanos - sinceNanos > UNHELPFUL_NANOS;
  }

  /** True if it waits for the body of a request. */
  boolean isInBody() {
    return phase == Phase.BODY;
  }

  /** True if it waits for the rest of a head. */
  boolean isInHead() {
    return phase == Phase.HEAD;
  }

  /** True if the client has not read anything of its answer for a while. */
  boolean isUnread(long nowNanos) {
    return wait == Wait.TO_WRITE && nowNanos - progressNanos > UNREAD_NANOS;
  }

  /** How fast a body comes; 0 for what is not a body. */
  double bytesASecond(long nowNanos) {
    return phase == Phase.BODY ? readBytes * 1e9 / Math.max(1, nowNanos - sinceNanos) : 0;
  }

  /**
   * Ends it for that reason. A request gets an answer that says so if it is still being read: for
   * the thread that reads, this is the end of what the client sends.
   *
   * @return true if a request or an answer was lost by that
   */
  boolean end(CutOff reason) {
    Phase cut = phase;
    if (cutOff != null) {
      return false;
    }
    cutOff = reason;
    try {
      if (wait == Wait.TO_READ) {
        wire.endInput();
      } else {
        wire.drop();
      }
    } catch (IOException _) {
      drop();
    }
    return cut == Phase.HEAD || cut == Phase.BODY;
  }

  private void refuseIfCutOff() throws RefusedRequestException {
    CutOff reason = cutOff;
    if (reason != null && (phase == Phase.HEAD || phase == Phase.BODY)) {
      throw new RefusedRequestException(408, limits.sentence(reason));
    }
  }

  private void enter(Phase next) {
    sinceNanos = System.nanoTime();
    readBytes = 0;
    isAnswering = false;
    phase = next;
  }

  private void countHead(int bytes) throws IOException {
    int before = beyondCommon(headBytes);
    headBytes += bytes;
    if (!headMemory.take(beyondCommon(headBytes) - before)) {
      throw new IOException("heads that are not whole take too much memory");
    }
  }

  private void freeHead() {
    headMemory.giveBack(beyondCommon(headBytes));
    headBytes = 0;
  }

  private static int beyondCommon(int bytes) {
    return Math.max(0, bytes - COMMON_HEAD_BYTES);
  }
}
