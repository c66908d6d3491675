package io.silverback.server.group;

import static io.silverback.server.group.Samples.at;
import static io.silverback.server.group.Samples.delete;
import static io.silverback.server.group.Samples.family;
import static io.silverback.server.group.Samples.gauge;
import static io.silverback.server.group.Samples.post;
import static io.silverback.server.group.Samples.pushed;
import static io.silverback.server.group.Samples.put;
import static io.silverback.server.group.Samples.restore;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.silverback.codec.model.GroupingKey;
import io.silverback.codec.model.Labels;
import io.silverback.codec.model.Metric;
import io.silverback.codec.model.MetricFamily;
import io.silverback.codec.model.MetricType;
import io.silverback.codec.model.Stamp;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

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
  void aRestoreReplacesTheGroupAndKeepsTheTimesOfElsewhere() {
    GroupState group = pushed(NIGHTLY, 1, gauge("a", 1), gauge("gone", 2));
    group =
        GroupUpdater.apply(
            group,
            restore(NIGHTLY, 7_000, Map.of("a", 5_000L), gauge("a", 3), gauge("b", 4)),
            at(2));
    assertEquals(Set.of("a", "b"), group.families().keySet());
    assertEquals(7_000, group.bounds().pushMillis());
    assertEquals(0, group.bounds().failureMillis());
    assertEquals(5_000, Objects.requireNonNull(group.families().get("a")).written().wallMillis());
    assertEquals(7_000, Objects.requireNonNull(group.families().get("b")).written().wallMillis());
    group = GroupUpdater.apply(group, put(NIGHTLY, gauge("a", 9)), at(3));
    assertEquals(Set.of("a"), group.families().keySet());
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
  void reorderedSeriesKeepTheStoredOrder() {
    Labels one = Labels.of("x", "1");
    Labels two = Labels.of("x", "2");
    Labels three = Labels.of("x", "3");
    GroupState group = pushed(NIGHTLY, 1, family(MetricType.GAUGE, "a", one, two, three));
    List<Labels> stored = series(group);
    GroupState reordered =
        GroupUpdater.apply(
            group,
            put(
                NIGHTLY,
                family(
                    MetricType.GAUGE,
                    "a",
                    new Metric.Gauge(three, 13),
                    new Metric.Gauge(one, 11),
                    new Metric.Gauge(two, 12))),
            at(2));
    List<Labels> kept = series(reordered);
    for (int i = 0; i < stored.size(); i++) {
      assertSame(stored.get(i), kept.get(i));
      assertEquals(11 + i, ((Metric.Gauge) metrics(reordered, "a").get(i)).value());
    }
  }

  static Stream<List<Metric>> othersThanStored() {
    Metric one = new Metric.Gauge(Labels.of("x", "1"), 1);
    Metric two = new Metric.Gauge(Labels.of("x", "2"), 2);
    Metric three = new Metric.Gauge(Labels.of("x", "3"), 3);
    return Stream.of(
        List.of(three, one),
        List.of(two, two, one),
        List.of(three, two, new Metric.Gauge(Labels.of("x", "4"), 1)),
        List.of(three, two, new Metric.Counter(one.labels(), 1)));
  }

  @ParameterizedTest
  @MethodSource("othersThanStored")
  void otherSeriesThanTheStoredOnesStayAsPushed(List<Metric> others) {
    Labels[] stored = {Labels.of("x", "1"), Labels.of("x", "2"), Labels.of("x", "3")};
    GroupState group = pushed(NIGHTLY, 1, family(MetricType.GAUGE, "a", stored));
    MetricFamily family = family(MetricType.GAUGE, "a", others.toArray(Metric[]::new));
    GroupState next = GroupUpdater.apply(group, put(NIGHTLY, family), at(2));
    assertEquals(metrics(pushed(NIGHTLY, 2, family), "a"), metrics(next, "a"));
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
    assertEquals(2000, merged.bounds().pushMillis());
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
    assertEquals(0, group.bounds().pushMillis());
    assertEquals(0, group.bounds().failureMillis());
    group = GroupUpdater.apply(group, post(NIGHTLY), at(4));
    assertTrue(group.exists());
    assertEquals(0, group.bounds().failureMillis());
  }

  @Test
  void failureCreatesAGroupAndKeepsWhatIsThere() {
    GroupState created = GroupUpdater.markFailure(GroupState.absent(NIGHTLY), at(1));
    assertTrue(created.exists());
    assertEquals(0, created.bounds().pushMillis());
    assertEquals(1000, created.bounds().failureMillis());

    GroupState marked = GroupUpdater.markFailure(pushed(NIGHTLY, 1, gauge("a", 1)), at(2));
    assertEquals(Set.of("a"), marked.families().keySet());
    GroupState later = GroupUpdater.apply(marked, put(NIGHTLY, gauge("a", 2)), at(3));
    assertEquals(3000, later.bounds().pushMillis());
    assertEquals(2000, later.bounds().failureMillis());
  }

  @Test
  void expiryTakesTheFamiliesAndLeavesThePushTimes() {
    GroupState fresh = pushed(NIGHTLY, 1, gauge("a", 1));
    var expiry = new GroupUpdate.Expire(NIGHTLY, at(1).version(), true);
    GroupState group = GroupUpdater.apply(fresh, expiry, at(2));
    assertFalse(fresh.bounds().isStale());
    assertTrue(group.bounds().isStale());
    assertEquals(2000, group.bounds().expiry().at().wallMillis());
    assertTrue(group.exists());
    assertTrue(group.families().isEmpty());
    assertEquals(1000, group.bounds().pushMillis());
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

  private static List<Labels> series(GroupState group) {
    return metrics(group, "a").stream().map(Metric::labels).toList();
  }

  private static Labels labels(GroupState group, String name) {
    return metrics(group, name).getFirst().labels();
  }

  private static double value(GroupState group, String name) {
    return ((Metric.Gauge) metrics(group, name).getFirst()).value();
  }
}
