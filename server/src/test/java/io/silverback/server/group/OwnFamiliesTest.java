package io.silverback.server.group;

import static io.silverback.server.group.Samples.family;
import static io.silverback.server.group.Samples.gauge;
import static io.silverback.server.group.Samples.pushed;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.silverback.codec.model.GroupingKey;
import io.silverback.codec.model.Labels;
import io.silverback.codec.model.Metric;
import io.silverback.codec.model.MetricFamily;
import io.silverback.codec.model.MetricType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What becomes of the server's own families on a page with pushed ones. */
final class OwnFamiliesTest {
  private static final GroupingKey A = GroupingKey.of("a");
  private static final GroupingKey B = GroupingKey.of("b");
  private static final List<MetricFamily> OWN =
      List.of(
          new MetricFamily(
              "own", "ours", MetricType.GAUGE, List.of(new Metric.Gauge(Labels.EMPTY, 9))),
          family(MetricType.HISTOGRAM, "own_h", Labels.EMPTY),
          family(MetricType.SUMMARY, "own_s", Labels.of("l", "1"), Labels.of("l", "2")),
          family(MetricType.GAUGE, "x_count", Labels.EMPTY));

  @Test
  void aPushedFamilyOfAnotherTypeHidesTheOwnOne() {
    GatheredFamilies gathered = gather(family(MetricType.UNTYPED, "own", Labels.EMPTY));

    assertEquals(MetricType.UNTYPED, named("own", gathered).type());
    assertEquals(1, named("own", gathered).metrics().size());
    assertHidden(gathered, 1, "own");
  }

  @Test
  void anOwnFamilyOfTheSameTypeStandsWithThePushedOneUnderItsHelp() {
    GatheredFamilies gathered =
        gather(
            new MetricFamily(
                "own", "theirs", MetricType.GAUGE, List.of(new Metric.Gauge(Labels.EMPTY, 1))),
            family(MetricType.GAUGE_HISTOGRAM, "own_h", Labels.EMPTY));

    assertEquals("theirs", named("own", gathered).help());
    assertEquals(
        List.of(
            new Metric.Gauge(Labels.EMPTY, 9),
            new Metric.Gauge(Labels.of("instance", "", "job", "a"), 1)),
        named("own", gathered).metrics());
    assertEquals(MetricType.GAUGE_HISTOGRAM, named("own_h", gathered).type());
    assertEquals(2, named("own_h", gathered).metrics().size());
    assertEquals(List.of(), gathered.differingHelp());
    assertHidden(gathered, 0);
  }

  @Test
  void thePushedFamilyOfTheSmallestKeyDecidesWhetherTheOwnOneIsShown() {
    GatheredFamilies gathered =
        GatheredFamilies.gather(
            OWN,
            List.of(
                pushed(A, 1, family(MetricType.GAUGE, "own", Labels.EMPTY)),
                pushed(B, 1, family(MetricType.COUNTER, "own", Labels.EMPTY))));

    assertEquals(2, named("own", gathered).metrics().size());
    assertEquals(
        List.of("metric family own has type COUNTER but should have GAUGE"), gathered.reasons());
    assertHidden(gathered, 0);
  }

  @ParameterizedTest
  @CsvSource({
    "GAUGE,   own_s_count,  own_s,   2",
    "UNTYPED, own_s_sum,    own_s,   2",
    "GAUGE,   own_s_bucket, '',      0",
    "COUNTER, own_h_count,  own_h,   1",
    "GAUGE,   own_h_sum,    own_h,   1",
    "GAUGE,   own_h_bucket, own_h,   1",
    "SUMMARY, own_h_sum,    own_h,   1",
    "GAUGE,   own_h_other,  '',      0",
    "SUMMARY, x,            x_count, 1",
    "HISTOGRAM, x,          x_count, 1",
    "GAUGE,   x,            '',      0",
  })
  void aLineOfTheOneThatIsNamedLikeTheOtherHidesTheOwnOne(
      MetricType type, String name, String hidden, int metrics) {
    GatheredFamilies gathered = gather(family(type, name, Labels.EMPTY));

    assertEquals(type, named(name, gathered).type());
    assertHidden(gathered, metrics, hidden.isEmpty() ? new String[0] : new String[] {hidden});
  }

  @Test
  void anOwnSummaryComesAfterThePushedNamesThatWouldHideIt() {
    GatheredFamilies gathered = gather(gauge("own_s_a", 1), gauge("own_s_z", 1));

    assertEquals(
        List.of("own", "own_h", "own_s_a", "own_s", "own_s_z"),
        names(gathered).stream().filter(name -> name.startsWith("own")).toList());
  }

