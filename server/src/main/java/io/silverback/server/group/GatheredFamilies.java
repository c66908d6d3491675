package io.silverback.server.group;

import io.silverback.codec.model.MetricFamily;
import java.util.List;

/**
 * All that one scrape shows. Immutable.
 *
 * @param families by name, none empty, metrics in the order of the exposition
 * @param leftOut number of metrics that cannot be shown next to the others
 * @param reasons why, for the first few of them
 * @param differingHelp names under which several HELP texts are stored, of which one is shown
 */
public record GatheredFamilies(
    List<MetricFamily> families, int leftOut, List<String> reasons, List<String> differingHelp) {
  public GatheredFamilies {
    families = List.copyOf(families);
    reasons = List.copyOf(reasons);
    differingHelp = List.copyOf(differingHelp);
  }
}
