package io.silverback.server.group;

import static io.silverback.server.group.Samples.at;
import static io.silverback.server.group.Samples.family;
import static io.silverback.server.group.Samples.gauge;
import static io.silverback.server.group.Samples.post;
import static io.silverback.server.group.Samples.put;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.silverback.codec.model.GroupingKey;
import io.silverback.codec.model.Labels;
import io.silverback.codec.model.Metric;
import io.silverback.codec.model.MetricFamily;
import io.silverback.codec.model.MetricType;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

final class ConsistencyCheckTest {
  private static final GroupingKey X = GroupingKey.of("x");
  private static final GroupingKey X_I = GroupingKey.of("x", "instance", "i");
  private static final GroupingKey X_EMPTY = GroupingKey.of("x", "instance", "");
  private static final GroupingKey Y = GroupingKey.of("y");
  private static final String LABELS_OF_X =
      "label:{name:\"instance\" value:\"\"} label:{name:\"job\" value:\"x\"}";
  private static final List<MetricFamily> RESERVED =
      List.of(
          family(MetricType.GAUGE, "own", new Metric[0]),
          family(MetricType.HISTOGRAM, "own_h", new Metric[0]),
          family(MetricType.SUMMARY, "own_s", new Metric[0]));

  static Stream<Arguments> verdicts() {
    return Stream.of(
        verdict(
            GroupingKey.of("y"),
            family(MetricType.COUNTER, "m", Labels.EMPTY),
            X,
            gauge("m", 1),
            "collected metric \"m\" { " + LABELS_OF_X + " gauge:{value:1}} is not a COUNTER"),
        verdict(
            Y,
            gauge("n", 1),
            X,
            family(MetricType.COUNTER, "m", new Metric.Gauge(Labels.EMPTY, 1)),
            "collected metric \"m\" { " + LABELS_OF_X + " gauge:{value:1}} is not a COUNTER"),
        verdict(
            Y,
            gauge("n", 1),
            X,
            family(MetricType.GAUGE_HISTOGRAM, "m", new Metric.Gauge(Labels.EMPTY, 1)),
            "collected metric \"m\" { "
                + LABELS_OF_X
                + " gauge:{value:1}} is not a GAUGE_HISTOGRAM"),
        verdict(
            Y,
            gauge("n", 1),
            X,
            family(MetricType.COUNTER, "own", Labels.EMPTY),
            "gathered metric family own has type COUNTER but should have GAUGE"),
        verdict(
            Y,
            gauge("n", 1),
            X,
            family(MetricType.GAUGE, "m", Labels.EMPTY, Labels.EMPTY),
            "collected metric \"m\" { "
                + LABELS_OF_X
                + " gauge:{value:1}} was collected before with the same name and label values"),
        verdict(
            X_I,
            gauge("m", 1),
            X,
            gauge("m", 1, "instance", "i"),
            "collected metric \"m\" { label:{name:\"instance\" value:\"i\"} label:{name:\"job\""
                + " value:\"x\"} gauge:{value:1}} was collected before with the same name and"
                + " label values"),
        verdict(
            Y,
            gauge("n", 1),
            X,
            gauge("m", 1, "x", "1", "x", "2"),
            "collected metric \"m\" { "
                + LABELS_OF_X
                + " label:{name:\"x\" value:\"1\"} label:{name:\"x\" value:\"2\"} gauge:{value:1}}"
                + " has two or more labels with the same name: x"),
        verdict(
            Y,
            gauge("n", 1),
            X,
            gauge("m", 1, "__x", "1"),
            "collected metric \"m\" { label:{name:\"__x\" value:\"1\"} "
                + LABELS_OF_X
                + " gauge:{value:1}} has a label with an invalid name: __x"),
        verdict(
            Y,
            gauge("n", 1),
            GroupingKey.of("x", "quantile", "1"),
            family(MetricType.SUMMARY, "m", Samples.metric(MetricType.SUMMARY, Labels.EMPTY, 1)),
            "must not have an explicit \"quantile\" label"),
        verdict(
            Y,
            gauge("n", 1),
            X,
            gauge("m", 1, "v", "\ud800"),
            "has a label named \"v\" whose value is not utf8: "),
        verdict(
            Y,
            family(MetricType.SUMMARY, "m", Labels.EMPTY),
            X,
            gauge("m_sum", 1),
            "collected metric named \"m_sum\" collides with previously collected summary named"
                + " \"m\""),
        verdict(
            Y,
            family(MetricType.HISTOGRAM, "m", Labels.EMPTY),
            X,
            gauge("m_bucket", 1),
            "collected metric named \"m_bucket\" collides with previously collected histogram named"
                + " \"m\""),
        verdict(
            Y,
            gauge("m_count", 1),
            X,
            family(MetricType.SUMMARY, "m", Labels.EMPTY),
            "collected histogram or summary named \"m\" collides with previously collected metric"
                + " named \"m_count\""),
        verdict(
            Y,
            gauge("m_bucket", 1),
            X,
            family(MetricType.HISTOGRAM, "m", Labels.EMPTY),
            "collected histogram named \"m\" collides with previously collected metric named"
                + " \"m_bucket\""),
        verdict(
            Y,
            gauge("n", 1),
            X,
            gauge("own_s_count", 1),
            "collected metric named \"own_s_count\" collides with previously collected summary"
                + " named \"own_s\""),
        verdict(Y, gauge("n", 1), X, gauge("", 1), "collected metric family without a name"),
        verdict(
            Y,
            gauge("n", 1),
            X,
            gauge("q\"\n", 1, "x", "1", "x", "2"),
            "collected metric \"q\\\"\\n\" { "));
  }

