package io.silverback.cluster;

import java.time.Duration;
import java.util.Optional;

/**
 * How a node takes part in its cluster.
 *
 * @param bootstrapExpect how many nodes have to see one another before they form a first cluster
 * @param replicationFactor how many nodes hold a push before it is answered, the leader included
 * @param lease how long a node may lead without hearing from a majority of the voters
 * @param renewal how often it asks them
 * @param replicaTimeout after which silence a replica is replaced for a push
 * @param pushBudget how long a push may wait for its leader
 * @param stability how long a node that was removed has to stay before it leads again; doubles with
 *     each time
 * @param tombstoneAge how long a deleted group is remembered, at least
 * @param onMinority what it does without a majority; if that is empty, the view decides
 * @param maxClockSkew how far the wall clock of another member may be away until that is logged
 * @param refusedMeansDead true if one of exactly two voters goes on alone when the other's doors
 *     refuse all connections for a whole lease
 */
public record ClusterConfig(
    int bootstrapExpect,
    int replicationFactor,
    Duration lease,
    Duration renewal,
    Duration replicaTimeout,
    Duration pushBudget,
    Duration stability,
    Duration tombstoneAge,
    Optional<OnMinority> onMinority,
    Duration maxClockSkew,
    boolean refusedMeansDead) {
  public ClusterConfig {
    if (bootstrapExpect < 1) {
      throw new IllegalArgumentException(
          "a cluster has at least one node: bootstrapExpect=" + bootstrapExpect);
    }
    if (replicationFactor < 1) {
      throw new IllegalArgumentException(
          "a push is held at least once: replicationFactor=" + replicationFactor);
    }
    if (!renewal.isPositive() || lease.compareTo(renewal.multipliedBy(3)) < 0) {
      throw new IllegalArgumentException(
          "a lease must outlast three renewals: lease=" + lease + " renewal=" + renewal);
    }
    if (!replicaTimeout.isPositive() || !pushBudget.isPositive() || stability.isNegative()) {
      throw new IllegalArgumentException(
          "timeouts must be positive: replicaTimeout="
              + replicaTimeout
              + " pushBudget="
              + pushBudget
              + " stability="
              + stability);
    }
    if (!tombstoneAge.isPositive()) {
      throw new IllegalArgumentException(
          "what is deleted has to be remembered for a while: tombstoneAge=" + tombstoneAge);
    }
    if (!maxClockSkew.isPositive()) {
      throw new IllegalArgumentException(
          "no two clocks are always equal: maxClockSkew=" + maxClockSkew);
    }
  }

  /** What the flags say where they are left alone. */
  public static ClusterConfig standard(int bootstrapExpect) {
    return new ClusterConfig(
        bootstrapExpect,
        2,
        Duration.ofSeconds(2),
        Duration.ofMillis(400),
        Duration.ofMillis(500),
        Duration.ofSeconds(8),
        Duration.ofSeconds(30),
        Duration.ofHours(1),
        Optional.empty(),
        Duration.ofSeconds(1),
        true);
  }
}
