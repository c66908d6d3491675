package io.silverback.cluster;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.silverback.cluster.ClusterSimulation.Plan;
import io.silverback.cluster.SimFaults.Fault;
import java.util.EnumSet;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A cluster that breaks one of its rules is found out. */
class SimulationMutationTest {
  /** Far more than it takes. */
  private static final int SEEDS = 400;

  @ParameterizedTest
  @EnumSource(Rule.class)
  void aBrokenRuleIsNoticed(Rule rule) {
    for (int seed = 1; seed <= SEEDS; seed++) {
      var plan = new Plan(seed, 3, faultsFor(rule), SimNode.without(EnumSet.of(rule)));
      if (ClusterSimulation.runQuietly(plan).violation().isPresent()) {
        System.out.println("without " + rule + ", found by seed " + seed);
        return;
      }
    }
    assertTrue(false, () -> "nobody noticed that a rule was broken: " + rule);
  }

  static Set<Fault> faultsFor(Rule rule) {
    return switch (rule) {
      case LEASE_AT_THE_DOOR, DROP_WHAT_A_LAPSE_LEFT -> EnumSet.of(Fault.PAUSE);
      case LEASE_BEFORE_REPLICATION -> EnumSet.of(Fault.PAUSE, Fault.STALL);
      // It shows what it cannot bring to others, until its lease is over and they go on without.
      case REPLICATE_BEFORE_EXPOSING -> EnumSet.of(Fault.ISOLATE);
      case REPLICATE_BEFORE_ANSWERING -> EnumSet.of(Fault.CRASH_WITHOUT_DISK);
      case AWAIT_LAPSE -> EnumSet.of(Fault.SUSPECT, Fault.PAIR, Fault.PAUSE, Fault.MUTE);
      case ASK_ALL_MEMBERS, FENCE_OLD_LEADERS -> EnumSet.of(Fault.PAUSE, Fault.STALL, Fault.PAIR);
      case HORIZON_DROPS_LEFTOVERS -> EnumSet.of(Fault.CRASH, Fault.ISOLATE, Fault.LEAVE);
    };
  }
}
