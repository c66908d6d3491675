package io.silverback.server.remotewrite;

import io.silverback.codec.exposition.NameValidation;
import io.silverback.codec.model.Labels;
import io.silverback.server.log.Log;
import io.silverback.server.remotewrite.TargetStatistics.Drop;
import io.silverback.server.storage.StoreClosedException;
import io.silverback.server.storage.StoreNotReadyException;
import io.silverback.server.storage.engine.LocalStore;
import io.silverback.server.storage.engine.PushLog;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;

/**
 * Sends what was pushed to one target, in rounds: each takes all samples of one stretch of time.
 *
 * <p>A round ends when each sample of its stretch was delivered, refused, or given up; only then
 * the next one begins. So how far the target got is one time, and a target that is slow or down
 * makes the history wait and nothing else. In a round the parts of the history are shared out among
 * the shards, each part to one of them, which keeps the samples of a series in their order.
 */
final class RemoteTarget {
  private static final Log log = Log.of(RemoteTarget.class);

  /** A stretch is that part of the history at most, so that what is given up can be counted. */
  private static final int STRETCHES_IN_HISTORY = 12;

  private static final Duration LONGEST_STRETCH = Duration.ofMinutes(5);
  private static final Duration SHORTEST_STRETCH = Duration.ofSeconds(1);
  private static final Duration SHORTEST_WAIT = Duration.ofMillis(20);
  private static final Duration NOT_READY_WAIT = Duration.ofMillis(200);
  private static final Duration AFTER_FAULT = Duration.ofSeconds(5);
  private static final long NANOS_IN_MILLI = 1_000_000;

  private final RemoteWriteConfig config;
  private final LocalStore store;
  private final Cursors cursors;
  private final Duration retention;
  private final TargetStatistics statistics;
  private final Shard.Common common;
  private final MetadataSender metadata;
  private final RemoteEndpoint endpoint;
  private final Stop stop = new Stop();
  private final Semaphore wake = new Semaphore(0);
  private final Thread thread;
  private final long createdMillis = System.currentTimeMillis();
  private volatile boolean isLast;
  private int shards;
  private long lastRoundNanos = System.nanoTime();

  /**
   * What targets share.
   *
   * @param names which names of metrics and labels are valid
   * @param retention how long the history goes back
   */
  record Surroundings(
      LocalStore store,
      Cursors cursors,
      NameValidation names,
      Labels external,
      Duration retention,
      Semaphore reading,
      String userAgent) {}

