package io.silverback.server.group;

import io.silverback.codec.exposition.ParsedExposition;
import io.silverback.codec.model.Deadline;
import io.silverback.codec.model.Expiry;
import io.silverback.codec.model.GroupBounds;
import io.silverback.codec.model.GroupingKey;
import io.silverback.codec.model.Labels;
import io.silverback.codec.model.Metric;
import io.silverback.codec.model.MetricFamily;
import io.silverback.codec.model.PushRhythm;
import io.silverback.codec.model.Stamp;
import io.silverback.codec.model.Version;
import io.silverback.server.group.GroupState.VersionedFamily;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What a PUT, a POST, a DELETE, a restore, a refusal, an expiry and a purge do to a group.
 *
 * <p>Each is an <i>effect</i>, itself the state of a group to which nothing else ever happened;
 * merging it into the old state gives the new one. So a replica that is sent effects, in whatever
 * order, ends where the sender did. Pure, whether or not the update is acceptable.
 */
public final class GroupUpdater {
  private GroupUpdater() {}

  /** The group after the update. */
  public static GroupState apply(GroupState old, GroupUpdate update, Stamp stamp) {
    return GroupMerge.merge(old, effectOf(old, update, stamp));
  }

  /** The group after a push to it was refused; it exists from then on. */
  public static GroupState markFailure(GroupState old, Stamp stamp) {
    return GroupMerge.merge(old, withoutFamilies(old.key(), GroupBounds.ofFailure(stamp)));
  }

  /** The update alone, as the state of a group that knows of nothing else. */
  public static GroupState effectOf(GroupUpdate update, Stamp stamp) {
    return effectOf(GroupState.absent(update.key()), update, stamp);
  }

  /** The update alone; of what was before it, it knows when pushes used to come. */
  public static GroupState effectOf(GroupState old, GroupUpdate update, Stamp stamp) {
    Version at = stamp.version();
    return switch (update) {
      case GroupUpdate.Replace(_, var body) -> pushed(old, body, stamp, true);
      case GroupUpdate.Merge(_, var body) -> pushed(old, body, stamp, false);
      case GroupUpdate.Revalue revalue ->
          throw new IllegalArgumentException("values without a shape: key=" + revalue.key());
      case GroupUpdate.Restore restore -> restored(restore, at, old.families());
      case GroupUpdate.Delete(var key) -> withoutFamilies(key, GroupBounds.ofDelete(at));
      case GroupUpdate.Purge(var key, _) -> withoutFamilies(key, GroupBounds.ofDelete(at));
      case GroupUpdate.Expire(var key, _, var keepsPushTime) ->
          withoutFamilies(key, GroupBounds.ofExpiry(new Expiry(stamp, keepsPushTime)));
    };
  }

  private static GroupState pushed(
      GroupState old, ParsedExposition body, Stamp stamp, boolean replaces) {
    return new GroupState(
        old.key(),
        old.bounds().ofPush(stamp, replaces),
        familiesOf(old.key(), body, stamp, old.families()));
  }

  private static GroupState withoutFamilies(GroupingKey key, GroupBounds bounds) {
    return new GroupState(key, bounds, Collections.emptySortedMap());
  }

  /** The times are those of elsewhere; for what is newer, only the version counts. */
  private static GroupState restored(
      GroupUpdate.Restore restore, Version at, SortedMap<String, VersionedFamily> known) {
    var last = new Stamp(at, restore.lastMillis());
    var families = familiesOf(restore.key(), restore.body(), last, known);
    restore
        .familyMillis()
        .forEach(
            (name, millis) ->
                families.computeIfPresent(
                    name,
                    (_, family) -> new VersionedFamily(new Stamp(at, millis), family.family())));
    var bounds =
        new GroupBounds(
            Version.NEVER,
            at,
            Expiry.NEVER,
            stampOf(at, restore.pushMillis()),
            stampOf(at, restore.failureMillis()),
            restore.pushMillis() > 0 ? PushRhythm.FIRST : PushRhythm.NONE);
    return new GroupState(restore.key(), bounds, families);
  }

  private static Stamp stampOf(Version at, long millis) {
    return millis > 0 ? new Stamp(at, millis) : Stamp.NEVER;
  }

  private static SortedMap<String, VersionedFamily> familiesOf(
      GroupingKey key,
      ParsedExposition body,
      Stamp stamp,
      SortedMap<String, VersionedFamily> known) {
    GroupLabels labels = GroupLabels.of(key);
    Deadline deadline = Deadline.current();
    var families = new TreeMap<String, VersionedFamily>();
    for (MetricFamily family : body.families()) {
      deadline.look();
      // upstream: replaces what is pushed under these names, so clients get no error for it.
      if (!PushTimes.isPushTime(family.name())) {
        VersionedFamily before = known.get(family.name());
        MetricFamily model = before == null ? family.withMetrics(List.of()) : before.family();
        MetricFamily labelled = labelled(family, labels, model);
        families.put(model.name(), new VersionedFamily(stamp, labelled));
      }
    }
    return families;
  }

  /**
   * The family with the labels of its group. Text that the model has, too, is taken from there, so
   * that a push which only brings new values keeps no second copy of all names and labels alive; so
   * is the order of the series, so that a client may write them down in any.
   */
  private static MetricFamily labelled(
      MetricFamily family, GroupLabels labels, MetricFamily model) {
    var metrics = new ArrayList<Metric>(family.metrics().size());
    Deadline deadline = Deadline.current();
    for (Metric metric : family.metrics()) {
      deadline.look();
      Labels own = labels.of(metric.labels());
      int at = metrics.size();
      boolean isKnown = at < model.metrics().size() && model.metrics().get(at).labels().equals(own);
      metrics.add(metric.withLabels(isKnown ? model.metrics().get(at).labels() : own));
    }
    String help = family.help().equals(model.help()) ? model.help() : family.help();
    return new MetricFamily(
        model.name(),
        help,
        family.type(),
        family.unit(),
        SeriesOrder.ofStored(model.metrics(), metrics));
  }
}
