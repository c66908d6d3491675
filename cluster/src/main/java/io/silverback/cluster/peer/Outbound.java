package io.silverback.cluster.peer;

import static java.util.Map.entry;

import io.silverback.cluster.Network.Channel;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Messages to one peer on one channel: those that wait, the connection that they go over, and the
 * thread that opens and writes it. Retires when nobody has sent for long. Thread-safe.
 */
final class Outbound {
  private static final Logger logger = System.getLogger(SealedNetwork.class.getName());

  /** What is written in one go; the largest message may be more. */
  private static final int BATCH_BYTES = 4 * FrameSeal.MOST_PLAIN;

  /** What became of a message. */
  enum Offer {
    QUEUED,
    FULL,
    RETIRED
  }

  /** Whom the messages go to. */
  record Target(String address, Channel channel) {}

  private final Target target;
  private final HostPort peer;
  private final Local local;
  private final Dial dial;
  private final Traffic.Counters counters;

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition work = lock.newCondition();
  private final ArrayDeque<byte[]> queue = new ArrayDeque<>();
  private long queuedBytes;
  private long offeredNanos = System.nanoTime();
  private boolean retired;
  private boolean writes;

  /** What messages can go over now. */
  private @Nullable Link link;

  private long backOffNanos;
  private long nextAttemptNanos = System.nanoTime();

  /**
   * For messages to that peer; {@link #run} has to be run by a thread.
   *
   * @throws IllegalArgumentException if the address is not valid
   */
  Outbound(Target target, Local local, Addresses addresses) {
    this.target = target;
    this.peer = HostPort.parse(target.address());
    this.local = local;
    this.dial = new Dial(target, peer, local, addresses);
    this.counters = local.traffic().of(target.channel());
  }

  Target target() {
    return target;
  }

  Offer offer(byte[] message) {
    PeerConfig settings = local.settings();
    lock.lock();
    try {
      if (retired) {
        return Offer.RETIRED;
      }
      offeredNanos = System.nanoTime();
      boolean fits =
          queue.isEmpty()
              || (queue.size() < settings.queueMessages()
                  && queuedBytes + message.length <= settings.queueBytes());
      if (!fits || !local.traffic().queue(message.length, settings.totalQueueBytes())) {
        return Offer.FULL;
      }
      queue.add(message);
      queuedBytes += message.length;
      work.signal();
      return Offer.QUEUED;
    } finally {
      lock.unlock();
    }
  }

