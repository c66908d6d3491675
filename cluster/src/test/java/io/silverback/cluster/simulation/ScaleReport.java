package io.silverback.cluster.simulation;

import io.silverback.cluster.View;
import io.silverback.cluster.simulation.ScaleSimulation.Change;
import io.silverback.cluster.simulation.ScaleSimulation.Rest;
import io.silverback.cluster.simulation.SimTraffic.Count;
import java.io.PrintStream;
import java.util.Locale;
import java.util.Map;

/** Prints what a cluster of many nodes takes: the figures of {@code docs/scale.md}. */
final class ScaleReport {
  private static final long REST = 10 * SimWorld.SECOND;
  private static final int PUSHES = 1_000;

  private final PrintStream out;

  ScaleReport(PrintStream out) {
    this.out = out;
  }

  void print(long seed, int nodes) {
    var simulation = new ScaleSimulation(seed, nodes);
    out.printf(Locale.ROOT, "nodes=%d seed=%d%n", nodes, seed);
    print("founding", simulation.found());
    print(simulation);
    print("idle", simulation.idle(REST));
    print("%d pushes/s".formatted(PUSHES), simulation.load(REST, PUSHES));
    out.printf(Locale.ROOT, "pushes: %s%n", simulation.pushes());
    print("a join", simulation.join());
    print("a loss", simulation.lose(1));
    print("a loss of 10%", simulation.lose(Math.max(1, nodes / 10)));
    print(simulation);
  }

  private void print(ScaleSimulation simulation) {
    View view = simulation.newest();
    ScaleSimulation.Balance balance = simulation.balance();
    out.printf(
        Locale.ROOT,
        "view %d: nodes=%d voters=%d bytes=%d; most by mean: led %.2f, owned %.2f%n",
        view.epoch(),
        view.seats().size(),
        view.voters().size(),
        view.encode().length,
        balance.led(),
        balance.owned());
  }

  private void print(String what, Change change) {
    out.printf(
        Locale.ROOT,
        "%s: agreed after %.2f s, led after %.2f s, views=%d, leaders moved=%d (least %d), copies"
            + " moved=%d (least %d), longest task %.1f ms%n",
        what,
        change.agreedMillis() / 1e3,
        change.ledMillis() / 1e3,
        change.views(),
        change.leadsMoved(),
        change.leastLeads(),
        change.copiesMoved(),
        change.leastCopies(),
        change.longestTaskNanos() / 1e6);
    Count pushes = change.traffic().of("ViewPush");
    Count all = change.traffic().total();
    out.printf(
        Locale.ROOT,
        "  sent by all: messages=%d bytes=%d; views pushed=%d bytes=%d%n",
        all.messages(),
        all.bytes(),
        pushes.messages(),
        pushes.bytes());
  }

  private void print(String what, Rest rest) {
    Count all = rest.traffic().total();
    Count voters = rest.ofVoters();
    int others = rest.nodes() - rest.voters();
    out.printf(
        Locale.ROOT,
        "%s, a second and node: messages sent=%.1f bytes=%.0f, loop busy %.2f %%%n",
        what,
        rest.perNode(all.messages()),
        rest.perNode(all.bytes()),
        100 * rest.loopShare());
    out.printf(
        Locale.ROOT,
        "  a voter sends messages=%.1f bytes=%.0f, another node messages=%.1f bytes=%.0f%n",
        each(voters.messages(), rest, rest.voters()),
        each(voters.bytes(), rest, rest.voters()),
        each(all.messages() - voters.messages(), rest, others),
        each(all.bytes() - voters.bytes(), rest, others));
    for (Map.Entry<String, Count> kind : rest.traffic().byKind().entrySet()) {
      out.printf(
          Locale.ROOT,
          "  %s: messages=%.1f bytes=%.0f%n",
          kind.getKey(),
          rest.perNode(kind.getValue().messages()),
          rest.perNode(kind.getValue().bytes()));
    }
  }

  private static double each(long count, Rest rest, int nodes) {
    return nodes == 0 ? 0 : (double) count / rest.seconds() / nodes;
  }
}