  /**
   * Begins once another target of the same name has ended.
   *
   * @throws IOException if the target cannot be used; says why
   */
  RemoteTarget(
      RemoteWriteConfig config,
      Surroundings with,
      TargetStatistics statistics,
      Optional<RemoteTarget> before)
      throws IOException {
    this.config = config;
    this.store = with.store();
    this.cursors = with.cursors();
    this.retention = with.retention();
    this.statistics = statistics;
    this.shards = config.queue().fewestShards();
    this.endpoint = new RemoteEndpoint(config, with.userAgent());
    this.metadata = new MetadataSender(config, endpoint, statistics, retention);
    this.common =
        new Shard.Common(
            config,
            endpoint,
            statistics,
            metadata,
            with.names(),
            with.external(),
            this::oldestToSendMillis,
            with.reading(),
            stop);
    this.thread =
        Thread.ofVirtual()
            .name("remote-write-" + config.name())
            .start(
                () -> {
                  try {
                    if (before.isPresent()) {
                      before.get().thread.join();
                    }
                    run();
                  } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                  } finally {
                    endpoint.close();
                  }
                });
  }

  RemoteWriteConfig config() {
    return config;
  }

  TargetStatistics statistics() {
    return statistics;
  }

  TargetStatus status() {
    return new TargetStatus(
        config.name(),
        config.shownUrl(),
        endpoint.protocol().version(),
        statistics.lagSeconds(),
        statistics.samples.sum(),
        statistics.failed.sum(),
        statistics.dropped(Drop.TOO_OLD) + statistics.dropped(Drop.INVALID_LABELS),
        statistics.lastFault());
  }

  /** Ends after the requests that are under way; returns at once. */
  void stop() {
    stop.ask();
    wake.release();
  }

  /** Sends all that was pushed until now, and ends; returns at once. */
  void finish() {
    isLast = true;
    wake.release();
  }

  /** Waits for the end, and after that time ends what is under way, too. */
  void awaitEnd(Duration patience) throws InterruptedException {
    if (!thread.join(patience)) {
      stop();
      endpoint.close();
      thread.join();
    }
  }

  private void run() throws InterruptedException {
    try {
      while (true) {
        boolean last = isLast;
        long began = System.nanoTime();
        boolean hasMore = roundOrPause();
        if (!hasMore && last) {
          return;
        }
        if (!hasMore) {
          Duration took = Duration.ofNanos(System.nanoTime() - began);
          awaitNext(config.queue().interval().minus(took));
        }
        stop.look();
      }
    } catch (Stop.StoppedException | StoreClosedException _) {
      // Goes on from the cursor another time.
    }
  }

  private void awaitNext(Duration left) throws InterruptedException {
    Duration wait = left.compareTo(SHORTEST_WAIT) < 0 ? SHORTEST_WAIT : left;
    boolean _ = wake.tryAcquire(wait.toNanos(), TimeUnit.NANOSECONDS);
  }

  /** True if there is more to send at once. */
  private boolean roundOrPause() throws InterruptedException {
    try {
      return round(store.pushLog());
    } catch (StoreNotReadyException _) {
      stop.pause(NOT_READY_WAIT);
      return !isLast;
    } catch (Stop.StoppedException | StoreClosedException e) {
      throw e;
    } catch (RuntimeException e) {
      log.error("remote write failed and begins again", "remote_name", config.name(), "err", e);
      stop.pause(AFTER_FAULT);
      return !isLast;
    }
  }

  private boolean round(PushLog pushes) throws InterruptedException {
    long settled = pushes.settledMillis() - 1;
    long nanos = System.nanoTime();
    Cursor cursor = sound(cursors.of(config.name()), settled, nanos);
    lastRoundNanos = nanos;
    long done = withoutLost(cursor.doneMillis(), pushes);
    long to =
        cursor.hasRepeats() ? cursor.begunMillis() : Math.min(settled, done + stretch().toMillis());
    if (to > done) {
      cursors.put(config.name(), new Cursor(done, to));
      send(pushes, done + 1, to);
    }
    cursors.put(config.name(), Cursor.at(Math.max(done, to)));
    statistics.sentUpTo(to);
    metadata.sendIfDue();
    return to < settled;
  }

  /** Where to go on: with what was pushed since the target is here, if nothing else is known. */
  private Cursor sound(Optional<Cursor> known, long settled, long nanos) {
    if (known.isEmpty()) {
      return Cursor.at(Math.min(settled, createdMillis - 1));
    }
    if (known.get().begunMillis() <= settled) {
      return known.get();
    }
    long elapsed = (nanos - lastRoundNanos) / NANOS_IN_MILLI;
    log.warn(
        "the clock went back, remote write goes on from now",
        "remote_name",
        config.name(),
        "millis",
        known.get().begunMillis() - settled);
    return Cursor.at(settled - elapsed - 1);
  }

  /** Says so if history went before it was sent: memory was short, or no process ran. */
  private long withoutLost(long doneMillis, PushLog pushes) {
    long oldest = pushes.oldestMillis() - 1;
    if (doneMillis >= oldest) {
      return doneMillis;
    }
    log.warn(
        "the history does not go back to where a target got, what was pushed before it and not sent"
            + " is lost to it",
        "remote_name",
        config.name(),
        "seconds",
        (oldest - doneMillis) / 1000);
    return oldest;
  }

  /**
   * Samples of before are given up. One stretch earlier than the history would give them up, so
   * that each is still there to be counted.
   */
  private long oldestToSendMillis() {
    long oldest = store.pushLog().oldestMillis() + stretch().toMillis();
    Duration limit = config.queue().oldest();
    return limit.isZero()
        ? oldest
        : Math.max(oldest, System.currentTimeMillis() - limit.toMillis());
  }

  private Duration stretch() {
    Duration part = retention.dividedBy(STRETCHES_IN_HISTORY);
    Duration longest = part.compareTo(LONGEST_STRETCH) > 0 ? LONGEST_STRETCH : part;
    return longest.compareTo(SHORTEST_STRETCH) < 0 ? SHORTEST_STRETCH : longest;
  }

  private void send(PushLog pushes, long fromMillis, long toMillis) throws InterruptedException {
    long began = System.nanoTime();
    long retried = statistics.retried.sum();
    int count = Math.min(shards, pushes.parts());
    statistics.shards(count, shards);
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
    List<Thread> others = new ArrayList<>();
    for (int i = 1; i < count; i++) {
      others.add(Thread.ofVirtual().name("remote-write-shard-" + i).start(work));
    }
    work.run();
    for (Thread other : others) {
      other.join();
    }
    requireNone(fault.get());
    if (statistics.retried.sum() == retried) {
      adapt(Duration.ofNanos(System.nanoTime() - began));
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
    Duration interval = config.queue().interval();
    if (took.compareTo(interval.dividedBy(2)) > 0) {
      shards = Math.min(config.queue().mostShards(), 2 * shards);
    } else if (took.compareTo(interval.dividedBy(8)) < 0) {
      shards = Math.max(config.queue().fewestShards(), shards / 2);
    }
  }
}
