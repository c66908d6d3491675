package io.silverback.server.log;

import java.time.Duration;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;

/**
 * A {@link Log} that says at most one thing per subject and interval, so that a client that repeats
 * its mistake every second neither fills the disk nor goes unnoticed.
 *
 * <p>The line after a silence tells in {@code suppressed} how many were left out for its subject,
 * and in {@code suppressed_others} how many for subjects that are no longer or could not be
 * tracked. A subject that comes while as many as are tracked have all spoken within the interval is
 * left out as well: the number of lines is bounded, too. Thread-safe.
 */
public final class RateLimitedLog {
  private final Log log;
  private final long intervalNanos;
  private final int maxSubjects;
  private final LongSupplier nanoTime;

  private final ReentrantLock lock = new ReentrantLock();

  /** The subjects that spoke last, the one silent for longest first. Guarded by the lock. */
  private final LinkedHashMap<SubjectDigest, Turn> turns = new LinkedHashMap<>();

  private long suppressedOthers;

  /**
   * A log that has not spoken yet.
   *
   * @param maxSubjects how many subjects are told apart, and so the most lines per interval
   * @param nanoTime a clock that never goes back, in nanoseconds
   */
  public RateLimitedLog(Log log, Duration interval, int maxSubjects, LongSupplier nanoTime) {
    if (!interval.isPositive() || maxSubjects < 1) {
      throw new IllegalArgumentException(
          "limits must be positive: interval=" + interval + " maxSubjects=" + maxSubjects);
    }
    this.log = log;
    this.intervalNanos = interval.toNanos();
    this.maxSubjects = maxSubjects;
    this.nanoTime = nanoTime;
  }

  /**
   * Logs an error unless the subject spoke a moment ago.
   *
   * @param subject what the limit counts by, such as a grouping key; compared by its text, of which
   *     only a digest is kept
   */
  public void error(Object subject, String sentence, Object... keysAndValues) {
    write(LogLevel.ERROR, subject, sentence, keysAndValues);
  }

  /** The same at level WARN; the limit does not tell levels apart. */
  public void warn(Object subject, String sentence, Object... keysAndValues) {
    write(LogLevel.WARN, subject, sentence, keysAndValues);
  }

  /** The same at level INFO; the limit does not tell levels apart. */
  public void info(Object subject, String sentence, Object... keysAndValues) {
    write(LogLevel.INFO, subject, sentence, keysAndValues);
  }

  private void write(LogLevel level, Object subject, String sentence, Object... keysAndValues) {
    if (!log.shows(level)) {
      return;
    }
    Optional<Suppressed> turn = takeTurn(SubjectDigest.of(subject));
    // No lambda: the line names the first caller outside this package's machinery.
    if (turn.isPresent()) {
      log.write(level, sentence, turn.get().addedTo(keysAndValues));
    }
  }

  /** What was left out before this line, or empty if this line is left out. */
  private Optional<Suppressed> takeTurn(SubjectDigest subject) {
    lock.lock();
    try {
      long now = nanoTime.getAsLong();
      Turn before = turns.get(subject);
      if (before != null && now - before.spokeAtNanos < intervalNanos) {
        before.suppressed++;
        return Optional.empty();
      }
      if (before == null && turns.size() == maxSubjects && !forgetEldest(now)) {
        suppressedOthers++;
        return Optional.empty();
      }
      turns.remove(subject);
      turns.put(subject, new Turn(now));
      var suppressed = new Suppressed(before == null ? 0 : before.suppressed, suppressedOthers);
      suppressedOthers = 0;
      return Optional.of(suppressed);
    } finally {
      lock.unlock();
    }
  }

  /** False if even the eldest spoke within the interval. */
  private boolean forgetEldest(long now) {
    Map.Entry<SubjectDigest, Turn> eldest = turns.firstEntry();
    if (now - eldest.getValue().spokeAtNanos < intervalNanos) {
      return false;
    }
    suppressedOthers += eldest.getValue().suppressed;
    turns.pollFirstEntry();
    return true;
  }

  private static final class Turn {
    private final long spokeAtNanos;
    private long suppressed;

    private Turn(long spokeAtNanos) {
      this.spokeAtNanos = spokeAtNanos;
    }
  }

  private record Suppressed(long same, long others) {
    Object[] addedTo(Object[] keysAndValues) {
      int length = keysAndValues.length;
      Object[] all =
          Arrays.copyOf(keysAndValues, length + (same > 0 ? 2 : 0) + (others > 0 ? 2 : 0));
      if (same > 0) {
        all[length++] = "suppressed";
        all[length++] = same;
      }
      if (others > 0) {
        all[length++] = "suppressed_others";
        all[length] = others;
      }
      return all;
    }
  }
}
