package io.silverback.cluster;

import io.silverback.cluster.ClusterSimulation.Plan;
import io.silverback.cluster.ClusterSimulation.Result;
import java.io.PrintStream;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/**
 * Simulates clusters, one seed after the other, for as long as it is told to: see {@code --help}.
 */
public final class Simulate {
  private static final String USAGE =
      "simulate [--seeds N] [--from S] [--minutes M] [--violations V] [--without RULE]\n"
          + "  lives of clusters in which things break; ends with 1 if something was shown or lost"
          + " that must not be\n";

  private final PrintStream out;
  private final Map<String, Long> gaps = new TreeMap<>();
  private long seeds = Long.MAX_VALUE;
  private long from = 1;
  private long minutes = Long.MAX_VALUE / 60_000_000_000L;
  private long violations = 1;
  private final EnumSet<Rule> without = EnumSet.noneOf(Rule.class);

  private Simulate(PrintStream out) {
    this.out = out;
  }

  public static void main(String[] arguments) {
    System.exit(new Simulate(System.out).run(arguments));
  }

  private int run(String[] arguments) {
    for (int i = 0; i < arguments.length; i += 2) {
      if (i + 1 == arguments.length || !take(arguments[i], arguments[i + 1])) {
        out.print(USAGE);
        return 2;
      }
    }
    long began = System.nanoTime();
    long found = 0;
    long ran = 0;
    long pushes = 0;
    long scrapes = 0;
    long slowest = 0;
    while (ran < seeds
        && found < violations
        && System.nanoTime() - began < minutes * 60_000_000_000L) {
      Result result = ClusterSimulation.run(new Plan(from + ran, SimNode.without(without)));
      ran++;
      pushes += result.acknowledgements();
      scrapes += result.scrapes();
      slowest = Math.max(slowest, result.slowestPushNanos());
      result.longestGaps().forEach((fault, gap) -> gaps.merge(fault, gap, Math::max));
      if (result.violation().isPresent()) {
        found++;
        tell(result, out);
      }
    }
    out.println("seeds: " + ran + ", from " + from);
    out.println("violations: " + found);
    out.println(
        "milliseconds a seed: " + (System.nanoTime() - began) / 1_000_000 / Math.max(1, ran));
    out.println("pushes acknowledged: " + pushes);
    out.println("scrapes judged: " + scrapes);
    out.println("slowest push, s: " + seconds(slowest));
    gaps.forEach(
        (fault, gap) -> out.println("longest not shown, s, " + fault + ": " + seconds(gap)));
    return found == 0 ? 0 : 1;
  }

  private boolean take(String name, String value) {
    switch (name) {
      case "--seeds" -> seeds = Long.parseLong(value);
      case "--from" -> from = Long.parseLong(value);
      case "--minutes" -> minutes = Long.parseLong(value);
      case "--violations" -> violations = Long.parseLong(value);
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
    out.println("again: -Dsimulation.seed=" + result.seed());
  }
}
