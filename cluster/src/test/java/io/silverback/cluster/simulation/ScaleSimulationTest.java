package io.silverback.cluster.simulation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.silverback.cluster.HashRing;
import io.silverback.cluster.simulation.ScaleSimulation.Change;
import io.silverback.cluster.simulation.ScaleSimulation.Rest;
import org.junit.jupiter.api.Test;

/** What {@code docs/scale.md} says of large clusters, in a small one. */
class ScaleSimulationTest {
  private static final long SEED = 1;
  private static final int NODES = 12;

  private final ScaleSimulation simulation = new ScaleSimulation(SEED, NODES);

  @Test
  void aClusterOfTwelveMovesWhatItMustAndMembersWithoutAVoteSayLittle() {
    simulation.found();
    assertEquals(HashRing.SLOTS, ledSlots());
    assertTrue(simulation.balance().led() < 1.25, () -> "balance " + simulation.balance());

    Rest idle = simulation.idle(3 * SimWorld.SECOND);
    int others = NODES - idle.voters();
    double ofVoter = (double) idle.ofVoters().messages() / idle.voters();
    double ofOther =
        (double) (idle.traffic().total().messages() - idle.ofVoters().messages()) / others;
    assertTrue(ofOther < 0.7 * ofVoter, () -> "a voter " + ofVoter + ", another " + ofOther);

    Rest loaded = simulation.load(SimWorld.SECOND, 300);
    assertTrue(loaded.traffic().of("Replicate").messages() > 200);
    assertEquals(0, simulation.pushes().get("refused"));

    Change join = simulation.join();
    assertTrue(join.leadsMoved() < 1.2 * join.leastLeads(), join::toString);
    assertTrue(join.copiesMoved() < 1.2 * join.leastCopies(), join::toString);
    assertOneSendsTheViews(join, NODES + 1);

    Change loss = simulation.lose(1);
    assertEquals(loss.leastLeads(), loss.leadsMoved());
    assertEquals(loss.leastCopies(), loss.copiesMoved());
    assertOneSendsTheViews(loss, NODES);
    assertEquals(HashRing.SLOTS, ledSlots());
  }

  /** And not each member that has it. */
  private static void assertOneSendsTheViews(Change change, int nodes) {
    long sent = change.traffic().of("ViewPush").messages();
    assertTrue(sent <= (long) nodes * change.views(), () -> sent + " of " + change.views());
  }

  private int ledSlots() {
    return simulation.newest().members().stream()
        .mapToInt(simulation.newest().slots()::countOf)
        .sum();
  }
}
