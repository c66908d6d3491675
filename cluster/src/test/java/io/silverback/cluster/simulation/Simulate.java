package io.silverback.cluster.simulation;

import io.silverback.cluster.Rule;
import io.silverback.cluster.simulation.ClusterSimulation.Plan;
import io.silverback.cluster.simulation.ClusterSimulation.Result;
import io.silverback.cluster.simulation.SimFaults.Fault;
import java.io.PrintStream;
import java.time.Duration;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Random;
import java.util.Set;

/**
 * Simulates clusters, one seed after the other, for as long as it is told to: see {@code --help}.
 */
public final class Simulate {
  private static final String USAGE =
      """
      simulate [--seeds N] [--from S] [--minutes M] [--threads T] [--violations V] [--without RULE]
          [--hosts H] [--break FAULT]
        lives of clusters in which things break; ends with 1 if something was shown or lost that
        must not be, after V of those, by default 1; without --from the first seed is a random one;
        of H hosts, and with one kind of fault alone, if given
      simulate --nodes N [--from S]
        what a cluster of that many nodes takes, for docs/scale.md
      """;

  private static final Duration TELL_EVERY = Duration.ofSeconds(30);

  private final PrintStream out;
  private final EnumSet<Rule> without = EnumSet.noneOf(Rule.class);
  private final long beganNanos = System.nanoTime();
  private long seeds = Long.MAX_VALUE;
  private long from = new Random().nextInt(Integer.MAX_VALUE);
  private long minutes = Long.MAX_VALUE / Duration.ofMinutes(2).toNanos();
  private long violations = 1;
  private int hosts;
  private Set<Fault> breaks = Set.of(Fault.values());
  private int nodes;
  private int threads = Runtime.getRuntime().availableProcessors();

  private Simulate(PrintStream out) {
    this.out = out;
  }

  public static void main(String[] arguments) throws InterruptedException {
    System.exit(new Simulate(System.out).run(arguments));
  }

  private int run(String[] arguments) throws InterruptedException {
    for (int i = 0; i < arguments.length; i += 2) {
      if (i + 1 == arguments.length || !take(arguments[i], arguments[i + 1])) {
        out.print(USAGE);
        return 2;
      }
    }
    if (nodes > 0) {
      new ScaleReport(out).print(from, nodes);
      return 0;
    }
    out.println("first seed: " + from);
    SimLives[] lives = new SimLives[1];
    lives[0] =
        new SimLives(
            seed -> new Plan(seed, hosts, breaks, SimNode.without(without)),
            from,
            seeds,
            Duration.ofMinutes(minutes).toNanos(),
            result -> {
              tell(result, out);
              if (lives[0].broken().size() >= violations) {
                lives[0].end();
              }
            });
    Thread work = Thread.ofPlatform().start(() -> lives[0].run(threads));
    while (!work.join(TELL_EVERY)) {
      tellProgress(lives[0]);
    }
    tellProgress(lives[0]);
    out.println("clusters founded again: " + lives[0].refoundings());
    out.println("pushes acknowledged: " + lives[0].acknowledgements());
    out.println("wipes acknowledged: " + lives[0].wipes());
    out.println("scrapes judged: " + lives[0].scrapes());
    out.println("slowest push, s: " + seconds(lives[0].slowestPushNanos()));
    lives[0]
        .longestGaps()
        .forEach(
            (fault, gap) -> out.println("longest not shown, s, " + fault + ": " + seconds(gap)));
    return lives[0].broken().isEmpty() ? 0 : 1;
  }

  private void tellProgress(SimLives lives) {
    double passed = (System.nanoTime() - beganNanos) / 1e9;
    out.printf(
        Locale.ROOT,
        "%.0f s: seeds=%d, %.1f a second, violations=%d %s%n",
        passed,
        lives.ran(),
        lives.ran() / passed,
        lives.broken().size(),
        lives.broken());
  }

  private boolean take(String name, String value) {
    switch (name) {
      case "--seeds" -> seeds = Long.parseLong(value);
      case "--from" -> from = Long.parseLong(value);
      case "--minutes" -> minutes = Long.parseLong(value);
      case "--threads" -> threads = Integer.parseInt(value);
      case "--nodes" -> nodes = Integer.parseInt(value);
      case "--violations" -> violations = Long.parseLong(value);
      case "--hosts" -> hosts = Integer.parseInt(value);
      case "--break" -> breaks = Set.of(Fault.valueOf(value));
      case "--without" -> without.add(Rule.valueOf(value));
      default -> {
        return false;
      }
    }
    return true;
  }

  private static String seconds(long nanos) {
    return String.format(Locale.ROOT, "%.2f", nanos / 1e9);
  }

  /** What went wrong, how it came, and how to see it again. */
  static void tell(Result result, PrintStream out) {
    result.trace().forEach(out::println);
    out.print(result.state());
    result
        .violation()
        .ifPresent(
            violation -> {
              out.println("seed " + result.seed() + ": " + violation);
              if (!(violation instanceof SimViolation)) {
                violation.printStackTrace(out);
              }
            });
    out.println("again: bench/bin/simulate --seeds 1 --from " + result.seed());
  }
}
