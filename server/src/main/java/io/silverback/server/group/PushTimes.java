package io.silverback.server.group;

import io.silverback.codec.model.Expiry;
import io.silverback.codec.model.GroupingKey;
import io.silverback.codec.model.Metric;
import io.silverback.codec.model.MetricFamily;
import io.silverback.codec.model.MetricType;
import java.util.List;

/**
 * The two gauges that every group has: when its last push was taken, and when one was refused.
 *
 * <p>They are derived from the state and never stored, so nobody can push them.
 */
public final class PushTimes {
  public static final String SUCCESS = "push_time_seconds";
  public static final String FAILURE = "push_failure_time_seconds";

  private static final String HELP = "Last Unix time when changing this group in the Pushgateway ";

  private PushTimes() {}

  public static boolean isPushTime(String familyName) {
    return familyName.equals(SUCCESS) || familyName.equals(FAILURE);
  }

  /** True if a group that has expired so still shows it. */
  public static boolean isKept(String familyName, Expiry expiry) {
    return familyName.equals(SUCCESS) && expiry.keepsPushTime();
  }

  /** Both families of the group, in the order of their names; times are in seconds. */
  public static List<MetricFamily> of(GroupState group) {
    return List.of(failure(group), success(group));
  }

  /** {@link #FAILURE} of the group, in seconds. */
  public static MetricFamily failure(GroupState group) {
    return failure(group.key(), group.bounds().failureMillis());
  }

  /** {@link #SUCCESS} of the group, in seconds. */
  public static MetricFamily success(GroupState group) {
    return success(group.key(), group.bounds().pushMillis());
  }

  /** {@link #FAILURE} of a group, in seconds. */
  public static MetricFamily failure(GroupingKey key, long millis) {
    return gauge(FAILURE, key, millis);
  }

  /** {@link #SUCCESS} of a group, in seconds. */
  public static MetricFamily success(GroupingKey key, long millis) {
    return gauge(SUCCESS, key, millis);
  }

  /** The help of the family. */
  public static String help(String familyName) {
    return HELP + (familyName.equals(SUCCESS) ? "succeeded." : "failed.");
  }

  /** What a group shows in one of the families, in seconds. */
  public static Metric metric(GroupingKey key, long millis) {
    return new Metric.Gauge(GroupLabels.of(key).ofPushTimes(), millis / 1e3);
  }

  private static MetricFamily gauge(String name, GroupingKey key, long millis) {
    return new MetricFamily(name, help(name), MetricType.GAUGE, List.of(metric(key, millis)));
  }
}
