package io.silverback.server.remotewrite;

import java.time.Instant;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;

/** What was sent to one target, and what was not. Thread-safe. */
final class TargetStatistics {
  final LongAdder samples = new LongAdder();
  final LongAdder bytes = new LongAdder();
  final LongAdder failed = new LongAdder();
  final LongAdder retried = new LongAdder();
  final LongAdder pending = new LongAdder();
  final LongAdder metadata = new LongAdder();
  final LongAdder metadataFailed = new LongAdder();
  final LongAdder metadataRetried = new LongAdder();
  final AtomicLong highestSentMillis = new AtomicLong();
  private final Map<Drop, LongAdder> dropped = new EnumMap<>(Drop.class);
  private volatile int shards;
  private volatile int desiredShards;
  private volatile Optional<TargetStatus.Fault> lastFault = Optional.empty();
  private volatile long sentUpToMillis;

  /** Why samples are not sent. */
  enum Drop {
    /** A relabeling rule says so. */
    RELABELED("dropped_by_rule"),
    /** Their labels are not valid, so that receivers might drop them without a word. */
    INVALID_LABELS("invalid_labels"),
    /** They are older than asked for, or would be older than the history before they are sent. */
    TOO_OLD("too_old");

    private final String label;

    Drop(String label) {
      this.label = label;
    }

    String label() {
      return label;
    }
  }

  TargetStatistics() {
    for (Drop reason : Drop.values()) {
      dropped.put(reason, new LongAdder());
    }
  }

  void drop(Drop reason, long samples) {
    adder(reason).add(samples);
  }

  long dropped(Drop reason) {
    return adder(reason).sum();
  }

  private LongAdder adder(Drop reason) {
    LongAdder adder = dropped.get(reason);
    if (adder == null) {
      throw new IllegalStateException("no counter: reason=" + reason);
    }
    return adder;
  }

  /**
   * Requests are sent at once by that many shards.
   *
   * @param desired how many there would be if the history had parts for all of them
   */
  void shards(int count, int desired) {
    shards = count;
    desiredShards = desired;
  }

  int desiredShards() {
    return desiredShards;
  }

  /** A request did not do. */
  void fault(String reason) {
    lastFault = Optional.of(new TargetStatus.Fault(Instant.now(), reason));
  }

  Optional<TargetStatus.Fault> lastFault() {
    return lastFault;
  }

  int shards() {
    return shards;
  }

  /** All samples up to that time were sent, or given up. */
  void sentUpTo(long millis) {
    sentUpToMillis = millis;
  }

  /** The server has nothing to send; what was sent up to then is about nothing any more. */
  void leadsNothing() {
    sentUpToMillis = 0;
    shards = 0;
  }

  /**
   * The time of the latest sample that was taken, or that is done with otherwise.
   *
   * @param newestMillis that of the latest sample that there is
   */
  long highestSentMillis(long newestMillis) {
    return Math.max(highestSentMillis.get(), Math.min(sentUpToMillis, newestMillis));
  }

  /** How long ago the time is up to which all was sent; 0 while there is nothing to send. */
  double lagSeconds() {
    long sentUpTo = sentUpToMillis;
    return sentUpTo == 0 ? 0 : Math.max(0, System.currentTimeMillis() - sentUpTo) / 1e3;
  }
}
