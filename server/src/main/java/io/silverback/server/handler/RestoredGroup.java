package io.silverback.server.handler;

import io.silverback.codec.exposition.MalformedExpositionException;
import io.silverback.codec.exposition.ParsedExposition;
import io.silverback.codec.model.GroupingKey;
import io.silverback.codec.model.Metric;
import io.silverback.codec.model.MetricFamily;
import io.silverback.server.group.GroupUpdate;
import io.silverback.server.group.PushTimes;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongSupplier;

/**
 * The body of a restore: the group as an exposition shows it, its push times included.
 *
 * <p>{@code push_time_seconds} without a label {@code family} is the time of the last push, {@code
 * push_failure_time_seconds} that of the last one that was refused, and {@code
 * push_time_seconds{family="x"}} that of the push which wrote the family x, if it was an older one.
 * Nobody can push families of these names, so they cannot be mistaken for some.
 */
final class RestoredGroup {
  private static final String FAMILY = "family";
  private static final double MICROS_PER_SECOND = 1e6;
  private static final long MICROS_PER_MILLI = 1000;

  /** How far the clock of the other server may be ahead of ours. */
  private static final long TOLERANCE_MILLIS = 60_000;

  private final LongSupplier wallMillis;

  /**
   * Reads bodies.
   *
   * @param wallMillis the wall clock, in milliseconds since the epoch
   */
  RestoredGroup(LongSupplier wallMillis) {
    this.wallMillis = wallMillis;
  }

  /**
   * What the body wants restored. A time a little ahead of our clock is now, as the other server's
   * clock may differ.
   *
   * @throws MalformedExpositionException if it does not say when the group was pushed to, or if
   *     that is still to come
   */
  GroupUpdate read(GroupingKey key, ParsedExposition body) {
    long push = 0;
    long failure = 0;
    Map<String, Long> families = new HashMap<>();
    for (MetricFamily family : body.families()) {
      if (!PushTimes.isPushTime(family.name())) {
        continue;
      }
      for (Metric metric : family.metrics()) {
        long millis = millis(family.name(), metric);
        Optional<String> name = metric.labels().value(FAMILY);
        if (family.name().equals(PushTimes.FAILURE)) {
          failure = millis;
        } else if (name.isPresent()) {
          families.put(name.get(), millis);
        } else {
          push = millis;
        }
      }
    }
    if (push == 0 && failure == 0) {
      throw MalformedExpositionException.inMessage(
          "a group to restore must say when it was last pushed to: missing=" + PushTimes.SUCCESS);
    }
    return new GroupUpdate.Restore(key, body, push, failure, families);
  }

  private long millis(String family, Metric metric) {
    double seconds =
        switch (metric) {
          case Metric.Gauge(_, double value) -> value;
          case Metric.Untyped(_, double value, _) -> value;
          case Metric.Counter _, Metric.Summary _, Metric.Histogram _, Metric.Valueless _ ->
              Double.NaN;
        };
    // A double says about half a microsecond of today's seconds, so a millisecond stays itself.
    double micros = Math.rint(seconds * MICROS_PER_SECOND);
    if (!(micros >= 0 && micros < Long.MAX_VALUE)) {
      throw MalformedExpositionException.inMessage(
          "a push time must be a gauge of seconds since 1970: " + family + "=" + seconds);
    }
    long millis = (long) micros / MICROS_PER_MILLI;
    long now = wallMillis.getAsLong();
    if (millis > now + TOLERANCE_MILLIS) {
      throw MalformedExpositionException.inMessage(
          "a push time is more than a minute ahead of this server's clock, set both clocks right: "
              + family
              + "="
              + Instant.ofEpochMilli(millis)
              + " now="
              + Instant.ofEpochMilli(now));
    }
    return Math.min(millis, now);
  }
}
