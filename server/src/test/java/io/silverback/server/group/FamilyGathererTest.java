package io.silverback.server.group;

import static io.silverback.server.group.Samples.family;
import static io.silverback.server.group.Samples.gauge;
import static io.silverback.server.group.Samples.pushed;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.silverback.codec.model.Family;
import io.silverback.codec.model.GroupingKey;
import io.silverback.codec.model.Labels;
import io.silverback.codec.model.Metric;
import io.silverback.codec.model.MetricFamily;
import io.silverback.codec.model.MetricType;
import java.util.ArrayList;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;

final class FamilyGathererTest {
  private static final GroupingKey A = GroupingKey.of("a");
  private static final GroupingKey B = GroupingKey.of("b");
  private static final List<MetricFamily> NO_OWN = List.of();

  @Test
  void familiesOfOneNameAreMergedAndSorted() {
    GatheredFamilies gathered =
        GatheredFamilies.gather(
            List.of(gauge("go_threads", 9)),
            List.of(
                pushed(A, 1, gauge("z", 1, "x", "2"), gauge("m", 5)),
                pushed(B, 1, gauge("m", 6), gauge("m2", 6, "x", "1"))));
    assertEquals(
        List.of(
            "go_threads{} 9.0",
            "m{instance=\"\",job=\"a\"} 5.0",
            "m{instance=\"\",job=\"b\"} 6.0",
            "m2{instance=\"\",job=\"b\",x=\"1\"} 6.0",
            "push_failure_time_seconds{instance=\"\",job=\"a\"} 0.0",
            "push_failure_time_seconds{instance=\"\",job=\"b\"} 0.0",
            "push_time_seconds{instance=\"\",job=\"a\"} 1.0",
            "push_time_seconds{instance=\"\",job=\"b\"} 1.0",
            "z{instance=\"\",job=\"a\",x=\"2\"} 1.0"),
        lines(gathered));
    assertEquals(0, gathered.leftOut());
    assertEquals(List.of(), gathered.differingHelp());
  }

  @Test
  void fewerLabelsComeFirstThenValues() {
    GatheredFamilies gathered =
        GatheredFamilies.gather(
            NO_OWN,
            List.of(
                pushed(
                    A,
                    1,
                    family(
                        MetricType.GAUGE,
                        "m",
                        Labels.of("a", "0", "b", "0"),
                        Labels.of("x", "2"),
                        Labels.of("x", "1"),
                        Labels.EMPTY))));
    assertEquals(
        List.of(
            "m{instance=\"\",job=\"a\"} 1.0",
            "m{instance=\"\",job=\"a\",x=\"1\"} 1.0",
            "m{instance=\"\",job=\"a\",x=\"2\"} 1.0",
            "m{a=\"0\",b=\"0\",instance=\"\",job=\"a\"} 1.0"),
        lines(gathered).subList(0, 4));
  }

  @Test
  void smallestKeyGivesTypeAndHelpOfPushedFamilies() {
    GatheredFamilies gathered =
        GatheredFamilies.gather(
            NO_OWN,
            List.of(
                pushed(A, 1, new MetricFamily("m", "none", MetricType.GAUGE, List.of())),
                pushed(B, 9, new MetricFamily("m", "one", MetricType.COUNTER, counter())),
                pushed(
                    GroupingKey.of("c"),
                    1,
                    new MetricFamily("m", "two", MetricType.COUNTER, counter()))));
    MetricFamily family = gathered.families().getFirst();
    assertEquals("one", family.help());
    assertEquals(MetricType.COUNTER, family.type());
    assertEquals(2, family.metrics().size());
    assertEquals(List.of("m"), gathered.differingHelp());
    assertEquals(0, gathered.leftOut());
  }