  private static Arguments verdict(
      GroupingKey first, MetricFamily stored, GroupingKey then, MetricFamily family, String text) {
    return Arguments.of(put(first, stored), put(then, family), text);
  }

  @ParameterizedTest
  @MethodSource("verdicts")
  void refusesInUpstreamsWords(GroupUpdate stored, GroupUpdate pushed, String text) {
    var store = new CheckedGroups(RESERVED);
    assertTrue(store.submit(stored).isAccepted());
    Verdict verdict = store.submit(pushed);
    assertEquals(1, verdict.count(), verdict::reason);
    assertTrue(verdict.reason().contains(text), verdict::reason);
  }

  static Stream<Arguments> tolerated() {
    return Stream.of(
        Arguments.of(put(Y, gauge("m", 1)), put(X, gauge("m", 1))),
        Arguments.of(put(Y, gauge("m", 1)), put(X, gauge("m_count", 1))),
        Arguments.of(
            put(Y, family(MetricType.SUMMARY, "m", Labels.EMPTY)), put(X, gauge("m_bucket", 1))),
        Arguments.of(put(X, gauge("m", 1)), put(X, family(MetricType.COUNTER, "m", Labels.EMPTY))),
        Arguments.of(
            put(X, gauge("m_count", 1)), put(X, family(MetricType.SUMMARY, "m", Labels.EMPTY))),
        Arguments.of(
            put(Y, family(MetricType.HISTOGRAM, "m", Labels.EMPTY)),
            put(X, family(MetricType.GAUGE_HISTOGRAM, "m", Labels.EMPTY))),
        Arguments.of(
            put(Y, gauge("n", 1)),
            put(X, family(MetricType.GAUGE_HISTOGRAM, "own_h", Labels.EMPTY))),
        Arguments.of(
            put(Y, gauge("n", 1)),
            put(X, new MetricFamily("own", "not ours", MetricType.GAUGE, List.of()))),
        Arguments.of(put(Y, family(MetricType.COUNTER, "m", new Metric[0])), put(X, gauge("m", 1))),
        Arguments.of(put(X_I, gauge("m", 1)), put(X, gauge("m", 1, "instance", "j"))),
        Arguments.of(put(Y, gauge("n", 1)), put(X, gauge("a name.with dots", 1))),
        Arguments.of(
            put(Y, gauge("n", 1)),
            put(X, family(MetricType.HISTOGRAM, "h", Labels.of("le", "1")))));
  }

