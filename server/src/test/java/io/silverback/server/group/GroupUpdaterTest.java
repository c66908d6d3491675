package io.silverback.server.group;

import static io.silverback.server.group.Samples.at;
import static io.silverback.server.group.Samples.delete;
import static io.silverback.server.group.Samples.family;
import static io.silverback.server.group.Samples.gauge;
import static io.silverback.server.group.Samples.post;
import static io.silverback.server.group.Samples.pushed;
import static io.silverback.server.group.Samples.put;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.silverback.codec.model.GroupingKey;
import io.silverback.codec.model.Labels;
import io.silverback.codec.model.Metric;
import io.silverback.codec.model.MetricFamily;
import io.silverback.codec.model.MetricType;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.Test;

final class GroupUpdaterTest {
  private static final GroupingKey NIGHTLY = GroupingKey.of("nightly");

  @Test
  void replaceDropsFamiliesNotPushed() {
    GroupState group = pushed(NIGHTLY, 1, gauge("a", 1), gauge("b", 2));
    group = GroupUpdater.apply(group, put(NIGHTLY, gauge("b", 3)), at(2));
    assertEquals(Set.of("b"), group.families().keySet());
    assertEquals(3, value(group, "b"));
  }

  @Test
  void aPushOfNewValuesKeepsNoSecondCopyOfTheLabels() {
    GroupState group = pushed(NIGHTLY, 1, gauge("a", 1, "x", "1"));
    Labels before = labels(group, "a");
    GroupState same = GroupUpdater.apply(group, put(NIGHTLY, gauge("a", 2, "x", "1")), at(2));
    GroupState other = GroupUpdater.apply(group, put(NIGHTLY, gauge("a", 2, "x", "2")), at(2));

    assertSame(before, labels(same, "a"));
    assertEquals(2, value(same, "a"));
    assertEquals("2", labels(other, "a").value("x").orElseThrow());
  }

  @Test
  void mergeKeepsFamiliesNotPushed() {
    GroupState group = pushed(NIGHTLY, 1, gauge("a", 1), gauge("b", 2));
    group = GroupUpdater.apply(group, post(NIGHTLY, gauge("b", 3)), at(2));
    assertEquals(Set.of("a", "b"), group.families().keySet());
    assertEquals(1, value(group, "a"));
    assertEquals(3, value(group, "b"));
  }

  @Test
  void mergeReplacesAFamilyAsAWhole() {
    GroupState group = pushed(NIGHTLY, 1, gauge("a", 1, "x", "1"));
    group = GroupUpdater.apply(group, post(NIGHTLY, gauge("a", 3, "x", "3")), at(2));
    assertEquals(1, metrics(group, "a").size());
    assertEquals("3", labels(group, "a").value("x").orElseThrow());
  }

  @Test
  void emptyReplaceEmptiesAndEmptyMergeKeeps() {
    GroupState group = pushed(NIGHTLY, 1, gauge("a", 1));
    GroupState merged = GroupUpdater.apply(group, post(NIGHTLY), at(2));
    assertEquals(Set.of("a"), merged.families().keySet());
    assertEquals(2000, merged.pushMillis());
    GroupState replaced = GroupUpdater.apply(group, put(NIGHTLY), at(2));
    assertTrue(replaced.families().isEmpty());
    assertTrue(replaced.exists());
  }

  @Test
  void deleteTakesThePushTimesToo() {
    GroupState group = GroupUpdater.markFailure(pushed(NIGHTLY, 1, gauge("a", 1)), at(2));
    group = GroupUpdater.apply(group, delete(NIGHTLY), at(3));
    assertFalse(group.exists());
    assertTrue(group.families().isEmpty());
    assertEquals(0, group.pushMillis());
    assertEquals(0, group.failureMillis());
    group = GroupUpdater.apply(group, post(NIGHTLY), at(4));
    assertTrue(group.exists());
    assertEquals(0, group.failureMillis());
  }

