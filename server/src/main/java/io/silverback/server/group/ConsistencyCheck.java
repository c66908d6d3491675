package io.silverback.server.group;

import io.silverback.codec.model.GroupingKey;
import io.silverback.codec.model.Metric;
import io.silverback.codec.model.MetricFamily;
import io.silverback.codec.model.MetricType;
import io.silverback.server.group.GroupState.VersionedFamily;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Function;

/**
 * Whether a push may join what is stored, with the verdicts and words of upstream but at a cost
 * that depends on the push alone.
 *
 * <p>Keeps an index of what is stored, so whoever stores groups calls {@link #record} for each
 * change of shape. Not thread-safe: judging, recording and publishing belong under one lock, or two
 * pushes that conflict may both pass.
 */
public final class ConsistencyCheck {
  private final Map<String, MetricType> ownTypes = new HashMap<>();
  private final FamilyIndex families = new FamilyIndex();
  private final SeriesIndex series;
  private final Function<GroupingKey, GroupState> stored;

  /**
   * A check that knows of no groups yet.
   *
   * @param ownFamilies the server's own families, whether or not they have metrics yet
   * @param stored the groups as they are published now, absent ones included
   */
  public ConsistencyCheck(
      Collection<MetricFamily> ownFamilies, Function<GroupingKey, GroupState> stored) {
    for (MetricFamily family : ownFamilies) {
      ownTypes.put(family.name(), family.type());
    }
    this.stored = stored;
    this.series = new SeriesIndex(stored);
  }

  /**
   * What speaks against a push that turns {@code old} into {@code next}.
   *
   * <p>Judges what the push wrote and nothing else: what others stored, however it got in, is never
   * a reason to refuse a push that does not touch it.
   */
  public Verdict judge(GroupState old, GroupState next) {
    return new Judgement(ownTypes, families, series, old, next).verdict(mayExist(next.key()));
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
    GroupDifference.between(old, next).forEach(families::remove, families::add);
    series.replace(old, next);
  }

  /**
   * True if a group of that key can be exposed: its labels are legal, and no other group has the
   * same push times.
   *
   * <p>upstream: stores the failure mark of any refused push, which breaks every scrape and push
   * until somebody finds the group and deletes it.
   */
  public boolean mayExist(GroupingKey key) {
    return stored.apply(key).exists()
        || (Judgement.keyFault(key) == null
            && GroupLabels.twinOf(key).map(stored).filter(GroupState::exists).isEmpty());
  }

  FamilyIndex families() {
    return families;
  }

  SeriesIndex series() {
    return series;
  }

  static String nameIsNotUtf8(MetricFamily family) {
    return "collected metric family with a name that is not utf8: "
        + MetricRules.quoted(family.name());
  }
}
