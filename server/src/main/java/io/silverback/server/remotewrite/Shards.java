package io.silverback.server.remotewrite;

import io.silverback.server.remotewrite.RemoteWriteConfig.Queue;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;

/**
 * The shards of a target, as many as it takes to send one stretch after the other in time. For one
 * thread, but for {@link #interrupt}.
 */
final class Shards {
  private final Queue queue;
  private final TargetStatistics statistics;
  private int wanted;
  private volatile List<Thread> others = List.of();

  Shards(Queue queue, TargetStatistics statistics) {
    this.queue = queue;
    this.statistics = statistics;
    this.wanted = queue.fewestShards();
  }

  /** Sends a stretch; returns once each of its samples was delivered, refused, or given up. */
  void send(PushReader pushes, long fromMillis, long toMillis, Shard.Common common) {
    long began = System.nanoTime();
    long retried = statistics.retried.sum();
    int count = Math.min(wanted, pushes.parts());
    statistics.shards(count, wanted);
    var next = new AtomicInteger();
    var fault = new AtomicReference<Optional<Throwable>>(Optional.empty());
    Runnable work =
        () -> {
          try (var shard = new Shard(common)) {
            for (int part = next.getAndIncrement();
                part < pushes.parts();
                part = next.getAndIncrement()) {
              shard.read(pushes, part, fromMillis, toMillis);
            }
            shard.flush();
          } catch (RuntimeException | Error | InterruptedException e) {
            fault.set(Optional.of(e));
          }
        };
    List<Thread> started = new ArrayList<>();
    for (int i = 1; i < count; i++) {
      started.add(Thread.ofVirtual().name("remote-write-shard-" + i).start(work));
    }
    others = List.copyOf(started);
    work.run();
    started.forEach(Shards::awaitEnd);
    requireNone(fault.get());
    if (statistics.retried.sum() == retried) {
      adapt(Duration.ofNanos(System.nanoTime() - began));
    }
  }

  /** Wakes those that wait for another server, all but the thread that sends the stretch. */
  void interrupt() {
    others.forEach(Thread::interrupt);
  }

  /** A shard reads the store, which may be closed once its target has ended. */
  private static void awaitEnd(Thread shard) {
    boolean wasInterrupted = false;
    while (shard.isAlive()) {
      try {
        shard.join();
      } catch (InterruptedException _) {
        wasInterrupted = true;
      }
    }
    if (wasInterrupted) {
      Thread.currentThread().interrupt();
    }
  }

  /** A stretch is done only if all shards are. */
  private static void requireNone(Optional<Throwable> fault) {
    if (fault.isPresent()) {
      if (fault.get() instanceof RuntimeException known) {
        throw known;
      }
      throw new IllegalStateException("a shard failed", fault.get());
    }
  }

  /** More shards if a round takes too long though the target takes all, fewer if they idle. */
  private void adapt(Duration took) {
    Duration interval = queue.interval();
    if (took.compareTo(interval.dividedBy(2)) > 0) {
      wanted = Math.min(queue.mostShards(), 2 * wanted);
    } else if (took.compareTo(interval.dividedBy(8)) < 0) {
      wanted = Math.max(queue.fewestShards(), wanted / 2);
    }
  }
}
