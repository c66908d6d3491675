package io.silverback.server.group;

import io.silverback.codec.exposition.ProtobufTextRenderer;
import io.silverback.codec.model.Labels;
import io.silverback.codec.model.Metric;
import io.silverback.codec.model.MetricFamily;
import io.silverback.codec.model.MetricType;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The consistency check as upstream does it: gathers the whole store with the push in it. Our own
 * deviations: families without metrics do not count, and all histograms are of one type.
 */
final class UpstreamVerdict {
  private final Map<String, MetricType> types = new HashMap<>();
  private final Set<List<Object>> series = new HashSet<>();
  private final List<String> errors = new ArrayList<>();
  private final Set<String> own = new HashSet<>();

  /** All errors of a store in which {@code next} takes the place of the group of its key. */
  static List<String> of(
      List<MetricFamily> own, Collection<GroupState> stored, GroupState old, GroupState next) {
    var verdict = new UpstreamVerdict();
    for (MetricFamily family : own) {
      verdict.types.put(family.name(), family.type());
      verdict.own.add(family.name());
    }
    for (GroupState group : stored) {
      if (!group.key().equals(next.key())) {
        verdict.gather(PushTimes.of(group));
        group.families().values().forEach(family -> verdict.gather(List.of(family.family())));
      }
    }
    verdict.gather(PushTimes.of(next));
    for (boolean written : new boolean[] {false, true}) {
      next.families()
          .forEach(
              (name, family) -> {
                if (!family.equals(old.families().get(name)) == written) {
                  verdict.gather(List.of(family.family()));
                }
              });
    }
    return verdict.errors;
  }

  private void gather(List<MetricFamily> families) {
    for (MetricFamily family : families) {
      if (!family.metrics().isEmpty()) {
        gather(family);
      }
    }
  }

  private void gather(MetricFamily family) {
    MetricType type = types.get(family.name());
    if (type == null) {
      String collision = collision(family.name(), family.type());
      if (!collision.isEmpty()) {
        errors.add(collision);
        return;
      }
      types.put(family.name(), family.type());
      type = family.type();
    } else if (own.contains(family.name()) && !type.sameShapeAs(family.type())) {
      errors.add(
          "gathered metric family "
              + family.name()
              + " has type "
              + family.type()
              + " but should have "
              + type);
      return;
    }
    for (Metric metric : family.metrics()) {
      String fault = fault(family, type, metric);
      if (!fault.isEmpty()) {
        errors.add(
            "collected metric \""
                + family.name()
                + "\" { "
                + ProtobufTextRenderer.singleLine(metric)
                + "} "
                + fault);
      }
    }
  }

  private String fault(MetricFamily family, MetricType type, Metric metric) {
    if (!Samples.metric(family.type(), Labels.EMPTY, 1).getClass().equals(metric.getClass())) {
      return "is not a " + family.type();
    }
    String previous = "";
    for (String name : metric.labels().names()) {
      if (name.equals(previous)) {
        return "has two or more labels with the same name: " + name;
      }
      if (name.startsWith("__")) {
        return "has a label with an invalid name: " + name;
      }
      if (family.type() == MetricType.SUMMARY && name.equals("quantile")) {
        return "must not have an explicit \"quantile\" label";
      }
      previous = name;
    }
    if (!type.sameShapeAs(family.type())) {
      return "is not a " + type;
    }
    return series.add(List.of(family.name(), metric.labels()))
        ? ""
        : "was collected before with the same name and label values";
  }

  private String collision(String name, MetricType type) {
    for (String suffix : List.of("_count", "_sum", "_bucket")) {
      if (name.endsWith(suffix)) {
        String base = name.substring(0, name.length() - suffix.length());
        MetricType other = types.get(base);
        boolean summary = other == MetricType.SUMMARY && !suffix.equals("_bucket");
        if (summary || (other != null && other.isHistogram())) {
          return "collected metric named \"%s\" collides with previously collected %s named \"%s\""
              .formatted(name, summary ? "summary" : "histogram", base);
        }
      }
    }
    for (String suffix : List.of("_count", "_sum", "_bucket")) {
      boolean bucket = suffix.equals("_bucket");
      if ((type.isHistogram() || (type == MetricType.SUMMARY && !bucket))
          && types.containsKey(name + suffix)) {
        return "collected %s named \"%s\" collides with previously collected metric named \"%s\""
            .formatted(bucket ? "histogram" : "histogram or summary", name, name + suffix);
      }
    }
    return "";
  }
}
