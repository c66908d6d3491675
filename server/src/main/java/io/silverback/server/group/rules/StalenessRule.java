package io.silverback.server.group.rules;

import io.silverback.codec.model.GroupingKey;
import io.silverback.codec.model.PushRhythm;
import io.silverback.server.group.select.SeriesSelector;
import java.time.Duration;
import java.util.Optional;

/**
 * When groups count as abandoned, and what is left of them then.
 *
 * <p>A rule without {@code ttl} and {@code missedPushes} keeps its groups for ever.
 *
 * @param groups the groups it is for, by their grouping labels; without conditions all
 * @param ttl how long a group may be quiet whose rhythm is not known or does not matter; zero for
 *     any time
 * @param missedPushes how many pushes a group may miss that used to push regularly; 0 for any
 *     number
 * @param keepsPushTime whether the time of the last push stays exposed
 * @param purgeAfter how long after its expiry a group is forgotten
 */
public record StalenessRule(
    SeriesSelector groups,
    Duration ttl,
    int missedPushes,
    boolean keepsPushTime,
    Duration purgeAfter) {
  /** How long after its expiry a group is forgotten if nobody says it. */
  public static final Duration USUAL_PURGE = Duration.ofHours(1);

  /** Quicker pushers are treated like those with this interval: a machine may hang that long. */
  public static final Duration SHORTEST_INTERVAL = Duration.ofSeconds(1);

  public StalenessRule {
    if (ttl.isNegative() || missedPushes < 0 || purgeAfter.isNegative()) {
      throw new IllegalArgumentException(
          "must not be negative: ttl="
              + ttl
              + " missedPushes="
              + missedPushes
              + " purgeAfter="
              + purgeAfter);
    }
  }

  public boolean appliesTo(GroupingKey key) {
    return groups.matches("", key.labels());
  }

  /** How long a group that pushed in that rhythm may be quiet; empty for any time. */
  public Optional<Duration> patience(PushRhythm rhythm) {
    if (missedPushes > 0 && rhythm.isRegular()) {
      long interval = Math.max(rhythm.intervalMillis(), SHORTEST_INTERVAL.toMillis());
      return Optional.of(Duration.ofMillis(interval).multipliedBy(missedPushes));
    }
    return ttl.isZero() ? Optional.empty() : Optional.of(ttl);
  }

  /** The patience with the least patient group; empty if no group ever expires. */
  Optional<Duration> shortestPatience() {
    Duration quickest = SHORTEST_INTERVAL.multipliedBy(missedPushes);
    if (missedPushes == 0 || (!ttl.isZero() && ttl.compareTo(quickest) < 0)) {
      return ttl.isZero() ? Optional.empty() : Optional.of(ttl);
    }
    return Optional.of(quickest);
  }
}
