package io.silverback.codec.row;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.silverback.codec.exposition.ExpositionBuffer;
import io.silverback.codec.exposition.ProtobufRenderer;
import io.silverback.codec.model.Fingerprint;
import io.silverback.codec.model.GroupingKey;
import io.silverback.codec.model.Labels;
import io.silverback.codec.model.Metric;
import io.silverback.codec.model.MetricFamily;
import io.silverback.codec.model.MetricType;
import io.silverback.codec.model.NativeBuckets;
import io.silverback.codec.model.OpaqueFields;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;

class GroupShapeTest {
  private static final GroupingKey KEY = GroupingKey.of("j", "instance", "i");

  @Property(tries = 500)
  void everyGroupComesBackBitForBit(@ForAll long seed) {
    RandomGroup group = RandomGroup.of(seed);
    GroupShape shape = GroupShape.of(group.key(), group.families());

    assertEquals(inOrder(group.families()), restored(shape, group));
    assertEquals(hex(inOrder(group.families())), hex(restored(shape, group)));
  }

  @Property(tries = 200)
  void theFingerprintNeedsNoShape(@ForAll long seed) {
    RandomGroup group = RandomGroup.of(seed);
    var reversed = new ArrayList<>(group.families());
    Collections.reverse(reversed);

    Fingerprint fingerprint = GroupShape.of(group.key(), group.families()).fingerprint();

    assertEquals(fingerprint, GroupShape.fingerprintOf(group.key(), group.families()));
    assertEquals(fingerprint, GroupShape.fingerprintOf(group.key(), reversed));
  }

  @Property(tries = 200)
  void groupsThatDifferInTheirKeyShareAShape(@ForAll long seed) {
    RandomGroup group = RandomGroup.of(seed);
    RandomGroup other = group.movedTo(GroupingKey.of("elsewhere", "b", "1", "zz", ""));

    GroupShape shape = GroupShape.of(group.key(), group.families());

    assertEquals(shape, GroupShape.of(other.key(), other.families()));
    assertEquals(shape.fingerprint(), GroupShape.fingerprintOf(other.key(), other.families()));
    assertEquals(inOrder(other.families()), restored(shape, other));
  }

  @Property(tries = 1000)
  void fingerprintsAreEqualIfAndOnlyIfShapesAre(@ForAll long seed) {
    RandomGroup group = RandomGroup.of(seed);
    List<MetricFamily> changed = new ShapeChange(new Random(seed)).of(group.families());

    GroupShape before = GroupShape.of(group.key(), group.families());
    GroupShape after = GroupShape.of(group.key(), changed);

    assertEquals(before.equals(after), before.fingerprint().equals(after.fingerprint()));
  }

  @Property(tries = 300)
  void valuesAreNoPartOfAShape(@ForAll long seed) {
    RandomGroup group = RandomGroup.of(seed);
    var values = new Random(seed);
    List<MetricFamily> revalued =
        group.families().stream()
            .map(family -> RandomGroup.mapped(family, metric -> revalued(metric, values)))
            .toList();

    GroupShape shape = GroupShape.of(group.key(), group.families());

    assertEquals(shape, GroupShape.of(group.key(), revalued));
    assertEquals(shape.fingerprint(), GroupShape.fingerprintOf(group.key(), revalued));
  }

  @Test
  void eachFieldOfAFamilyIsPartOfTheShape() {
    var metric = new Metric.Gauge(labels("x", "1"), 1);
    var family = new MetricFamily("n", "h", MetricType.GAUGE, "u", List.of(metric));
    Fingerprint fingerprint = fingerprintOf(family);
    List<MetricFamily> changed =
        List.of(
            new MetricFamily("m", "h", MetricType.GAUGE, "u", List.of(metric)),
            new MetricFamily("n", "", MetricType.GAUGE, "u", List.of(metric)),
            new MetricFamily("n", "h", MetricType.UNTYPED, "u", List.of(metric)),
            new MetricFamily("n", "h", MetricType.GAUGE, "", List.of(metric)),
            new MetricFamily("n", "u", MetricType.GAUGE, "h", List.of(metric)),
            family.withMetrics(List.of()),
            family.withMetrics(List.of(metric, metric)),
            family.withMetrics(List.of(new Metric.Counter(metric.labels(), 1))),
            family.withMetrics(List.of(new Metric.Valueless(metric.labels()))),
            family.withMetrics(List.of(metric.withLabels(labels("x", "2")))),
            family.withMetrics(List.of(metric.withLabels(labels("y", "1")))),
            family.withMetrics(List.of(metric.withLabels(labels()))));

    changed.forEach(other -> assertNotEquals(fingerprint, fingerprintOf(other), other.toString()));
  }

