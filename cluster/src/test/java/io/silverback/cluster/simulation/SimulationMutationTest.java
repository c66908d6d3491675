package io.silverback.cluster.simulation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.silverback.cluster.Rule;
import io.silverback.cluster.push.LeaderQueueTest;
import io.silverback.cluster.simulation.ClusterSimulation.Plan;
import io.silverback.cluster.simulation.SimFaults.Fault;
import io.silverback.cluster.slots.FencesTest;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * A cluster that breaks one of its rules is found out.
 *
 * <p>Three rules are left out, as they guard what others guard, too: what is late has an older
 * version for its epoch, bears the time after which it is dropped, and is not answered without a
 * lease. Nobody who breaks them is found out, not even all three at once; {@link FencesTest} and
 * {@link LeaderQueueTest} look at two of them by themselves.
 */
class SimulationMutationTest {
  /** Far more than it takes. */
  private static final int SEEDS = 400;

  @ParameterizedTest
  @EnumSource(
      value = Rule.class,
      mode = EnumSource.Mode.EXCLUDE,
      names = {
        "LEASE_BEFORE_REPLICATION",
        "FENCE_OLD_LEADERS",
        "DROP_WHAT_A_LAPSE_LEFT",
        // Of pairs, see PairSimulationTest.
        "FRESH_HAS_A_FLOOR",
        "WAIT_BEFORE_FRESH",
        "MERGE_AFTER_A_CUT"
      })
  void aBrokenRuleIsNoticed(Rule rule) {
    assertIsNoticed(
        rule.toString(),
        firstSeedFor(rule),
        hostsFor(rule),
        faultsFor(rule),
        SimNode.without(EnumSet.of(rule)));
  }

  /** A cluster that is founded anew over old stores begins with epochs below theirs. */
  @Test
  void pushesThatCountAsOlderThanOldStoresAreNoticed() {
    assertIsNoticed(
        "noticing epochs",
        1,
        3,
        EnumSet.of(Fault.FOUND_ANEW, Fault.LEAVE, Fault.CRASH),
        SimNode.overStoresOfAnyEpoch());
  }

  /** A node that was away brings back what was wiped. */
  @Test
  void wipesThatRaiseNoHorizonAreNoticed() {
    assertIsNoticed(
        "the horizons of wipes",
        1,
        3,
        EnumSet.of(Fault.CRASH, Fault.ISOLATE, Fault.LEAVE),
        SimNode.overStoresThatForgetWipes());
  }

  /** What it holds no more would count as purged, once it is to hold it again. */
  @Test
  void leftoversThatLeaveTheirHorizonAreNoticed() {
    assertIsNoticed(
        "forgetting horizons",
        1,
        3,
        EnumSet.of(Fault.JOIN, Fault.DRAIN),
        SimNode.overStoresThatKeepHorizons());
  }

  private static void assertIsNoticed(
      String broken, int first, int hosts, Set<Fault> faults, SimNode.Factory factory) {
    for (int seed = first; seed < first + SEEDS; seed++) {
      var plan = new Plan(seed, hosts, faults, factory);
      if (ClusterSimulation.runQuietly(plan).violation().isPresent()) {
        System.out.println("without " + broken + ", found by seed " + seed);
        var whole = new Plan(seed, hosts, faults, SimNode.real());
        assertEquals(Optional.empty(), ClusterSimulation.runQuietly(whole).violation());
        return;
      }
    }
    assertTrue(false, () -> "nobody noticed that a rule was broken: " + broken);
  }

  /** Just before what is found, where most lives go well without the rule. */
  private static int firstSeedFor(Rule rule) {
    return switch (rule) {
      case LOST_SLOTS_END_SCRAPES -> 565;
      case HOLD_WIPED_SLOTS -> 86;
      case HAND_OVER_ALL -> 19;
      case AWAIT_LAPSE, SPARE_THE_FULL, HISTORY_FOLLOWS -> 13;
      case ASK_ALL_MEMBERS -> 7;
      default -> 1;
    };
  }

  private static int hostsFor(Rule rule) {
    return switch (rule) {
      case ALONE_ONLY_AFTER_A_LEASE,
          BOTH_DOORS_REFUSE,
          REFUSALS_COUNT_IN_SILENCE,
          REFUSALS_LAST_A_LEASE ->
          2;
      default -> 3;
    };
  }

  static Set<Fault> faultsFor(Rule rule) {
    return switch (rule) {
      // It shows what it cannot bring to others, until its lease is over and they go on without.
      case REPLICATE_BEFORE_EXPOSING -> EnumSet.of(Fault.ISOLATE);
      case REPLICATE_BEFORE_ANSWERING -> EnumSet.of(Fault.CRASH_WITHOUT_DISK);
      case AWAIT_LAPSE -> EnumSet.of(Fault.SUSPECT, Fault.PAIR, Fault.PAUSE, Fault.MUTE);
      case ASK_ALL_MEMBERS -> EnumSet.of(Fault.PAUSE, Fault.STALL, Fault.PAIR);
      case LEASE_AT_ADMISSION,
          DROP_WHAT_A_LAPSE_LEFT,
          LEASE_BEFORE_REPLICATION,
          FENCE_OLD_LEADERS ->
          EnumSet.of(Fault.PAUSE, Fault.STALL);
      case READY_MEANS_SAFE -> EnumSet.of(Fault.LEAVE, Fault.CRASH, Fault.CRASH_WITHOUT_DISK);
      case LOST_SLOTS_END_SCRAPES -> EnumSet.of(Fault.PAIR, Fault.DEAF, Fault.MUTE, Fault.FLAP);
      case SPARE_THE_FULL -> EnumSet.of(Fault.FULL, Fault.JOIN);
      // One of two hosts in five lives is a year ahead for some seconds, and then right again.
      case HEAR_NO_CLOCK -> EnumSet.of(Fault.CLOCK);
      case RELEASE_BEFORE_HAND_OVER, HAND_OVER_ALL -> EnumSet.of(Fault.DRAIN, Fault.LEAVE);
      case HOLD_WIPED_SLOTS -> EnumSet.of(Fault.STORE, Fault.PAIR);
      case LATE_LOGS_ARE_TOLD -> EnumSet.of(Fault.HANG_LOG);
      case REPLICATE_WIPES -> EnumSet.of(Fault.CRASH_WITHOUT_DISK, Fault.ISOLATE);
      case HISTORY_FOLLOWS -> EnumSet.of(Fault.JOIN, Fault.DRAIN);
      case OWNERS_FIRST -> EnumSet.of(Fault.PAUSE, Fault.DRAIN);
      case ALONE_ONLY_AFTER_A_LEASE -> EnumSet.of(Fault.LOSE_BOTH_IN_TURN);
      case BOTH_DOORS_REFUSE -> EnumSet.of(Fault.REJECT_ONE_DOOR);
      case REFUSALS_COUNT_IN_SILENCE, REFUSALS_LAST_A_LEASE -> EnumSet.of(Fault.REJECT_BOTH_DOORS);
      case HORIZON_DROPS_LEFTOVERS -> EnumSet.of(Fault.CRASH, Fault.ISOLATE, Fault.LEAVE);
      case SETTLE_AFTER_UPDATES -> EnumSet.of(Fault.STALL);
      case FRESH_HAS_A_FLOOR, WAIT_BEFORE_FRESH, MERGE_AFTER_A_CUT -> EnumSet.of(Fault.PAIR);
    };
  }
}
