package io.silverback.cluster;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.silverback.cluster.ClusterSimulation.Plan;
import io.silverback.cluster.ClusterSimulation.Result;
import org.junit.jupiter.api.Test;

/**
 * Some lives of clusters, always the same ones, so that a build fails for what was changed; {@code
 * bench/bin/simulate} takes others, and more of them.
 */
class ClusterSimulationTest {
  private static final long FIRST_SEED = 1;
  private static final int SEEDS = 40;

  @Test
  void nothingOldOrDoubleIsShownAndNothingIsLost() {
    Long wanted = Long.getLong("simulation.seed");
    long first = wanted != null ? wanted : FIRST_SEED;
    long end = wanted != null ? wanted + 1 : FIRST_SEED + SEEDS;
    System.out.println("simulated clusters, seeds: " + first + " to " + (end - 1));
    for (long seed = first; seed < end; seed++) {
      Result result = ClusterSimulation.run(new Plan(seed, SimNode.real()));
      if (result.violation().isPresent()) {
        Simulate.tell(result, System.out);
      }
      assertTrue(
          result.violation().isEmpty(), () -> "seed " + result.seed() + ": " + result.violation());
    }
  }
}
