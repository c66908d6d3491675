package io.silverback.server.group;

import io.silverback.codec.model.MetricFamily;
import io.silverback.server.group.rules.MetricRules;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;

/**
 * What one scrape could not show as it was pushed. Counts all of it and words only the first few,
 * so that it stays small whatever was pushed. Not thread-safe.
 */
public final class Omissions {
  private static final int REASONS = 10;
  private static final int NAMES = 100;

  private final List<String> reasons = new ArrayList<>();
  private final List<String> hiddenOwn = new ArrayList<>();
  private final Set<String> differingHelp = new LinkedHashSet<>();
  private int metrics;
  private int hiddenOwnMetrics;

  Omissions() {}

  /** Number of pushed metrics that were left out, as they cannot be shown next to the others. */
  public int metrics() {
    return metrics;
  }

  /** Why pushed metrics were left out, for the first few cases. */
  public List<String> reasons() {
    return List.copyOf(reasons);
  }

  /** Number of the server's own metrics that were left out, as a pushed family excludes theirs. */
  public int hiddenOwnMetrics() {
    return hiddenOwnMetrics;
  }

  /** The names of the server's own families that were left out. */
  public List<String> hiddenOwn() {
    return List.copyOf(hiddenOwn);
  }

  /** The first names under which several HELP texts are stored, of which one is shown. */
  public List<String> differingHelp() {
    return List.copyOf(differingHelp);
  }

  void leaveOut(int count, Supplier<String> reason) {
    metrics += count;
    if (reasons.size() < REASONS) {
      reasons.add(reason.get());
    }
  }

  void hideOwn(MetricFamily family) {
    hiddenOwnMetrics += family.metrics().size();
    hiddenOwn.add(family.name());
  }

  void noteDifferingHelp(String familyName) {
    if (differingHelp.size() < NAMES) {
      differingHelp.add(MetricRules.shortened(familyName));
    }
  }
}
