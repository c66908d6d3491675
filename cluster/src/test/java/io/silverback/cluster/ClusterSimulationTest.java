package io.silverback.cluster;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.silverback.cluster.ClusterSimulation.Plan;
import io.silverback.cluster.ClusterSimulation.Result;
import java.time.Duration;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

/** As many lives of clusters as there is time for; {@code bench/bin/simulate} takes more of it. */
class ClusterSimulationTest {
  private static final Duration TIME = Duration.ofSeconds(40);

  @Test
  void nothingOldOrDoubleIsShownAndNothingIsLost() {
    Long wanted = Long.getLong("simulation.seed");
    long first =
        wanted != null ? wanted : RandomGenerator.getDefault().nextInt(1, Integer.MAX_VALUE);
    System.out.println("simulated clusters, first seed: " + first);
    long began = System.nanoTime();
    long ran = 0;
    do {
      Result result = ClusterSimulation.run(new Plan(first + ran, SimNode.real()));
      if (result.violation().isPresent()) {
        Simulate.tell(result, System.out);
      }
      assertTrue(
          result.violation().isEmpty(), () -> "seed " + result.seed() + ": " + result.violation());
      ran++;
    } while (wanted == null && System.nanoTime() - began < TIME.toNanos());
    System.out.println("simulated clusters: " + ran);
  }
}
