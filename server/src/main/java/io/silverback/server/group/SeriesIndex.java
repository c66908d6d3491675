package io.silverback.server.group;

import io.silverback.codec.model.GroupingKey;
import io.silverback.codec.model.Labels;
import io.silverback.codec.model.Metric;
import io.silverback.server.group.GroupState.VersionedFamily;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Which series exist, for those jobs in which two groups could have the same one.
 *
 * <p>Every series of a group bears the group's labels. So groups of different jobs never share a
 * series, nor do groups of one job whose keys have the same label names, as they differ in a value.
 * Only a job whose keys have several sets of label names needs its series written down; that is
 * done when the second set appears and undone when one is left. Not thread-safe.
 */
final class SeriesIndex {
  private final Function<GroupingKey, GroupState> stored;
  private final Map<String, Job> jobs = new HashMap<>();

  SeriesIndex(Function<GroupingKey, GroupState> stored) {
    this.stored = stored;
  }

  /** Writes the series of the key's job down if a group of that key would make that necessary. */
  void prepareFor(GroupingKey key) {
    Job job = jobs.get(key.job());
    if (job != null && job.series == null && !job.groups.containsKey(key.labels().names())) {
      job.series = new HashMap<>();
      for (GroupingKey other : job.keys) {
        stored.apply(other).families().values().forEach(job::add);
      }
    }
  }

  void replace(GroupState old, GroupState next) {
    GroupingKey key = next.key();
    if (!old.exists() && next.exists()) {
      prepareFor(key);
      Job job = jobs.computeIfAbsent(key.job(), _ -> new Job());
      job.keys.add(key);
      job.groups.merge(key.labels().names(), 1, Integer::sum);
    }
    Job job = jobs.get(key.job());
    if (job == null) {
      return;
    }
    GroupDifference.between(old, next).forEach(job::remove, job::add);
    if (old.exists() && !next.exists()) {
      job.keys.remove(key);
      job.groups.computeIfPresent(
          key.labels().names(), (_, count) -> count == 1 ? null : count - 1);
    }
    if (job.groups.size() < 2) {
      job.series = null;
    }
    if (job.groups.isEmpty()) {
      jobs.remove(key.job());
    }
  }

  /** How often the series stands in the groups of the job; 0 if the job needs no index. */
  int count(String job, String familyName, Labels labels) {
    Job groups = jobs.get(job);
    if (groups == null || groups.series == null) {
      return 0;
    }
    return groups.series.getOrDefault(familyName, Map.of()).getOrDefault(labels, 0);
  }

  /** True if the series of the job are written down. */
  boolean covers(String job) {
    Job groups = jobs.get(job);
    return groups != null && groups.series != null;
  }

  Map<String, List<Object>> contents() {
    var contents = new HashMap<String, List<Object>>();
    jobs.forEach(
        (name, job) ->
            contents.put(
                name, List.of(job.keys, job.groups, job.series == null ? "none" : job.series)));
    return contents;
  }

  private static final class Job {
    private final Set<GroupingKey> keys = new HashSet<>();

    /** Number of groups per set of grouping label names. */
    private final Map<List<String>, Integer> groups = new HashMap<>();

    /** By family name, how often each series stands in the job; null while that is not needed. */
    private @Nullable Map<String, Map<Labels, Integer>> series;

    private void add(VersionedFamily family) {
      if (series != null && FamilyIndex.counts(family)) {
        var counts = series.computeIfAbsent(family.family().name(), _ -> new HashMap<>());
        for (Metric metric : family.family().metrics()) {
          counts.merge(metric.labels(), 1, Integer::sum);
        }
      }
    }

    private void remove(VersionedFamily family) {
      if (series != null && FamilyIndex.counts(family)) {
        series.computeIfPresent(
            family.family().name(),
            (_, counts) -> {
              for (Metric metric : family.family().metrics()) {
                counts.computeIfPresent(
                    metric.labels(), (_, count) -> count == 1 ? null : count - 1);
              }
              return counts.isEmpty() ? null : counts;
            });
      }
    }
  }
}