  @Test
  void failureCreatesAGroupAndKeepsWhatIsThere() {
    GroupState created = GroupUpdater.markFailure(GroupState.absent(NIGHTLY), at(1));
    assertTrue(created.exists());
    assertEquals(0, created.pushMillis());
    assertEquals(1000, created.failureMillis());

    GroupState marked = GroupUpdater.markFailure(pushed(NIGHTLY, 1, gauge("a", 1)), at(2));
    assertEquals(Set.of("a"), marked.families().keySet());
    GroupState later = GroupUpdater.apply(marked, put(NIGHTLY, gauge("a", 2)), at(3));
    assertEquals(3000, later.pushMillis());
    assertEquals(2000, later.failureMillis());
  }

  @Test
  void expiryTakesTheFamiliesAndLeavesThePushTimes() {
    GroupState group = GroupUpdater.expire(pushed(NIGHTLY, 1, gauge("a", 1)), at(2).version());
    assertTrue(group.exists());
    assertTrue(group.families().isEmpty());
    assertEquals(1000, group.pushMillis());
  }

  @Test
  void keyLabelsOverrideThoseOfTheBody() {
    GroupingKey key = GroupingKey.of("nightly", "dc", "y");
    GroupState group = pushed(key, 1, gauge("a", 1, "dc", "x", "job", "mine", "other", "o"));
    assertEquals(
        Labels.of("dc", "y", "instance", "", "job", "nightly", "other", "o"), labels(group, "a"));
  }

  @Test
  void instanceIsAddedOnlyWhereThereIsNone() {
    assertEquals(
        Labels.of("instance", "b", "job", "nightly"),
        labels(pushed(NIGHTLY, 1, gauge("a", 1, "instance", "b")), "a"));
    GroupingKey key = GroupingKey.of("nightly", "instance", "k");
    assertEquals(key.labels(), labels(pushed(key, 1, gauge("a", 1, "instance", "b")), "a"));
    assertEquals(key.labels(), labels(pushed(key, 1, gauge("a", 1)), "a"));
  }

  @Test
  void onlyTheFirstOfARepeatedLabelIsOverridden() {
    GroupState group = pushed(NIGHTLY, 1, gauge("a", 1, "job", "x", "job", "y", "z", "1"));
    assertEquals(
        Labels.of("instance", "", "job", "nightly", "job", "y", "z", "1"), labels(group, "a"));
  }

  @Test
  void pushTimesInABodyAreDropped() {
    GroupState group =
        pushed(NIGHTLY, 1, gauge("a", 1), gauge(PushTimes.SUCCESS, 5), gauge(PushTimes.FAILURE, 5));
    assertEquals(Set.of("a"), group.families().keySet());
  }

  @Test
  void familyWithoutMetricsIsStored() {
    GroupState group = pushed(NIGHTLY, 1, family(MetricType.COUNTER, "none", new Metric[0]));
    assertEquals(Set.of("none"), group.families().keySet());
  }

  @Test
  void pushTimesAreDerivedInSeconds() {
    GroupState group =
        GroupUpdater.markFailure(
            pushed(GroupingKey.of("nightly", "dc", "y"), 1),
            new Stamp(at(2).version(), 1_395_066_363_250L));
    Labels labels = Labels.of("dc", "y", "instance", "", "job", "nightly");
    assertEquals(
        List.of(
            new MetricFamily(
                "push_failure_time_seconds",
                "Last Unix time when changing this group in the Pushgateway failed.",
                MetricType.GAUGE,
                List.of(new Metric.Gauge(labels, 1_395_066_363.25))),
            new MetricFamily(
                "push_time_seconds",
                "Last Unix time when changing this group in the Pushgateway succeeded.",
                MetricType.GAUGE,
                List.of(new Metric.Gauge(labels, 1)))),
        PushTimes.of(group));
  }

  private static List<Metric> metrics(GroupState group, String name) {
    return Objects.requireNonNull(group.families().get(name)).family().metrics();
  }

  private static Labels labels(GroupState group, String name) {
    return metrics(group, name).getFirst().labels();
  }

  private static double value(GroupState group, String name) {
    return ((Metric.Gauge) metrics(group, name).getFirst()).value();
  }
}
