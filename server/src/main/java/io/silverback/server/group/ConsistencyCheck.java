package io.silverback.server.group;

import io.silverback.codec.model.Fingerprint;
import io.silverback.codec.model.GroupingKey;
import io.silverback.codec.model.Metric;
import io.silverback.codec.model.MetricFamily;
import io.silverback.codec.model.MetricType;
import io.silverback.server.group.GroupState.VersionedFamily;
import io.silverback.server.group.rules.MetricRules;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;

/**
 * Whether a push may join what is stored, with the verdicts and words of upstream but at a cost
 * that depends on the push alone.
 *
 * <p>Keeps an index of what is stored in {@link Tallies}, so the store of the groups calls {@link
 * #record} for each change of shape. Not thread-safe: judging, recording and publishing belong
 * under one lock, or two pushes that conflict may both pass.
 */
public final class ConsistencyCheck {
  private final Map<String, MetricType> reservedTypes = new HashMap<>();
  private final FamilyIndex families;
  private final SeriesIndex series;
  private final StoredGroups stored;

  /**
   * A check that knows of the groups that are recorded in the tallies.
   *
   * @param reserved families that no push may hold as another type; their metrics do not count
   * @param tallies used by nobody else
   */
  public ConsistencyCheck(Collection<MetricFamily> reserved, StoredGroups stored, Tallies tallies) {
    for (MetricFamily family : reserved) {
      reservedTypes.put(family.name(), family.type());
    }
    this.stored = stored;
    var keys = new TallyKeys();
    this.families = new FamilyIndex(tallies, keys);
    this.series = new SeriesIndex(tallies, keys, stored);
  }

  /**
   * What speaks against a push that turns {@code old} into {@code next}.
   *
   * <p>Judges what the push wrote and nothing else: what others stored, however it got in, is never
   * a reason to refuse a push that does not touch it.
   */
  public Verdict judge(GroupState old, GroupState next) {
    return new Judgement(reservedTypes, families, series, old, next).verdict(mayExist(next.key()));
  }

  /** What keeps the state from being stored at all, consistent or not. */
  public Verdict judgeStorable(GroupState old, GroupState next) {
    var errors = new Verdict.Builder();
    for (VersionedFamily written : GroupDifference.between(old, next).written()) {
      MetricFamily family = written.family();
      if (!MetricRules.isUtf8(family.name())) {
        errors.add(() -> nameIsNotUtf8(family));
      }
      for (Metric metric : family.metrics()) {
        String fault = MetricRules.encodingFault(metric.labels());
        if (fault != null) {
          errors.add(() -> MetricRules.message(family.name(), metric, fault));
        }
      }
    }
    String keyFault = MetricRules.encodingFault(next.key().labels());
    if (keyFault != null) {
      errors.add(() -> "grouping key " + next.key() + " " + keyFault);
    }
    return errors.build();
  }

  /** Takes note of a change of shape, of a new group and of one that went. */
  public void record(GroupState old, GroupState next) {
    var difference = GroupDifference.between(old, next);
    families.replace(old, next, difference);
    series.replace(old, next, difference);
  }

  /**
   * Takes note of a group that was stored before this check was made.
   *
   * @param shown the types of its families that have metrics, by name
   */
  public void recordStored(GroupingKey key, Map<String, MetricType> shown) {
    shown.forEach(families::count);
    series.countGroup(key);
  }

  /**
   * True if {@link #recordStoredSeries} has to follow for each group of the job, once all groups
   * are recorded that were stored before.
   */
  public boolean needsSeries(String job) {
    return series.isMixed(job);
  }

  /** Takes note of the series of a group that was stored before this check was made. */
  public void recordStoredSeries(GroupState group) {
    series.writeDown(group);
  }

  /**
   * True if a group of that key can be exposed: its labels are legal, and no other group has the
   * same push times.
   *
   * <p>upstream: stores the failure mark of any refused push, which breaks every scrape and push
   * until an operator finds the group and deletes it.
   */
  public boolean mayExist(GroupingKey key) {
    return stored.exists(key)
        || (Judgement.keyFault(key) == null
            && GroupLabels.twinOf(key).filter(stored::exists).isEmpty());
  }

  /**
   * False if no group of the job has any of these series; true if one might.
   *
   * @param fingerprints as {@link SeriesClaims} gives them
   */
  public boolean mayHold(String job, Collection<Fingerprint> fingerprints) {
    return series.hasGroupsOf(job)
        && (!series.covers(job) || fingerprints.stream().anyMatch(series::has));
  }

  static String nameIsNotUtf8(MetricFamily family) {
    return "collected metric family with a name that is not utf8: "
        + MetricRules.quoted(family.name());
  }
}
