package io.silverback.server.group;

import io.silverback.codec.model.Labels;
import io.silverback.codec.model.Metric;
import io.silverback.codec.model.MetricFamily;
import io.silverback.server.group.rules.MetricRules;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;

/**
 * All that a scrape can show under one name, while it is collected. What comes first wins; what
 * cannot stand beside it is left out. Not thread-safe.
 */
final class FamilyUnion {
  private static final Comparator<Metric> ORDER =
      Comparator.comparing(Metric::labels, Labels.expositionOrder());

  private final MetricFamily head;
  private final Omissions omissions;
  private final List<Metric> metrics = new ArrayList<>();

  /**
   * An empty union.
   *
   * @param head gives the name, TYPE and HELP of it all; its metrics do not count
   */
  FamilyUnion(MetricFamily head, Omissions omissions) {
    this.head = head;
    this.omissions = omissions;
  }

  /** Number of metrics collected, of which some may still prove to be duplicates. */
  int size() {
    return metrics.size();
  }

  void add(MetricFamily family) {
    if (!head.type().sameShapeAs(family.type())) {
      omissions.leaveOut(
          family.metrics().size(),
          () ->
              "metric family %s has type %s but should have %s"
                  .formatted(MetricRules.shortened(family.name()), family.type(), head.type()));
      return;
    }
    if (!head.help().equals(family.help())) {
      omissions.noteDifferingHelp(family.name());
    }
    for (Metric metric : family.metrics()) {
      String fault = MetricRules.fault(metric, family.type());
      if (fault == null) {
        metrics.add(metric);
      } else {
        leaveOut(metric, fault);
      }
    }
  }

  /** The family as it is shown. Called once, as the last thing. */
  MetricFamily toFamily() {
    metrics.sort(ORDER);
    removeDuplicates();
    return head.withMetrics(metrics);
  }

  /**
   * Leaves the first of each series. Equal ones are neighbours or at least in one run of equal
   * values, and such runs are short unless label names vary, so no set of all series is needed.
   */
  private void removeDuplicates() {
    int kept = 0;
    int start = 0;
    while (start < metrics.size()) {
      int end = start + 1;
      while (end < metrics.size() && ORDER.compare(metrics.get(start), metrics.get(end)) == 0) {
        end++;
      }
      if (end == start + 1) {
        metrics.set(kept++, metrics.get(start));
      } else {
        var seen = new HashSet<Labels>();
        for (int i = start; i < end; i++) {
          Metric metric = metrics.get(i);
          if (seen.add(metric.labels())) {
            metrics.set(kept++, metric);
          } else {
            leaveOut(metric, MetricRules.DUPLICATE);
          }
        }
      }
      start = end;
    }
    metrics.subList(kept, metrics.size()).clear();
  }

  private void leaveOut(Metric metric, String fault) {
    omissions.leaveOut(1, () -> MetricRules.message(head.name(), metric, fault));
  }
}