  @Test
  void eachBoundIsPartOfTheShapeBitForBit() {
    assertNotEquals(fingerprintOf(summary(0.5, 0.9)), fingerprintOf(summary(0.5)));
    assertNotEquals(fingerprintOf(summary(0.5, 0.9)), fingerprintOf(summary(0.9, 0.5)));
    assertNotEquals(fingerprintOf(summary(0.0)), fingerprintOf(summary(-0.0)));
    double quietNan = Double.longBitsToDouble(0x7ff8000000000001L);
    assertNotEquals(fingerprintOf(summary(Double.NaN)), fingerprintOf(summary(quietNan)));
    assertNotEquals(fingerprintOf(histogram(1, 2)), fingerprintOf(histogram(1, 3)));
  }

  @Test
  void noFamiliesHaveTheFingerprintOfNothing() {
    assertEquals(Fingerprint.NONE, GroupShape.of(KEY, List.of()).fingerprint());
    assertEquals(Fingerprint.NONE, GroupShape.fingerprintOf(KEY, List.of()));
  }

  @Test
  void metricsWithoutTheLabelsOfTheirKeyAreRefused() {
    var family =
        new MetricFamily(
            "n", "", MetricType.GAUGE, List.of(new Metric.Gauge(Labels.of("job", "j"), 1)));

    assertThrows(IllegalArgumentException.class, () -> GroupShape.of(KEY, List.of(family)));
    assertThrows(
        IllegalArgumentException.class, () -> GroupShape.fingerprintOf(KEY, List.of(family)));
    assertThrows(
        IllegalArgumentException.class, () -> GroupShape.of(KEY, List.of(summary(1), summary(2))));
  }

  @Test
  void valuesOfAnotherShapeAreNotWritten() {
    var words = new UnsafeBuffer(new byte[3 * Long.BYTES]);
    GroupShape.writeValues(List.of(summary(0.5)), words);

    assertThrows(
        IllegalArgumentException.class,
        () -> GroupShape.writeValues(List.of(summary(0.5, 0.9)), words));
    assertThrows(
        IllegalArgumentException.class, () -> GroupShape.writeValues(List.of(summary()), words));
  }

  @Test
  void columnsAreTheSeriesThatPrometheusSees() {
    var gauge =
        new MetricFamily(
            "g", "", MetricType.GAUGE, List.of(new Metric.Gauge(labels("le", "x"), 1)));
    GroupShape shape = GroupShape.of(KEY, List.of(histogram(0.5, 1e6), gauge, summary(-0.0, 0.99)));

    List<String> series = new ArrayList<>();
    for (FamilyShape family : shape.families()) {
      assertEquals(series.size(), family.firstColumn());
      for (FloatSeries each : family.series(KEY)) {
        assertEquals("i", each.labels().value("instance").orElseThrow());
        series.add(each.name() + each.labels().without(KEY.labels()));
      }
    }

    assertEquals(
        List.of(
            "g{le=\"x\"}",
            "h_bucket{a=\"b\",le=\"0.5\"}",
            "h_bucket{a=\"b\",le=\"1e+06\"}",
            "h_sum{a=\"b\"}",
            "h_count{a=\"b\"}",
            "s{a=\"b\",quantile=\"0\"}",
            "s{a=\"b\",quantile=\"0.99\"}",
            "s_sum{a=\"b\"}",
            "s_count{a=\"b\"}"),
        series);
    assertEquals(series.size(), shape.columnCount());
  }

  @Test
  void floatCountsShowInTheirColumns() {
    var floats =
        new Metric.Histogram(
            labels(),
            List.of(new Metric.Bucket(1, 0, 2.5, OpaqueFields.NONE)),
            0,
            7.9,
            3,
            NativeBuckets.NONE,
            OpaqueFields.NONE);
    var family = new MetricFamily("h", "", MetricType.HISTOGRAM, List.of(floats));
    var words = new UnsafeBuffer(new byte[24]);

    GroupShape.writeValues(List.of(family), words);

    assertEquals(2.5, Double.longBitsToDouble(words.getLong(0)));
    assertEquals(3, Double.longBitsToDouble(words.getLong(8)));
    assertEquals(7.9, Double.longBitsToDouble(words.getLong(16)));
  }

