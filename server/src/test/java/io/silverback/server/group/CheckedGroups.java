package io.silverback.server.group;

import static io.silverback.server.group.Samples.at;
import static io.silverback.server.group.Samples.put;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.silverback.codec.model.Fingerprint;
import io.silverback.codec.model.GroupingKey;
import io.silverback.codec.model.MetricFamily;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.stream.Stream;

/** Groups and their check, as a store keeps them. Not thread-safe. */
final class CheckedGroups implements StoredGroups {
  private final TreeMap<GroupingKey, GroupState> groups = new TreeMap<>();
  private final HeapTallies tallies = new HeapTallies();
  private final List<MetricFamily> reserved;
  private final ConsistencyCheck check;

  /** Jobs that have had several sets of grouping label names since they last had no group. */
  private final Set<String> writtenDown = new HashSet<>();

  private int scans;
  private int clock;

  CheckedGroups(List<MetricFamily> reserved) {
    this.reserved = reserved;
    this.check = new ConsistencyCheck(reserved, this, tallies);
  }

  /** What every update of a client meets. */
  Verdict submit(GroupUpdate update) {
    GroupState old = group(update.key());
    GroupState next = GroupUpdater.apply(old, update, at(++clock));
    Verdict verdict =
        update instanceof GroupUpdate.Delete ? Verdict.ACCEPTED : check.judge(old, next);
    if (verdict.isAccepted()) {
      publish(old, next);
    } else if (check.mayExist(update.key())) {
      publish(old, GroupUpdater.markFailure(old, at(clock)));
    }
    return verdict;
  }

  /** An update of an unchecked store. */
  void force(GroupUpdate update) {
    GroupState old = group(update.key());
    publish(old, GroupUpdater.apply(old, update, at(++clock)));
  }

  @Override
  public boolean exists(GroupingKey key) {
    return groups.containsKey(key);
  }

  @Override
  public void forEachGroupOf(String job, Consumer<GroupState> consumer) {
    scans++;
    groupsOf(job).forEach(consumer);
  }

  boolean mayExist(GroupingKey key) {
    return check.mayExist(key);
  }

  GroupState group(GroupingKey key) {
    return groups.getOrDefault(key, GroupState.absent(key));
  }

  /** In the order of their keys. */
  Collection<GroupState> groups() {
    return groups.values();
  }

  Map<Fingerprint, List<Integer>> tallies() {
    return tallies.contents();
  }

  /** How often the groups of a job were asked for. */
  int scans() {
    return scans;
  }

  /** The clock of the next update. */
  int nextClock() {
    return clock + 1;
  }

  void assertIndexIsThatOfTheGroups() {
    var rebuilt = new CheckedGroups(reserved);
    for (String job : writtenDown) {
      // As a second set of label names once did, which may be gone by now.
      rebuilt.force(put(GroupingKey.of(job, "marker", "1")));
    }
    groups.values().forEach(group -> rebuilt.publish(GroupState.absent(group.key()), group));
    for (String job : writtenDown) {
      rebuilt.force(Samples.delete(GroupingKey.of(job, "marker", "1")));
    }
    assertEquals(rebuilt.tallies(), tallies());
  }

  private void publish(GroupState old, GroupState next) {
    check.record(old, next);
    if (next.exists()) {
      groups.put(next.key(), next);
    } else {
      groups.remove(next.key());
    }
    String job = next.key().job();
    long labelNameSets =
        groupsOf(job).map(group -> group.key().labels().names()).distinct().count();
    if (labelNameSets > 1) {
      writtenDown.add(job);
    } else if (labelNameSets == 0) {
      writtenDown.remove(job);
    }
  }

  private Stream<GroupState> groupsOf(String job) {
    return groups.values().stream().filter(group -> group.key().job().equals(job));
  }
}
