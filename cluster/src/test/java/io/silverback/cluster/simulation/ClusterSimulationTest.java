package io.silverback.cluster.simulation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.silverback.cluster.simulation.ClusterSimulation.Plan;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * Some lives of clusters, always the same ones, so that a build fails for what was changed; {@code
 * bench/bin/simulate} takes others, and more of them.
 */
class ClusterSimulationTest {
  /** On each machine the same ones, if it gets that far; more of them have their own command. */
  private static final int SEEDS = 1_600;

  private static final Duration LONG_ENOUGH = Duration.ofSeconds(60);

  /** Each found a fault once. */
  private static final List<Long> ONCE_BROKEN =
      List.of(
          // A host was a year ahead for a while, and then the versions of others were.
          14L,
          // An earlier cluster had come to the same epoch, by clocks that were ahead.
          190L,
          // A node that was removed and came back counted on what a job's home had granted before.
          747L,
          // Members without a vote came back before the voters, and founded another cluster.
          2_001_018L);

  @Test
  void nothingOldOrDoubleIsShownAndNothingIsLost() {
    Long wanted = Long.getLong("simulation.seed");
    var lives =
        wanted == null ? lives(1, SEEDS, LONG_ENOUGH) : lives(wanted, 1, Duration.ofDays(1));
    lives.run(Runtime.getRuntime().availableProcessors());
    System.out.println(
        "simulated clusters: first seed="
            + (wanted == null ? 1 : wanted)
            + " seeds="
            + lives.ran());
    assertEquals(List.of(), lives.broken());
    assertTrue(lives.ran() > 0);
  }

  @Test
  void whatWentWrongOnceGoesWell() {
    for (long seed : ONCE_BROKEN) {
      var lives = lives(seed, 1, Duration.ofDays(1));
      lives.run(1);
      assertEquals(List.of(), lives.broken());
    }
  }

  private static SimLives lives(long from, long seeds, Duration within) {
    return new SimLives(
        seed -> new Plan(seed, SimNode.real()),
        from,
        seeds,
        within.toNanos(),
        result -> Simulate.tell(result, System.out));
  }
}