  @Test
  void bothKindsOfHistogramsStandInOneFamily() {
    GatheredFamilies gathered =
        GatheredFamilies.gather(
            NO_OWN,
            List.of(
                pushed(A, 1, family(MetricType.HISTOGRAM, "h", Labels.EMPTY)),
                pushed(B, 1, family(MetricType.GAUGE_HISTOGRAM, "h", Labels.EMPTY))));
    assertEquals(2, gathered.families().getFirst().metrics().size());
    assertEquals(0, gathered.leftOut());
  }

  @Test
  void whatCannotBeShownIsLeftOutAndReported() {
    GatheredFamilies gathered =
        GatheredFamilies.gather(
            NO_OWN,
            List.of(
                pushed(
                    A,
                    1,
                    family(MetricType.GAUGE, "dup", Labels.EMPTY, Labels.EMPTY),
                    gauge("label", 1, "x", "1", "x", "2"),
                    gauge("reserved", 1, "__x", "1"),
                    family(MetricType.GAUGE, "valueless", new Metric.Valueless(Labels.EMPTY)),
                    family(MetricType.GAUGE, "kind", new Metric.Counter(Labels.EMPTY, 1)),
                    family(MetricType.SUMMARY, "s", Labels.of("quantile", "1")),
                    gauge("", 1))));
    assertEquals(
        List.of("dup", "push_failure_time_seconds", "push_time_seconds"),
        gathered.families().stream().map(MetricFamily::name).toList());
    assertEquals(7, gathered.leftOut());
    assertEquals(7, gathered.reasons().size());
  }

  @Test
  void duplicatesAreFoundInLongRunsOfEqualValues() {
    var series = new ArrayList<Labels>();
    for (int i = 0; i < 50; i++) {
      series.add(Labels.of("l" + i, "v"));
    }
    series.addAll(series.subList(0, 20));
    GatheredFamilies gathered =
        GatheredFamilies.gather(
            NO_OWN,
            List.of(pushed(A, 1, family(MetricType.GAUGE, "m", series.toArray(Labels[]::new)))));
    assertEquals(50, gathered.families().getFirst().metrics().size());
    assertEquals(20, gathered.leftOut());
    assertEquals(10, gathered.reasons().size());
  }

  @Test
  void duplicatesAcrossGroupsShowTheSmallestKeysValue() {
    GatheredFamilies gathered =
        GatheredFamilies.gather(
            NO_OWN,
            List.of(
                pushed(GroupingKey.of("a", "instance", "i"), 1, gauge("m", 1)),
                pushed(A, 1, gauge("m", 2, "instance", "i"))));
    assertEquals("m{instance=\"i\",job=\"a\"} 1.0", lines(gathered).getFirst());
    assertEquals(1, gathered.leftOut());
  }

  @Test
  void namesThatCollideWithASuffixAreLeftOut() {
    GatheredFamilies gathered =
        GatheredFamilies.gather(
            NO_OWN,
            List.of(
                pushed(
                    A,
                    1,
                    family(MetricType.SUMMARY, "x", Labels.EMPTY),
                    gauge("x_count", 1),
                    gauge("x_bucket", 1))));
    assertEquals(
        List.of("push_failure_time_seconds", "push_time_seconds", "x", "x_bucket"),
        gathered.families().stream().map(MetricFamily::name).toList());
    assertEquals(1, gathered.leftOut());
  }

  @Test
  void nameOfWhichNothingIsShownCollidesWithNothing() {
    GatheredFamilies gathered =
        GatheredFamilies.gather(
            NO_OWN,
            List.of(
                pushed(
                    A,
                    1,
                    family(MetricType.SUMMARY, "x", Labels.of("quantile", "1")),
                    gauge("x_count", 1),
                    family(MetricType.SUMMARY, "y", Labels.EMPTY),
                    family(MetricType.HISTOGRAM, "y_sum", Labels.EMPTY),
                    gauge("y_sum_count", 1))));
    assertEquals(
        List.of("push_failure_time_seconds", "push_time_seconds", "x_count", "y", "y_sum_count"),
        gathered.families().stream().map(MetricFamily::name).toList());
    assertEquals(2, gathered.leftOut());
  }

