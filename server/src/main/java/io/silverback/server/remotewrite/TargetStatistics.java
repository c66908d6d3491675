package io.silverback.server.remotewrite;

import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;

/** What was sent to one target, and what was not. Thread-safe. */
final class TargetStatistics {
  final LongAdder samples = new LongAdder();
  final LongAdder bytes = new LongAdder();
  final LongAdder failed = new LongAdder();
  final LongAdder retried = new LongAdder();
  final AtomicLong highestSentMillis = new AtomicLong();
  private final Map<Drop, LongAdder> dropped = new EnumMap<>(Drop.class);
  private volatile int shards;
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

  void shards(int count) {
    shards = count;
  }

  int shards() {
    return shards;
  }

  /** All samples up to that time were sent, or given up. */
  void sentUpTo(long millis) {
    sentUpToMillis = millis;
  }

  /** 0 before the first time that something was sent. */
  long sentUpToMillis() {
    return sentUpToMillis;
  }
}