  @ParameterizedTest
  @MethodSource("tolerated")
  void acceptsWhatUpstreamTolerates(GroupUpdate stored, GroupUpdate pushed) {
    var store = new CheckedGroups(RESERVED);
    assertTrue(store.submit(stored).isAccepted());
    Verdict verdict = store.submit(pushed);
    assertTrue(verdict.isAccepted(), verdict::reason);
  }

  @Test
  void severalErrorsAreListed() {
    Verdict verdict =
        new CheckedGroups(RESERVED)
            .submit(
                put(
                    X,
                    family(MetricType.GAUGE, "a", Labels.EMPTY, Labels.EMPTY),
                    gauge("b", 1, "x", "1", "x", "1")));
    assertEquals(
        """
        2 error(s) occurred:
        * collected metric "a" { %1$s gauge:{value:1}} was collected before with the same name \
        and label values
        * collected metric "b" { %1$s label:{name:"x" value:"1"} label:{name:"x" value:"1"} \
        gauge:{value:1}} has two or more labels with the same name: x"""
            .formatted(LABELS_OF_X),
        verdict.reason());
  }

  @Test
  void listIsBoundedAndTheCountIsTrue() {
    Labels[] same = new Labels[25];
    Arrays.fill(same, Labels.of("v", "x".repeat(1_000_000)));
    Verdict verdict =
        new CheckedGroups(RESERVED).submit(put(X, family(MetricType.GAUGE, "a", same)));
    assertEquals(24, verdict.count());
    assertEquals(10, verdict.errors().size());
    assertTrue(verdict.reason().startsWith("24 error(s) occurred:\n* collected metric \"a\" { "));
    assertTrue(verdict.reason().endsWith("\n* and 14 more"));
    assertTrue(verdict.reason().length() < 30_000);
  }

  @Test
  void secondOfTwoGroupsWithEqualPushTimesIsRefused() {
    for (GroupingKey first : List.of(X, X_EMPTY)) {
      GroupingKey second = first.equals(X) ? X_EMPTY : X;
      var store = new CheckedGroups(RESERVED);
      assertTrue(store.submit(put(first)).isAccepted());
      Verdict verdict = store.submit(put(second));
      assertEquals(2, verdict.count());
      assertTrue(
          verdict.errors().get(1).startsWith("collected metric \"push_time_seconds\" { "),
          verdict::reason);
      assertFalse(store.mayExist(second));
      assertTrue(store.mayExist(first));
      store.submit(Samples.delete(first));
      assertTrue(store.submit(put(second)).isAccepted());
    }
  }

  @Test
  void keyThatCannotBeExposedMayNotExist() {
    var store = new CheckedGroups(RESERVED);
    assertFalse(store.mayExist(GroupingKey.of("x", "__l", "v")));
    assertFalse(store.mayExist(GroupingKey.of("\udc00")));
    assertTrue(
        store
            .submit(put(GroupingKey.of("\udc00")))
            .reason()
            .contains("has a label named \"job\" whose value is not utf8: "));
  }

  @Test
  void inconsistentStoreIsNoReasonToRefuseOthers() {
    var store = new CheckedGroups(RESERVED);
    store.force(put(X, gauge("m", 1), family(MetricType.GAUGE, "d", Labels.EMPTY, Labels.EMPTY)));
    store.force(put(Y, family(MetricType.COUNTER, "m", Labels.EMPTY)));
    store.force(put(X_I, gauge("s", 1)));
    store.force(post(X, gauge("s", 1, "instance", "i")));
    assertTrue(store.submit(put(GroupingKey.of("z"), gauge("n", 1))).isAccepted());
    assertTrue(store.submit(post(X, gauge("n", 1))).isAccepted());
    assertFalse(store.submit(put(GroupingKey.of("z"), gauge("m", 1))).isAccepted());
  }

  @Test
  void repeatedSeriesMayBeReplacedByAnotherPushOfItsGroup() {
    var store = new CheckedGroups(RESERVED);
    assertTrue(store.submit(put(X, gauge("m", 1, "instance", "i"))).isAccepted());
    assertTrue(store.submit(put(X_I, gauge("n", 1))).isAccepted());
    assertTrue(store.submit(put(X, gauge("m", 1, "instance", "i"))).isAccepted());
    assertFalse(store.submit(post(X_I, gauge("m", 1))).isAccepted());
    assertTrue(store.submit(put(X)).isAccepted());
    assertTrue(store.submit(post(X_I, gauge("m", 1))).isAccepted());
  }

