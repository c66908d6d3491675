package io.silverback.server.group;

import io.silverback.codec.model.Deadline;
import io.silverback.codec.model.GroupingKey;
import io.silverback.codec.model.Labels;
import io.silverback.codec.model.Metric;
import io.silverback.codec.model.MetricFamily;
import io.silverback.codec.model.MetricType;
import io.silverback.server.group.GroupState.VersionedFamily;
import io.silverback.server.group.rules.MetricRules;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One push before the consistency check: collects all that speaks against it. Used once.
 *
 * <p>The order is upstream's, as if the reserved families and all other groups had been gathered
 * before: type of a reserved family, suffixes, then metric by metric.
 */
final class Judgement {
  private final Map<String, MetricType> reservedTypes;
  private final FamilyIndex families;
  private final SeriesIndex series;
  private final GroupState old;
  private final GroupState next;
  private final Verdict.Builder errors = new Verdict.Builder();
  private final Deadline deadline = Deadline.current();

  /** Families of the push that were not judged yet, or that others hold as another type. */
  private final Set<String> notCollected = new HashSet<>();

  Judgement(
      Map<String, MetricType> reservedTypes,
      FamilyIndex families,
      SeriesIndex series,
      GroupState old,
      GroupState next) {
    this.reservedTypes = reservedTypes;
    this.families = families;
    this.series = series;
    this.old = old;
    this.next = next;
  }

  Verdict verdict(boolean groupMayExist) {
    if (groupMayExist) {
      series.prepareFor(next.key());
    } else {
      // No look at other groups' series: there never will be such a group, so an index made for it
      // would be made again for each of its pushes.
      refusePushTimes();
    }
    boolean compareWithOthers = groupMayExist && series.covers(next.key().job());
    var written = GroupDifference.between(old, next).written();
    written.forEach(family -> notCollected.add(family.family().name()));
    for (VersionedFamily family : written) {
      deadline.look();
      if (FamilyIndex.counts(family)) {
        judge(family.family(), compareWithOthers);
      }
    }
    return errors.build();
  }

  /** What is wrong with a key whatever is pushed to it; null if nothing is. */
  static @Nullable String keyFault(GroupingKey key) {
    Labels labels = key.labels();
    String fault = MetricRules.fault(new Metric.Gauge(labels, 0), MetricType.GAUGE);
    return fault != null ? fault : MetricRules.encodingFault(labels);
  }

  private void refusePushTimes() {
    String keyFault = keyFault(next.key());
    String fault = keyFault != null ? keyFault : MetricRules.DUPLICATE;
    for (MetricFamily family : PushTimes.of(next)) {
      for (Metric metric : family.metrics()) {
        errors.add(() -> MetricRules.message(family.name(), metric, fault));
      }
    }
  }

  private void judge(MetricFamily family, boolean compareWithOthers) {
    // upstream: takes a family without a name, which then cuts every exposition off.
    if (family.name().isEmpty()) {
      errors.add(() -> "collected metric family without a name");
      return;
    }
    if (!MetricRules.isUtf8(family.name())) {
      errors.add(() -> ConsistencyCheck.nameIsNotUtf8(family));
      return;
    }
    Set<MetricType> heldByOthers = families.heldByOthers(family.name(), old);
    if (judgeFamily(family, heldByOthers)) {
      judgeMetrics(family, conflictingType(family, heldByOthers), compareWithOthers);
    }
  }

  private boolean judgeFamily(MetricFamily family, Set<MetricType> heldByOthers) {
    MetricType reserved = reservedTypes.get(family.name());
    if (reserved != null && !reserved.sameShapeAs(family.type())) {
      errors.add(
          () ->
              "gathered metric family %s has type %s but should have %s"
                  .formatted(MetricRules.shortened(family.name()), family.type(), reserved));
      return false;
    }
    Optional<String> collision =
        reserved != null || !heldByOthers.isEmpty()
            ? Optional.empty()
            : SuffixCollision.find(family.name(), family.type(), this::collectedTypes);
    collision.ifPresent(text -> errors.add(() -> text));
    return collision.isEmpty();
  }

  private void judgeMetrics(
      MetricFamily family, @Nullable MetricType conflicting, boolean compareWithOthers) {
    if (conflicting == null) {
      notCollected.remove(family.name());
    }
    Map<Labels, Integer> before = compareWithOthers ? countsBefore(family.name()) : Map.of();
    var seen = new HashSet<Labels>();
    for (Metric metric : family.metrics()) {
      deadline.look();
      String fault = MetricRules.fault(metric, family.type());
      if (fault == null && conflicting != null) {
        fault = MetricRules.isNotA(conflicting);
      }
      if (fault == null) {
        fault = MetricRules.encodingFault(metric.labels());
      }
      if (fault == null
          && (!seen.add(metric.labels())
              || (compareWithOthers && othersHave(family.name(), metric.labels(), before)))) {
        fault = MetricRules.DUPLICATE;
      }
      if (fault != null) {
        String found = fault;
        errors.add(() -> MetricRules.message(family.name(), metric, found));
      }
    }
  }

  private static @Nullable MetricType conflictingType(
      MetricFamily family, Set<MetricType> heldByOthers) {
    for (MetricType type : heldByOthers) {
      if (!type.sameShapeAs(family.type())) {
        return type;
      }
    }
    return null;
  }

  /** The types under which the name is reserved, or other groups or this one so far have it. */
  private Set<MetricType> collectedTypes(String name) {
    Set<MetricType> types = families.heldByOthers(name, old);
    MetricType reserved = reservedTypes.get(name);
    if (reserved != null) {
      types.add(reserved);
    }
    VersionedFamily same = notCollected.contains(name) ? null : next.families().get(name);
    if (same != null && FamilyIndex.counts(same)) {
      types.add(same.family().type());
    }
    return types;
  }

  private Map<Labels, Integer> countsBefore(String name) {
    var counts = new HashMap<Labels, Integer>();
    VersionedFamily before = old.families().get(name);
    if (before != null) {
      before.family().metrics().forEach(metric -> counts.merge(metric.labels(), 1, Integer::sum));
    }
    return counts;
  }

  private boolean othersHave(String name, Labels labels, Map<Labels, Integer> before) {
    return series.count(name, labels) > before.getOrDefault(labels, 0);
  }
}
