package io.silverback.cluster.simulation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.silverback.cluster.simulation.ClusterSimulation.Plan;
import io.silverback.cluster.simulation.ClusterSimulation.Result;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** The world that clusters are tried in, tried with foolish nodes. */
class SimWorldTest {
  private static final SimNode.Factory FOOLISH =
      (_, self, ports, _) -> new FoolishNode(self, ports, true);
  private static final SimNode.Factory FORGETFUL =
      (_, self, ports, _) -> new FoolishNode(self, ports, false);

  @Test
  void aSingleFoolishNodeIsRight() {
    for (long seed = 1; seed <= 10; seed++) {
      Result result = ClusterSimulation.run(new Plan(seed, 1, Set.of(), FOOLISH));
      assertEquals("", result.violation().map(Throwable::toString).orElse(""));
      assertTrue(result.acknowledgements() > 0 && result.scrapes() > 0, () -> "seed " + result);
    }
  }

  @Test
  void twoFoolishNodesShowTheSameSlots() {
    assertViolation("the slot", new Plan(1, 2, Set.of(), FOOLISH));
  }

  @Test
  void whatIsNotKeptIsMissed() {
    assertViolation("acknowledged, but held by 0", new Plan(2, 1, Set.of(), FORGETFUL));
  }

  @Test
  void aSeedIsOneStory() {
    var plan = new Plan(3, 2, Set.of(), FOOLISH);
    Result first = ClusterSimulation.run(plan);
    Result second = ClusterSimulation.run(plan);
    assertEquals(first.trace(), second.trace());
  }

  private static void assertViolation(String expected, Plan plan) {
    String violation =
        ClusterSimulation.run(plan).violation().map(Throwable::getMessage).orElse("none");
    assertTrue(violation.contains(expected), violation);
  }
}