  @Property(tries = 400)
  void verdictAndIndexAreThoseOfTheWholeStore(@ForAll("updates") List<GroupUpdate> updates) {
    var store = new CheckedGroups(RESERVED);
    for (GroupUpdate update : updates) {
      GroupState old = store.group(update.key());
      GroupState next = GroupUpdater.apply(old, update, at(store.nextClock()));
      List<String> expected =
          update instanceof GroupUpdate.Delete
              ? List.of()
              : UpstreamVerdict.of(RESERVED, store.groups(), old, next);
      boolean mayExist = store.mayExist(update.key());
      Verdict verdict = store.submit(update);
      assertEquals(expected.isEmpty(), verdict.isAccepted(), () -> expected + verdict.reason());
      if (mayExist && !expected.isEmpty()) {
        assertEquals(expected.size(), verdict.count());
        assertEquals(expected.stream().limit(10).toList(), verdict.errors());
      }
      store.assertIndexIsThatOfTheGroups();
      GatheredFamilies shown = GatheredFamilies.gather(RESERVED, store.groups());
      assertEquals(0, shown.leftOut(), () -> shown.reasons().toString());
    }
  }

  @Property(tries = 200)
  void indexFollowsAnUncheckedStoreToo(@ForAll("updates") List<GroupUpdate> updates) {
    var store = new CheckedGroups(RESERVED);
    for (GroupUpdate update : updates) {
      store.force(update);
      store.assertIndexIsThatOfTheGroups();
      GatheredFamilies.gather(RESERVED, store.groups());
    }
  }

  @Provide
  Arbitrary<List<GroupUpdate>> updates() {
    Arbitrary<GroupingKey> keys =
        Arbitraries.of(
            X,
            X_I,
            X_EMPTY,
            Y,
            GroupingKey.of("x", "a", "1"),
            GroupingKey.of("x", "a", "1", "instance", "i"));
    Arbitrary<Labels> labels =
        Arbitraries.of(
            Labels.EMPTY,
            Labels.of("instance", "i"),
            Labels.of("a", "1"),
            Labels.of("a", "1", "instance", "i"),
            Labels.of("a", "2"),
            Labels.of("quantile", "1"),
            Labels.of("a", "1", "a", "2"),
            Labels.of("__a", "1"));
    Arbitrary<MetricFamily> families =
        Combinators.combine(
                Arbitraries.of(
                    "m", "m_count", "m_sum", "m_bucket", "n", "own", "own_h", "own_h_sum"),
                Arbitraries.frequencyOf(
                    Tuple.of(5, Arbitraries.just(MetricType.GAUGE)),
                    Tuple.of(2, Arbitraries.of(MetricType.values()))),
                labels.list().ofMaxSize(2),
                Arbitraries.integers().between(0, 20))
            .as(ConsistencyCheckTest::randomFamily);
    Arbitrary<MetricFamily[]> bodies =
        families
            .list()
            .uniqueElements(MetricFamily::name)
            .ofMaxSize(3)
            .map(list -> list.toArray(MetricFamily[]::new));
    return Combinators.combine(keys, bodies, Arbitraries.integers().between(0, 5))
        .as(
            (key, body, kind) ->
                kind == 0 ? Samples.delete(key) : kind < 3 ? put(key, body) : post(key, body))
        .list()
        .ofMaxSize(12);
  }

  private static MetricFamily randomFamily(
      String name, MetricType type, List<Labels> series, int oddity) {
    MetricFamily family = family(type, name, series.toArray(Labels[]::new));
    return switch (oddity) {
      case 0 -> family(type, name, new Metric.Valueless(Labels.EMPTY));
      case 1 -> family(type, name, new Metric.Untyped(Labels.EMPTY, 1));
      default -> family;
    };
  }
}
