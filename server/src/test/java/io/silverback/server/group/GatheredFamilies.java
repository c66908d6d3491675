package io.silverback.server.group;

import io.silverback.codec.model.MetricFamily;
import java.util.ArrayList;
import java.util.List;

/** All that one scrape shows, and what it left out. */
public record GatheredFamilies(List<MetricFamily> families, Omissions omissions) {
  public GatheredFamilies {
    families = List.copyOf(families);
  }

  /** As of a store that holds the groups, which are in the order of their keys. */
  public static GatheredFamilies gather(List<MetricFamily> own, Iterable<GroupState> groups) {
    return gather(new FamilyGatherer(own, new HeldFamilies(groups)));
  }

  public static GatheredFamilies gather(FamilyGatherer gatherer) {
    var families = new ArrayList<MetricFamily>();
    gatherer.forEachRemaining(families::add);
    return new GatheredFamilies(families, gatherer.omissions());
  }

  public int leftOut() {
    return omissions.metrics();
  }

  public List<String> reasons() {
    return omissions.reasons();
  }

  public List<String> differingHelp() {
    return omissions.differingHelp();
  }
}