  @Test
  void readsAFamilyOnlyWhenItIsAskedFor() {
    var read = new ArrayList<String>();
    var held = new ArrayList<HeldFamily>();
    for (HeldFamily family :
        new HeldFamilies(List.of(pushed(A, 1, gauge("m", 1), gauge("n", 1))))) {
      held.add(new Noted(family, read));
    }
    var gatherer = new FamilyGatherer(List.of(gauge("a", 1)), held);
    assertEquals("a", gatherer.next().name());
    assertEquals(List.of(), read);
    Family family = gatherer.next();
    assertEquals("m", family.name());
    assertEquals(List.of(), read);
    family.forEachMetric(_ -> {});
    assertEquals(List.of("m"), read);
    gatherer.forEachRemaining(_ -> {});
    assertEquals(List.of("m"), read);
    assertThrows(NoSuchElementException.class, gatherer::next);
  }

  @Test
  void aFamilyIsTheSameEachTimeAndReportedOnce() {
    List<HeldFamily> held = new ArrayList<>();
    new HeldFamilies(
            List.of(pushed(A, 1, gauge("m", 1), family(MetricType.GAUGE, "m2", Labels.EMPTY))))
        .forEach(held::add);
    var gatherer =
        new FamilyGatherer(
            List.of(family(MetricType.GAUGE, "m", Labels.EMPTY, Labels.EMPTY)), held);
    Family family = gatherer.next();
    var first = new ArrayList<Metric>();
    var second = new ArrayList<Metric>();
    family.forEachMetric(first::add);
    family.forEachMetric(second::add);

    assertEquals(2, first.size());
    assertEquals(first, second);
    assertEquals(1, gatherer.omissions().metrics());
  }

  @Test
  void reportIsBoundedAndTheCountIsTrue() {
    var families = new ArrayList<MetricFamily>();
    for (int i = 0; i < 200; i++) {
      families.add(gauge("m" + i, 1, "__x", "1"));
    }
    var helps = new ArrayList<MetricFamily>();
    families.forEach(
        family ->
            helps.add(new MetricFamily(family.name(), "other", MetricType.GAUGE, List.of(one()))));
    GatheredFamilies gathered =
        GatheredFamilies.gather(
            NO_OWN,
            List.of(
                pushed(A, 1, families.toArray(MetricFamily[]::new)),
                pushed(B, 1, helps.toArray(MetricFamily[]::new))));
    assertEquals(200, gathered.leftOut());
    assertEquals(10, gathered.reasons().size());
    assertEquals(100, gathered.differingHelp().size());
  }

  /** A family that notes when its metrics are read. */
  private record Noted(HeldFamily family, List<String> read) implements HeldFamily {
    @Override
    public String name() {
      return family.name();
    }

    @Override
    public MetricType type() {
      return family.type();
    }

    @Override
    public String help() {
      return family.help();
    }

    @Override
    public String unit() {
      return family.unit();
    }

    @Override
    public GroupingKey smallestKey() {
      return family.smallestKey();
    }

    @Override
    public void forEachHead(HeadSink sink) {
      family.forEachHead(sink);
    }

    @Override
    public void forEachMetric(MetricType type, Consumer<? super Metric> consumer) {
      read.add(family.name());
      family.forEachMetric(type, consumer);
    }

    @Override
    public boolean hasMetric(MetricType type, Predicate<? super Metric> wanted) {
      return family.hasMetric(type, wanted);
    }
  }

  private static List<Metric> counter() {
    return List.of(new Metric.Counter(Labels.EMPTY, 1));
  }

  private static Metric one() {
    return new Metric.Gauge(Labels.EMPTY, 1);
  }

  private static List<String> lines(GatheredFamilies gathered) {
    var lines = new ArrayList<String>();
    for (MetricFamily family : gathered.families()) {
      for (Metric metric : family.metrics()) {
        lines.add(family.name() + metric.labels() + " " + ((Metric.Gauge) metric).value());
      }
    }
    return lines;
  }
}
