package io.silverback.server.group;

import io.silverback.codec.model.Family;
import io.silverback.codec.model.Metric;
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
    gatherer.forEachRemaining(family -> families.add(collected(family)));
    return new GatheredFamilies(families, gatherer.omissions());
  }

  private static MetricFamily collected(Family family) {
    var metrics = new ArrayList<Metric>();
    family.forEachMetric(metrics::add);
    return new MetricFamily(family.name(), family.help(), family.type(), family.unit(), metrics);
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
