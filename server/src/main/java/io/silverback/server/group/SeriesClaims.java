package io.silverback.server.group;

import io.silverback.codec.model.Fingerprint;
import io.silverback.codec.model.GroupingKey;
import io.silverback.codec.model.Labels;
import io.silverback.codec.model.Metric;
import io.silverback.server.group.GroupState.VersionedFamily;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;

/**
 * What a group would have to itself, told to nodes that hold other groups of its job: the
 * fingerprints of its series, the same on every node. Not thread-safe.
 */
public final class SeriesClaims {
  private final TallyKeys keys = new TallyKeys();

  /** The fingerprints of all series of a group. */
  public List<Fingerprint> of(GroupState group) {
    var series = new ArrayList<Fingerprint>();
    for (VersionedFamily family : group.families().values()) {
      for (Metric metric : family.family().metrics()) {
        series.add(keys.series(family.family().name(), metric.labels()));
      }
    }
    return series;
  }

  /** True if the group gets a series that it did not have. */
  public static boolean bringsSeries(GroupState old, GroupState next) {
    for (VersionedFamily written : GroupDifference.between(old, next).written()) {
      VersionedFamily before = old.families().get(written.family().name());
      var known = new HashSet<Labels>();
      if (before != null) {
        before.family().metrics().forEach(metric -> known.add(metric.labels()));
      }
      for (Metric metric : written.family().metrics()) {
        if (!known.contains(metric.labels())) {
          return true;
        }
      }
    }
    return false;
  }

  /**
   * The names of the grouping labels, joined: equal for keys that have the same, and different for
   * others.
   */
  public static String labelNames(GroupingKey key) {
    var names = new StringBuilder();
    for (int i = 0; i < key.labels().size(); i++) {
      String name = key.labels().name(i);
      // A name may be any text, also one with commas.
      names.append(i == 0 ? "" : ",").append(name.replace("\\", "\\\\").replace(",", "\\,"));
    }
    return names.toString();
  }
}
