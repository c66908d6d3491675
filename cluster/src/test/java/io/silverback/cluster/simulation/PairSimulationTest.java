package io.silverback.cluster.simulation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.silverback.cluster.Rule;
import io.silverback.cluster.simulation.PairSimulation.Result;
import java.util.EnumSet;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Two nodes of which each takes pushes by itself while they do not hear each other. */
class PairSimulationTest {
  private static final int SEEDS = 8;

  /** Far more than it takes. */
  private static final int MUTANT_SEEDS = 50;

  @Test
  void eachSideShowsOnlyWhatItWasPushedAndNothingGoesBackAfterwards() {
    int shown = 0;
    int taken = 0;
    for (int seed = 1; seed <= SEEDS; seed++) {
      Result result = PairSimulation.run(seed);
      result.trace().forEach(System.out::println);
      int failed = seed;
      assertEquals(Optional.empty(), result.violation(), () -> "seed " + failed);
      shown += result.freshScrapes();
      taken += result.freshAcknowledgements();
    }
    System.out.println("simulated pairs: first seed=1 seeds=" + SEEDS);
    assertTrue(shown > 0 && taken > 0);
  }

  @Test
  void whatAMinorityTookReachesTheLeadersAfterwards() {
    for (int seed = 1; seed <= SEEDS / 4; seed++) {
      Result result = PairSimulation.run(seed, 3);
      result.trace().forEach(System.out::println);
      int failed = seed;
      assertEquals(Optional.empty(), result.violation(), () -> "seed " + failed);
      assertTrue(result.freshAcknowledgements() > 0);
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = Rule.class,
      names = {"FRESH_HAS_A_FLOOR", "WAIT_BEFORE_FRESH", "MERGE_AFTER_A_CUT"})
  void aBrokenRuleIsNoticed(Rule rule) {
    assertIsNoticed(rule.toString(), EnumSet.of(rule), false);
  }

  @Test
  void aFloorOfGroupsInsteadOfFamiliesIsNoticed() {
    assertIsNoticed("a floor of families", EnumSet.noneOf(Rule.class), true);
  }

  private static void assertIsNoticed(String broken, EnumSet<Rule> off, boolean floorOfGroups) {
    for (int seed = 1; seed <= MUTANT_SEEDS; seed++) {
      Result result = PairSimulation.runWithout(seed, off, floorOfGroups);
      if (result.violation().isPresent()) {
        System.out.println(
            "without " + broken + ", found by seed " + seed + ": " + result.violation().get());
        return;
      }
    }
    assertTrue(false, () -> "nobody noticed that a rule was broken: " + broken);
  }
}
