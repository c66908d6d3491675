package io.silverback.server.group;

import io.silverback.codec.model.Deadline;
import io.silverback.codec.model.Fingerprint;
import io.silverback.codec.model.GroupingKey;
import io.silverback.codec.model.Labels;
import io.silverback.codec.model.Metric;
import io.silverback.server.group.GroupState.VersionedFamily;
import java.util.HashMap;
import java.util.Map;

/**
 * Which series exist, for those jobs in which two groups could have the same one.
 *
 * <p>Every series of a group bears the group's labels. So groups of different jobs never share a
 * series, nor do groups of one job whose keys have the same label names, as they differ in a value.
 * Only a job whose keys have several sets of label names needs its series written down. That is
 * done when the second set appears and undone when the job has no group left: were it undone with
 * the second set, a client could have the whole job written down again with each push. Not
 * thread-safe.
 */
final class SeriesIndex {
  /** Slots of a job's row; the rows of label names and of series have one counter each. */
  private static final int LABEL_NAME_SETS = 0;

  private static final int WRITTEN_DOWN = 1;
  private static final int COUNT = 0;

  private final Tallies tallies;
  private final TallyKeys keys;
  private final StoredGroups stored;
  private final int[] row = new int[Tallies.SLOTS];

  SeriesIndex(Tallies tallies, TallyKeys keys, StoredGroups stored) {
    this.tallies = tallies;
    this.keys = keys;
    this.stored = stored;
  }

  /** Writes the series of the key's job down if a group of that key would make that necessary. */
  void prepareFor(GroupingKey key) {
    tallies.read(keys.job(key.job()), row);
    if (row[LABEL_NAME_SETS] > 0
        && row[WRITTEN_DOWN] == 0
        && tallies.get(keys.labelNames(key), COUNT) == 0) {
      // What is half written down would be counted again.
      Deadline.NONE.during(() -> writeDown(key));
    }
  }

  void replace(GroupState old, GroupState next, GroupDifference difference) {
    GroupingKey key = next.key();
    if (!old.exists() && next.exists()) {
      prepareFor(key);
      countGroup(key, 1);
    }
    if (covers(key.job())) {
      var changes = new HashMap<Fingerprint, Integer>();
      difference.forEach(family -> count(family, -1, changes), family -> count(family, 1, changes));
      record(changes);
    }
    if (old.exists() && !next.exists()) {
      countGroup(key, -1);
    }
  }

  /** Counts a group that is stored already, whose series may have to be written down later. */
  void countGroup(GroupingKey key) {
    countGroup(key, 1);
  }

  /** True if the job has groups that could have the same series. */
  boolean isMixed(String job) {
    return tallies.get(keys.job(job), LABEL_NAME_SETS) > 1;
  }

  /** Writes the series of a counted group down, whose job is mixed. */
  void writeDown(GroupState group) {
    String job = group.key().job();
    if (!covers(job)) {
      tallies.add(keys.job(job), WRITTEN_DOWN, 1);
    }
    var changes = new HashMap<Fingerprint, Integer>();
    group.families().values().forEach(family -> count(family, 1, changes));
    record(changes);
  }

  /** How many groups of its job have the series; 0 if that job needs no index. */
  int count(String familyName, Labels labels) {
    return tallies.get(keys.series(familyName, labels), COUNT);
  }

  /** True if a group of a job whose series are written down has it. */
  boolean has(Fingerprint series) {
    return tallies.get(series, COUNT) > 0;
  }

  boolean hasGroupsOf(String job) {
    return tallies.get(keys.job(job), LABEL_NAME_SETS) > 0;
  }

  /** True if the series of the job are written down. */
  boolean covers(String job) {
    return tallies.get(keys.job(job), WRITTEN_DOWN) > 0;
  }

  /** A group of the key itself is passed over: it is recorded when it is published. */
  private void writeDown(GroupingKey key) {
    stored.forEachGroupOf(
        key.job(),
        group -> {
          if (!group.key().equals(key)) {
            var changes = new HashMap<Fingerprint, Integer>();
            group.families().values().forEach(family -> count(family, 1, changes));
            record(changes);
          }
        });
    tallies.add(keys.job(key.job()), WRITTEN_DOWN, 1);
  }

  private void countGroup(GroupingKey key, int delta) {
    Fingerprint job = keys.job(key.job());
    Fingerprint names = keys.labelNames(key);
    int before = tallies.get(names, COUNT);
    tallies.add(names, COUNT, delta);
    if (before == 0 || before + delta == 0) {
      tallies.add(job, LABEL_NAME_SETS, delta);
    }
    tallies.read(job, row);
    if (row[LABEL_NAME_SETS] == 0 && row[WRITTEN_DOWN] > 0) {
      tallies.add(job, WRITTEN_DOWN, -1);
    }
  }

  /** Sums up first, so that a series which is written again costs no look into the tallies. */
  private void count(VersionedFamily family, int delta, Map<Fingerprint, Integer> changes) {
    for (Metric metric : family.family().metrics()) {
      changes.merge(keys.series(family.family().name(), metric.labels()), delta, Integer::sum);
    }
  }

  private void record(Map<Fingerprint, Integer> changes) {
    changes.forEach(
        (series, delta) -> {
          if (delta != 0) {
            tallies.add(series, COUNT, delta);
          }
        });
  }
}
