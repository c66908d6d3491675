package io.silverback.cluster.raft;

import java.time.Duration;

/**
 * The times and bounds of a {@link RatisViewLog}.
 *
 * @param electionMin how long a voter hears nothing before it may ask to be elected, at the least
 * @param electionMax the same, at the most
 * @param requestTimeout how long one voter waits for the answer of another
 * @param housekeeping how often the log looks after its server
 * @param changeTimeout how long a change of the library's voters may take
 * @param closeTimeout how long closing may take
 * @param maxRequests how many requests to other voters may wait for answers
 * @param maxProposals how many proposals may wait for their outcome
 */
public record RatisConfig(
    Duration electionMin,
    Duration electionMax,
    Duration requestTimeout,
    Duration housekeeping,
    Duration changeTimeout,
    Duration closeTimeout,
    int maxRequests,
    int maxProposals) {
  public RatisConfig {
    if (!electionMin.isPositive() || electionMax.compareTo(electionMin) <= 0) {
      throw new IllegalArgumentException(
          "an election needs a span of time: electionMin="
              + electionMin
              + " electionMax="
              + electionMax);
    }
    if (!requestTimeout.isPositive()
        || !housekeeping.isPositive()
        || !changeTimeout.isPositive()
        || !closeTimeout.isPositive()) {
      throw new IllegalArgumentException(
          "timeouts must be positive: requestTimeout="
              + requestTimeout
              + " housekeeping="
              + housekeeping
              + " changeTimeout="
              + changeTimeout
              + " closeTimeout="
              + closeTimeout);
    }
    if (maxRequests < 1 || maxProposals < 1) {
      throw new IllegalArgumentException(
          "bounds must be positive: maxRequests=" + maxRequests + " maxProposals=" + maxProposals);
    }
  }

  /** For voters in one network, at most seven. */
  public static RatisConfig standard() {
    return new RatisConfig(
        Duration.ofMillis(300),
        Duration.ofMillis(600),
        Duration.ofSeconds(1),
        Duration.ofMillis(200),
        Duration.ofSeconds(15),
        Duration.ofSeconds(2),
        64,
        4);
  }
}
