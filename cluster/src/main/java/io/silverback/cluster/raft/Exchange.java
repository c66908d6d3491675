package io.silverback.cluster.raft;

import io.silverback.cluster.Network;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.ByteBuffer;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Requests and their answers over a network that only knows messages. Bounded on both sides: what
 * is too much is refused to the caller, and dropped for the peer. Thread-safe.
 *
 * <p>Layout of the messages: {@code docs/formats/consensus-messages.md}.
 */
final class Exchange implements AutoCloseable {
  private static final int WORKERS = 3;
  private static final int QUEUED = 64;

  static final int KIND_OFFSET = 0;
  static final int ID_OFFSET = KIND_OFFSET + Byte.BYTES;
  static final int TOPIC_OFFSET = ID_OFFSET + Long.BYTES;
  static final int HEADER_LENGTH = TOPIC_OFFSET + Byte.BYTES;

  static final byte REQUEST = 1;
  static final byte ANSWER = 2;
  static final byte REFUSAL = 3;

  /** Answers requests of peers. */
  @FunctionalInterface
  interface Responder {
    /**
     * The answer to a request; may block.
     *
     * @throws IOException if there is none now
     */
    byte[] answer(Network.Sender from, int topic, byte[] request) throws IOException;
  }

  /** Only an answer to the same topic counts. */
  private record Waiting(int topic, CompletableFuture<byte[]> answer) {}

  private final Network network;
  private final Responder responder;
  private final Semaphore permits;
  private final Map<Long, Waiting> waiting = new ConcurrentHashMap<>();
  private final SecureRandom ids = new SecureRandom();
  private final ThreadPoolExecutor workers;
  private volatile boolean closed;

  Exchange(Network network, int maxRequests, Responder responder) {
    this.network = network;
    this.responder = responder;
    this.permits = new Semaphore(maxRequests);
    this.workers =
        new ThreadPoolExecutor(
            WORKERS,
            WORKERS,
            10,
            TimeUnit.SECONDS,
            new ArrayBlockingQueue<>(QUEUED),
            Thread.ofPlatform().daemon().name("silverback-consensus-", 0).factory(),
            new ThreadPoolExecutor.DiscardPolicy());
    workers.allowCoreThreadTimeOut(true);
  }

  void start() {
    network.receive(Network.Channel.CONSENSUS, this::received);
  }

  /**
   * Asks a peer and waits for the answer.
   *
   * @throws IOException if none came in time, the peer refused, or too many requests wait
   * @throws InterruptedIOException if the thread was interrupted
   */
  byte[] ask(String address, int topic, byte[] request, Duration timeout) throws IOException {
    if (!permits.tryAcquire()) {
      throw new IOException("too many requests wait for answers: address=" + address);
    }
    long id = ids.nextLong();
    var answer = new CompletableFuture<byte[]>();
    try {
      waiting.put(id, new Waiting(topic, answer));
      if (closed) {
        throw new IOException("closed: address=" + address);
      }
      // A message that is dropped at once is waited for like one that is lost on its way, so that a
      // peer that is down is not asked in a busy loop.
      network.send(address, Network.Channel.CONSENSUS, message(REQUEST, id, topic, request));
      return answer.get(timeout.toNanos(), TimeUnit.NANOSECONDS);
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted: address=" + address);
    } catch (TimeoutException _) {
      throw new IOException("no answer: address=" + address + " topic=" + topic);
    } catch (ExecutionException refused) {
      throw new IOException("refused: address=" + address + " topic=" + topic, refused.getCause());
    } finally {
      waiting.remove(id);
      permits.release();
    }
  }

  private void received(Network.Sender from, byte[] message) {
    if (closed || message.length < HEADER_LENGTH) {
      return;
    }
    ByteBuffer header = ByteBuffer.wrap(message);
    long id = header.getLong(ID_OFFSET);
    int topic = message[TOPIC_OFFSET];
    byte[] body = new byte[message.length - HEADER_LENGTH];
    header.get(HEADER_LENGTH, body);
    switch (message[KIND_OFFSET]) {
      case REQUEST -> workers.execute(() -> answer(from, id, topic, body));
      case ANSWER -> complete(id, topic, body);
      case REFUSAL -> refuse(id, topic);
      default -> {}
    }
  }

  private void answer(Network.Sender from, long id, int topic, byte[] request) {
    byte[] answer;
    try {
      answer = message(ANSWER, id, topic, responder.answer(from, topic, request));
    } catch (IOException | RuntimeException _) {
      // Mostly a server that is not there yet, or not any more: the one who asks tries again.
      answer = message(REFUSAL, id, topic, new byte[0]);
    }
    network.send(from.address(), Network.Channel.CONSENSUS, answer);
  }

  private void complete(long id, int topic, byte[] body) {
    Waiting asked = waiting.get(id);
    if (asked != null && asked.topic() == topic) {
      asked.answer().complete(body);
    }
  }

  private void refuse(long id, int topic) {
    Waiting asked = waiting.get(id);
    if (asked != null && asked.topic() == topic) {
      asked.answer().completeExceptionally(new IOException("the peer has no answer now"));
    }
  }

  private static byte[] message(byte kind, long id, int topic, byte[] body) {
    return ByteBuffer.allocate(HEADER_LENGTH + body.length)
        .put(kind)
        .putLong(id)
        .put((byte) topic)
        .put(body)
        .array();
  }

  /** Has all requests fail that wait for answers. */
  void giveUp() {
    for (Waiting asked : waiting.values()) {
      asked.answer().completeExceptionally(new IOException("given up"));
    }
  }

  /** Ends the threads; requests that wait fail. */
  @Override
  public void close() {
    closed = true;
    workers.shutdownNow();
    giveUp();
  }
}