  @Test
  void aPushedFamilyOfWhichNothingIsShownHidesNothing() {
    GatheredFamilies gathered =
        gather(
            family(MetricType.UNTYPED, "own", Labels.of("__l", "1")),
            family(MetricType.COUNTER, "own_h", new Metric.Gauge(Labels.EMPTY, 1)),
            gauge("own_s_sum", 1, "__l", "1"),
            family(MetricType.SUMMARY, "x", Labels.of("quantile", "1")));

    assertEquals(
        List.of(
            "own", "own_h", "own_s", "push_failure_time_seconds", "push_time_seconds", "x_count"),
        names(gathered));
    assertEquals(4, gathered.leftOut());
    assertHidden(gathered, 0);
  }

  @Property(tries = 1000)
  void ownFamiliesChangeNothingOfWhatIsPushed(@ForAll("bodies") List<MetricFamily[]> bodies) {
    var groups = new ArrayList<GroupState>();
    for (int i = 0; i < bodies.size(); i++) {
      groups.add(pushed(GroupingKey.of("job-" + i), i, bodies.get(i)));
    }
    GatheredFamilies alone = GatheredFamilies.gather(List.of(), groups);
    GatheredFamilies together = GatheredFamilies.gather(OWN, groups);

    assertEquals(alone.reasons(), together.reasons());
    assertEquals(alone.leftOut(), together.leftOut());
    assertEquals(
        alone.families(),
        together.families().stream()
            .map(OwnFamiliesTest::withoutOwn)
            .filter(family -> !family.metrics().isEmpty())
            .sorted((left, right) -> left.name().compareTo(right.name()))
            .toList());
    int own = together.families().stream().mapToInt(OwnFamiliesTest::ownCount).sum();
    assertEquals(
        OWN.stream().mapToInt(OwnFamiliesTest::ownCount).sum(),
        own + together.omissions().hiddenOwnMetrics());
    assertNoNameIsALineOfAnother(together);
  }

  @Provide
  Arbitrary<List<MetricFamily[]>> bodies() {
    Arbitrary<MetricFamily> families =
        Combinators.combine(
                Arbitraries.of(
                    "own",
                    "own_h",
                    "own_h_count",
                    "own_h_bucket",
                    "own_h_sum",
                    "own_s",
                    "own_s_count",
                    "own_s_sum",
                    "own_s_bucket",
                    "x",
                    "x_count",
                    "x_sum",
                    "a",
                    "z"),
                Arbitraries.of(MetricType.values()),
                Arbitraries.of(Labels.EMPTY, Labels.of("__l", "1"), Labels.of("quantile", "1")))
            .as((name, type, labels) -> family(type, name, labels));
    return families
        .list()
        .uniqueElements(MetricFamily::name)
        .ofMaxSize(4)
        .map(list -> list.toArray(MetricFamily[]::new))
        .list()
        .ofMaxSize(3);
  }

  private static void assertNoNameIsALineOfAnother(GatheredFamilies gathered) {
    Map<String, MetricType> types = new HashMap<>();
    for (MetricFamily family : gathered.families()) {
      assertEquals(null, types.put(family.name(), family.type()), family::name);
    }
    var lines = new HashSet<String>();
    types.forEach((name, type) -> lines.addAll(SuffixCollision.linesOf(name, type)));
    types.keySet().forEach(name -> assertFalse(lines.contains(name), types::toString));
  }

  /** The server's own metrics have no job, the pushed ones all have. */
  private static boolean isOwn(Metric metric) {
    return metric.labels().value(GroupingKey.JOB).isEmpty();
  }

  private static int ownCount(MetricFamily family) {
    return (int) family.metrics().stream().filter(OwnFamiliesTest::isOwn).count();
  }

  private static MetricFamily withoutOwn(MetricFamily family) {
    return family.withMetrics(family.metrics().stream().filter(metric -> !isOwn(metric)).toList());
  }

  private static GatheredFamilies gather(MetricFamily... families) {
    return GatheredFamilies.gather(OWN, List.of(pushed(A, 1, families)));
  }

  private static List<String> names(GatheredFamilies gathered) {
    return gathered.families().stream().map(MetricFamily::name).toList();
  }

  private static MetricFamily named(String name, GatheredFamilies gathered) {
    return gathered.families().stream()
        .filter(family -> family.name().equals(name))
        .findAny()
        .orElseThrow();
  }

  private static void assertHidden(GatheredFamilies gathered, int metrics, String... names) {
    assertEquals(List.of(names), gathered.omissions().hiddenOwn());
    assertEquals(metrics, gathered.omissions().hiddenOwnMetrics());
    for (String name : names) {
      assertTrue(
          gathered.families().stream()
              .filter(family -> family.name().equals(name))
              .allMatch(family -> ownCount(family) == 0));
    }
  }
}
