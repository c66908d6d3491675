package io.silverback.server.remotewrite;

import io.silverback.server.log.Log;
import io.silverback.server.log.RateLimitedLog;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import java.util.function.Predicate;

/**
 * The targets that other members of the cluster send to and this one does not, by their names, as
 * those members told of late. What is pushed to the groups that this member leads does not get
 * there. Thread-safe.
 */
public final class TargetsElsewhere {
  /** A member that sends tells it with each round, about every batch_send_deadline. */
  static final Duration REMEMBERED = Duration.ofMinutes(5);

  /** A reload takes a target in or out on one member after the other. */
  static final Duration LONGEST_RELOAD = Duration.ofMinutes(2);

  static final int MOST_TARGETS = 32;

  private static final Log log = Log.of(TargetsElsewhere.class);
  private static final Duration WARNED = Duration.ofHours(1);

  private final Predicate<String> isOwn;
  private final LongSupplier nanoTime;
  private final RateLimitedLog warnings;
  private final ReentrantLock lock = new ReentrantLock();
  private final Map<String, Heard> targets = new TreeMap<>();

  /** Without a long silence between the two. */
  private record Heard(long firstNanos, long lastNanos) {}

  /**
   * None yet.
   *
   * @param isOwn true if this member sends to the target of that name, too
   * @param nanoTime a clock that never goes back, in nanoseconds
   */
  TargetsElsewhere(Predicate<String> isOwn, LongSupplier nanoTime) {
    this.isOwn = isOwn;
    this.nanoTime = nanoTime;
    warnings = new RateLimitedLog(log, WARNED, MOST_TARGETS, nanoTime);
  }

  /**
   * Another member sends to a target.
   *
   * @param member its node id
   */
  public void hear(String target, String member) {
    if (Cursors.isName(target) && isUnknownForLong(target)) {
      warnings.warn(
          target,
          "another member sends to a target of remote write that this one does not have, so what"
              + " is pushed to the groups that this one leads does not get there; give all members"
              + " the same remote_write",
          "remote_name",
          target,
          "node",
          member);
    }
  }

  private boolean isUnknownForLong(String target) {
    lock.lock();
    try {
      forget();
      boolean hasRoom = targets.size() < MOST_TARGETS || targets.containsKey(target);
      if (isOwn.test(target) || !hasRoom) {
        return false;
      }
      long now = nanoTime.getAsLong();
      Heard heard =
          targets.merge(
              target, new Heard(now, now), (before, _) -> new Heard(before.firstNanos(), now));
      return now - heard.firstNanos() >= LONGEST_RELOAD.toNanos();
    } finally {
      lock.unlock();
    }
  }

  /** How many there are; {@link #MOST_TARGETS} may be more. */
  int unknown() {
    lock.lock();
    try {
      forget();
      return targets.size();
    } finally {
      lock.unlock();
    }
  }

  /** What was not heard of for a while, and what this member has come to have. */
  private void forget() {
    long now = nanoTime.getAsLong();
    targets
        .entrySet()
        .removeIf(
            entry ->
                now - entry.getValue().lastNanos() > REMEMBERED.toNanos()
                    || isOwn.test(entry.getKey()));
  }
}