  @Test
  void countsThatNoDoubleCanSayAreExtras() {
    for (long count : new long[] {0, 1L << 53, (1L << 53) + 1, Long.MIN_VALUE, -1}) {
      var summary = new Metric.Summary(labels(), count, 1, List.of(), OpaqueFields.NONE);
      var families = List.of(new MetricFamily("s", "", MetricType.SUMMARY, List.of(summary)));
      var words = new UnsafeBuffer(new byte[2 * Long.BYTES]);
      GroupShape.writeValues(families, words);
      Extras extras = Extras.of(families);

      assertEquals(count == (1L << 53) + 1 || count == -1, !extras.isEmpty());
      assertEquals(
          families.getFirst(),
          GroupShape.of(KEY, families).families().getFirst().family(KEY, words, extras));
    }
  }

  static List<MetricFamily> inOrder(List<MetricFamily> families) {
    return List.copyOf(GroupShape.inNameOrder(families));
  }

  static String hex(List<MetricFamily> families) {
    var out = new ExpositionBuffer(256);
    families.forEach(family -> new ProtobufRenderer().render(family, out));
    return HexFormat.of().formatHex(out.toByteArray());
  }

  /** What a shape makes of the values of a group. */
  private static List<MetricFamily> restored(GroupShape shape, RandomGroup group) {
    var words = new UnsafeBuffer(new byte[shape.columnCount() * Long.BYTES]);
    GroupShape.writeValues(group.families(), words);
    Extras extras = Extras.of(group.families());
    return shape.families().stream()
        .map(family -> family.family(group.key(), words, extras))
        .toList();
  }

  private static Fingerprint fingerprintOf(MetricFamily family) {
    return GroupShape.fingerprintOf(KEY, List.of(family));
  }

  private static Labels labels(String... namesAndValues) {
    return Labels.of(namesAndValues).with(KEY.labels());
  }

  private static MetricFamily summary(double... quantiles) {
    var list = new ArrayList<Metric.Quantile>();
    for (double quantile : quantiles) {
      list.add(new Metric.Quantile(quantile, 1));
    }
    var metric = new Metric.Summary(labels("a", "b"), 3, 4, list, OpaqueFields.NONE);
    return new MetricFamily("s", "", MetricType.SUMMARY, List.of(metric));
  }

  private static MetricFamily histogram(double... bounds) {
    var list = new ArrayList<Metric.Bucket>();
    for (double bound : bounds) {
      list.add(new Metric.Bucket(bound, 1));
    }
    var metric =
        new Metric.Histogram(
            labels("a", "b"), list, 3, 0, 4, NativeBuckets.NONE, OpaqueFields.NONE);
    return new MetricFamily("h", "", MetricType.HISTOGRAM, List.of(metric));
  }

  private static Metric revalued(Metric metric, Random values) {
    Labels labels = metric.labels();
    return switch (metric) {
      case Metric.Counter _ -> new Metric.Counter(labels, values.nextDouble());
      case Metric.Gauge _ -> new Metric.Gauge(labels, values.nextDouble());
      case Metric.Untyped _ -> new Metric.Untyped(labels, values.nextDouble());
      case Metric.Summary summary ->
          new Metric.Summary(
              labels,
              values.nextLong(),
              values.nextDouble(),
              summary.quantiles().stream()
                  .map(each -> new Metric.Quantile(each.quantile(), values.nextDouble()))
                  .toList(),
              OpaqueFields.NONE);
      case Metric.Histogram histogram ->
          new Metric.Histogram(
              labels,
              histogram.buckets().stream()
                  .map(each -> new Metric.Bucket(each.upperBound(), values.nextLong()))
                  .toList(),
              values.nextLong(),
              values.nextDouble(),
              values.nextDouble(),
              NativeBuckets.NONE,
              OpaqueFields.of(new byte[] {(byte) 0xf8, 6, 1}));
      case Metric.Valueless _ -> metric;
    };
  }
}