  /** Opens and writes connections until it retires. */
  void run() {
    try {
      while (awaitWork()) {
        Link current = usable();
        if (current == null) {
          connect();
        } else {
          write(current);
        }
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    } catch (RuntimeException e) {
      logger.log(Level.ERROR, "a connection failed, which is a bug", e);
    } finally {
      retire();
    }
  }

  /** Ends a handshake that takes too long, and a connection whose secret was withdrawn. */
  void check(long nowNanos) {
    dial.check(nowNanos);
    lock.lock();
    try {
      if (link != null && !local.secrets().has(link.session().secret())) {
        lose(link);
      }
    } finally {
      lock.unlock();
    }
  }

  /**
   * Drops what waits and what was not sent yet. What is offered later goes over a new connection.
   */
  void drop() {
    lock.lock();
    try {
      dropQueue();
      Link current = link;
      if (current != null) {
        current.abort();
        lose(current);
        nextAttemptNanos = System.nanoTime();
      }
    } finally {
      lock.unlock();
    }
  }

  /** Of the connection that is open; empty without one. */
  Optional<Session> session() {
    lock.lock();
    try {
      return Optional.ofNullable(link).map(Link::session);
    } finally {
      lock.unlock();
    }
  }

  /** True if nothing that could be written waits. */
  boolean isQuiet() {
    lock.lock();
    try {
      return link == null || (queue.isEmpty() && !writes);
    } finally {
      lock.unlock();
    }
  }

  void retire() {
    lock.lock();
    try {
      retired = true;
      dial.end();
      dropQueue();
      if (link != null) {
        lose(link);
      }
      work.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Returns when there is something to do; false when there never will be. */
  private boolean awaitWork() throws InterruptedException {
    long idleNanos = local.settings().idle().toNanos();
    long keepAliveNanos = local.settings().keepAlive().toNanos();
    lock.lock();
    try {
      while (!retired) {
        long now = System.nanoTime();
        Link current = link;
        long wait = offeredNanos + idleNanos - now;
        if (!queue.isEmpty()) {
          wait = current == null ? nextAttemptNanos - now : 0;
        } else if (wait <= 0) {
          return false;
        } else if (current != null) {
          wait = Math.min(wait, current.writtenNanos() + keepAliveNanos - now);
        }
        if (wait <= 0) {
          return true;
        }
        work.awaitNanos(wait);
      }
      return false;
    } finally {
      lock.unlock();
    }
  }

  private @Nullable Link usable() {
    lock.lock();
    try {
      return link;
    } finally {
      lock.unlock();
    }
  }

  private void connect() throws InterruptedException {
    try {
      connected(dial.open());
    } catch (IOException | RefusedException e) {
      if (e instanceof RefusedException refused) {
        local.log().log(refused.refusal(), peer.toString(), String.valueOf(e.getMessage()));
      }
      if (!isRetired()) {
        local.unreached().failed(peer.toString(), reasonOf(e), System.nanoTime());
      }
      failed();
    }
  }

  private static String reasonOf(Exception failure) {
    String message = failure.getMessage();
    return message == null ? failure.getClass().getSimpleName() : message;
  }

  private boolean isRetired() {
    lock.lock();
    try {
      return retired;
    } finally {
      lock.unlock();
    }
  }

  private void connected(Link opened) {
    local.unreached().reached(peer.toString(), System.nanoTime());
    lock.lock();
    try {
      if (retired) {
        opened.close();
        return;
      }
      link = opened;
      counters.outbound.incrementAndGet();
    } finally {
      lock.unlock();
    }
    Thread.ofVirtual().name("peer-signs-" + peer).start(() -> awaitEnd(opened));
  }

  /** The peer is out of reach: what waits would only get older. */
  private void failed() {
    lock.lock();
    try {
      dropQueue();
      backOff(true);
    } finally {
      lock.unlock();
    }
  }

  private void awaitEnd(Link opened) {
    try {
      while (true) {
        opened.awaitSignOfLife();
      }
    } catch (IOException | RefusedException e) {
      logger.log(
          Level.DEBUG, "a connection ended", entry("peer", target), entry("reason", e.toString()));
    } finally {
      lose(opened);
    }
  }

  private void write(Link current) {
    List<byte[]> batch = take(current);
    try {
      current.write(batch);
      for (byte[] message : batch) {
        counters.messagesOut.increment();
        counters.bytesOut.add(message.length);
      }
    } catch (IOException | RefusedException _) {
      // Some of them may have arrived: to send them again would make two of one.
      counters.dropped.add(batch.size());
      lose(current);
    } finally {
      wrote();
    }
  }

  /** What is to be written now; nothing if the connection is not the one to write to any more. */
  private List<byte[]> take(Link current) {
    var batch = new ArrayList<byte[]>();
    lock.lock();
    try {
      writes = true;
      int bytes = 0;
      while (link == current && !queue.isEmpty()) {
        bytes += queue.element().length;
        if (!batch.isEmpty() && bytes > BATCH_BYTES) {
          break;
        }
        byte[] message = queue.remove();
        batch.add(message);
        queuedBytes -= message.length;
        local.traffic().unqueue(message.length);
      }
      return batch;
    } finally {
      lock.unlock();
    }
  }

  private void wrote() {
    lock.lock();
    try {
      writes = false;
    } finally {
      lock.unlock();
    }
  }

  private void lose(Link lost) {
    lock.lock();
    try {
      lost.close();
      if (link == lost) {
        link = null;
        counters.outbound.decrementAndGet();
        long livedNanos = System.nanoTime() - lost.openedNanos();
        // One that takes connections and ends them is as good as one that takes none.
        backOff(livedNanos < local.settings().longestBackOff().toNanos());
        work.signal();
      }
    } finally {
      lock.unlock();
    }
  }

  private void backOff(boolean longer) {
    long shortest = local.settings().shortestBackOff().toNanos();
    long longest = local.settings().longestBackOff().toNanos();
    backOffNanos = longer ? Math.clamp(2 * backOffNanos, shortest, longest) : shortest;
    nextAttemptNanos = System.nanoTime() + backOffNanos;
  }

  private void dropQueue() {
    counters.dropped.add(queue.size());
    local.traffic().unqueue(queuedBytes);
    queue.clear();
    queuedBytes = 0;
  }
}
