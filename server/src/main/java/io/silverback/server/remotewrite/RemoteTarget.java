package io.silverback.server.remotewrite;

import io.silverback.codec.exposition.NameValidation;
import io.silverback.codec.model.Labels;
import io.silverback.server.log.Log;
import io.silverback.server.log.RateLimitedLog;
import io.silverback.server.remotewrite.TargetStatistics.Drop;
import io.silverback.server.storage.StoreClosedException;
import io.silverback.server.storage.StoreNotReadyException;
import io.silverback.server.storage.engine.LocalStore;
import java.io.IOException;
import java.time.Duration;
import java.util.BitSet;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

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
  private static final Duration STOPPED_SOON = Duration.ofMillis(500);

  /** From the first server that forgets the groups to the leader, which does so last. */
  private static final Duration LONGEST_WIPE = Duration.ofSeconds(30);

  private static final long NANOS_IN_MILLI = 1_000_000;
  private static final RateLimitedLog failures =
      new RateLimitedLog(log, Duration.ofMinutes(1), 100, System::nanoTime);

  private final RemoteWriteConfig config;
  private final LocalStore store;
  private final Cursors cursors;
  private final Duration retention;
  private final long maxWipedBytes;
  private final TargetStatistics statistics;
  private final Leadership leadership;
  private final NameValidation names;
  private final Labels external;
  private final Semaphore reading;
  private final MetadataSender metadata;
  private final Shards shards;
  private final RemoteEndpoint endpoint;
  private final Stop stop = new Stop();
  private final Semaphore wake = new Semaphore(0);
  private final Thread thread;
  private final long createdMillis = System.currentTimeMillis();
  private volatile boolean isLast;

  /** What this server led when the last round began; nobody changes it. */
  private volatile BitSet led = new BitSet();

  private long lastRoundNanos = System.nanoTime();

  /**
   * What targets share.
   *
   * @param leadership what of the pushes in the store this server sends
   * @param names which names of metrics and labels are valid
   * @param retention how long the history goes back
   * @param maxWipedBytes the most heap for what has to be known of wiped groups
   */
  record Surroundings(
      LocalStore store,
      Leadership leadership,
      Cursors cursors,
      NameValidation names,
      Labels external,
      Duration retention,
      long maxWipedBytes,
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
    this.leadership = with.leadership();
    this.cursors = with.cursors();
    this.names = with.names();
    this.external = with.external();
    this.reading = with.reading();
    this.retention = with.retention();
    this.maxWipedBytes = with.maxWipedBytes();
    this.statistics = statistics;
    this.shards = new Shards(config.queue(), statistics);
    this.endpoint = new RemoteEndpoint(config, with.userAgent());
    this.metadata = new MetadataSender(config, endpoint, statistics, retention);
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

  /** False if other servers send all that there is, as far as is known. */
  boolean leadsAny() {
    return !led.isEmpty();
  }

  /**
   * When the newest sample was pushed that this server has to send, in milliseconds since the
   * epoch; 0 before the first one.
   */
  long newestMillis() {
    return store.pushLog().newestMillis(led);
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
      if (!thread.join(STOPPED_SOON)) {
        // Another server does not answer.
        thread.interrupt();
        shards.interrupt();
        thread.join();
      }
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
      return round();
    } catch (StoreNotReadyException _) {
      stop.pause(NOT_READY_WAIT);
      return !isLast;
    } catch (Stop.StoppedException | StoreClosedException e) {
      throw e;
    } catch (RuntimeException e) {
      // What an end has interrupted is no fault.
      stop.look();
      log.error("remote write failed and begins again", "remote_name", config.name(), "err", e);
      stop.pause(AFTER_FAULT);
      return !isLast;
    }
  }

  private boolean round() throws InterruptedException {
    cursors.keep();
    store.pushLog().watchWipes(maxWipedBytes);
    Leadership.Term term = leadership.now();
    led = term.slots();
    long settled = term.settledMillis() - 1;
    boolean hasMore = false;
    boolean isHeldUp = false;
    long reached = settled;
    for (Map.Entry<Plan.Work, BitSet> each : plan(term, settled).works().entrySet()) {
      long to = each.getKey().toMillis();
      try {
        send(each.getKey(), each.getValue(), term);
      } catch (StoreNotReadyException e) {
        // The others need not wait for it.
        isHeldUp = true;
        to = each.getKey().from().doneMillis();
        failures.warn(
            "held up " + config.name(),
            "what other servers have cannot be read, so what was pushed to them is sent later",
            "remote_name",
            config.name(),
            "reason",
            String.valueOf(e.getMessage()));
      } catch (Stop.NotLeaderException _) {
        // Those that are still led are sent again, in requests of their own.
        return true;
      }
      reached = Math.min(reached, to);
      hasMore |= to < settled;
    }
    if (term.slots().isEmpty()) {
      statistics.leadsNothing();
    } else {
      statistics.sentUpTo(reached);
    }
    metadata.sendIfDue();
    if (isHeldUp) {
      stop.pause(NOT_READY_WAIT);
      return !isLast;
    }
    return hasMore;
  }

  private Plan plan(Leadership.Term term, long settled) {
    long nanos = System.nanoTime();
    long elapsed = (nanos - lastRoundNanos) / NANOS_IN_MILLI;
    lastRoundNanos = nanos;
    long oldest = store.pushLog().oldestMillis() - 1;
    Plan plan =
        Plan.of(
            term,
            places(term.slots()),
            new Plan.Times(settled, oldest, createdMillis, elapsed, stretch()));
    if (plan.backMillis() > 0) {
      log.warn(
          "the clock went back, remote write goes on from now",
          "remote_name",
          config.name(),
          "millis",
          plan.backMillis());
    }
    if (plan.lostMillis() > 0) {
      // Memory was short, or no process ran.
      log.warn(
          "the history does not go back to where a target got, what was pushed before it and not"
              + " sent is lost to it",
          "remote_name",
          config.name(),
          "seconds",
          plan.lostMillis() / 1000);
    }
    return plan;
  }

  /** How far this target got, as far as any server knows. */
  private Cursors.Places places(BitSet slots) {
    Cursors.Places places = cursors.of(config.name());
    var unknown = (BitSet) slots.clone();
    unknown.andNot(places.known());
    if (unknown.isEmpty()) {
      return places;
    }
    cursors.hear(config.name(), leadership.ask(config.name(), unknown));
    return cursors.of(config.name());
  }

  private void send(Plan.Work work, BitSet slots, Leadership.Term term) {
    if (!work.isNothing()) {
      keep(slots, term, work.begun());
      PushReader pushes =
          work.isEverywhere() ? leadership.everywhere(slots) : leadership.own(slots);
      long from = work.from().doneMillis() + 1;
      long to = work.toMillis();
      Shard.Common common = common(stop.asLongAs(() -> term.holds().test(slots)));
      // What was pushed before a wipe is gone, so its series end before all that is left of them.
      long wiped = wipesFrom(work, slots, term);
      OwnPushes.wipes(store.pushLog(), key -> leadership.isIn(slots, key), wiped, to)
          .forEach(wipes -> shards.send(wipes, wiped, to, common));
      shards.send(pushes, from, to, common);
    }
    keep(slots, term, work.done());
  }

  /**
   * The leader before may not have sent what this server wiped before it did, so that goes out
   * again.
   */
  private static long wipesFrom(Plan.Work work, BitSet slots, Leadership.Term term) {
    long from = work.from().doneMillis() + 1;
    boolean isTakenOver =
        slots.stream().anyMatch(slot -> term.sinceMillis().applyAsLong(slot) >= from);
    return isTakenOver ? from - LONGEST_WIPE.toMillis() : from;
  }

  private Shard.Common common(Stop end) {
    return new Shard.Common(
        config,
        endpoint,
        statistics,
        metadata,
        names,
        external,
        this::oldestToSendMillis,
        reading,
        end);
  }

  private void keep(BitSet slots, Leadership.Term term, Cursor cursor) {
    cursors.put(config.name(), slots, term.epoch(), cursor);
    leadership.tell(config.name(), cursors.reached(config.name(), slots));
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
}
