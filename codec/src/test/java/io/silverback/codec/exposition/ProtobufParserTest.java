package io.silverback.codec.exposition;

import static io.silverback.codec.exposition.Wire.delimited;
import static io.silverback.codec.exposition.Wire.integer;
import static io.silverback.codec.exposition.Wire.message;
import static io.silverback.codec.exposition.Wire.number;
import static io.silverback.codec.exposition.Wire.text;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.silverback.codec.model.Labels;
import io.silverback.codec.model.Metric;
import io.silverback.codec.model.MetricFamily;
import io.silverback.codec.model.MetricType;
import io.silverback.codec.model.NativeBuckets;
import io.silverback.codec.model.OpaqueFields;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ProtobufParserTest {

  // The bodies called foreign were made by the encoder of the conformance suite.

  @Test
  void readsForeignCounterGaugeAndUntyped() {
    ParsedExposition parsed =
        parse(
            "1d0a0163120168180022130a060a01781201311a09090000000000000840"
                + "120a01671801220b120909000000000000f8bf"
                + "120a01751803220b2a0909000000000000f87f");

    assertEquals(
        List.of(
            new MetricFamily(
                "c", "h", MetricType.COUNTER, List.of(new Metric.Counter(Labels.of("x", "1"), 3))),
            new MetricFamily(
                "g", "", MetricType.GAUGE, List.of(new Metric.Gauge(Labels.EMPTY, -1.5))),
            new MetricFamily(
                "u",
                "",
                MetricType.UNTYPED,
                List.of(new Metric.Untyped(Labels.EMPTY, Double.NaN)))),
        parsed.families());
    assertFalse(parsed.timestamped());
  }

  @Test
  void readsForeignSummaryWithTheLargestCount() {
    Metric metric =
        parseMetric(
            "310a01731802222a222808ffffffffffffffffff01110000000000001e40"
                + "1a1209000000000000e03f110000000000001040");

    assertEquals(
        new Metric.Summary(
            Labels.EMPTY, -1, 7.5, List.of(new Metric.Quantile(0.5, 4)), OpaqueFields.NONE),
        metric);
  }

  @Test
  void readsForeignHistogramAndKeepsTheExemplarAsEncoded() {
    Metric metric =
        parseMetric(
            "450a01681804223e3a3c0806110000000000001e401a0b0803119a9999999999b93f"
                + "1a22080511000000000000f03f1a150a0a0a05747261636512016111666666666666e63f");

    assertEquals(
        new Metric.Histogram(
            Labels.EMPTY,
            List.of(
                new Metric.Bucket(0.1, 3),
                new Metric.Bucket(
                    1, 5, 0, opaque("1a150a0a0a05747261636512016111666666666666e63f"))),
            6,
            0,
            7.5,
            NativeBuckets.NONE,
            OpaqueFields.NONE),
        metric);
  }

  @Test
  void readsForeignNativeHistogram() {
    Metric metric =
        parseMetric(
            "400a016e180522393a37080c116666666666663240280131fca9f1d24d62503f3802"
                + "4a0408051002500250900362040800100262040802100268026802680168"
                + "00");

    assertEquals(
        nativeHistogram(
            12,
            0,
            List.of(),
            new NativeBuckets(
                -1,
                0.001,
                2,
                0,
                List.of(new NativeBuckets.Span(-3, 2)),
                List.of(1L, 200L),
                List.of(),
                List.of(new NativeBuckets.Span(0, 2), new NativeBuckets.Span(1, 2)),
                List.of(1L, 1L, -1L, 0L),
                List.of())),
        metric);
  }

  @Test
  void readsForeignFloatHistogram() {
    Metric metric =
        parseMetric(
            "610a016e1804225a3a581166666666666632401a1211000000000000f03f21000000000000"
                + "0240210000000000000440280631fca9f1d24d62503f41000000000000e03f"
                + "4a040800100159000000000000e03f62040800100171000000000000f83f");

    List<NativeBuckets.Span> span = List.of(new NativeBuckets.Span(0, 1));
    assertEquals(
        nativeHistogram(
            0,
            2.5,
            List.of(new Metric.Bucket(1, 0, 2.25, OpaqueFields.NONE)),
            new NativeBuckets(
                3, 0.001, 0, 0.5, span, List.of(), List.of(0.5), span, List.of(), List.of(1.5))),
        metric);
  }

  @Test
  void readsPackedNumbersAndUnpackedOnesInOneList() {
    String packedCounts = message(14, number(1, 0.5).substring(2), number(1, 1.5).substring(2));
    String histogram =
        message(7, message(13, "0201"), integer(13, 0), packedCounts, number(14, 2), message(10));

    Metric metric = parseMetric(delimited(text(1, "a"), message(4, histogram)));

    NativeBuckets buckets = ((Metric.Histogram) metric).nativeBuckets();
    assertEquals(List.of(1L, -1L, 0L), buckets.positiveDeltas());
    assertEquals(List.of(0.5, 1.5, 2.0), buckets.positiveCounts());
  }

  @Test
  void theLastOfEqualNamesWins() {
    ParsedExposition parsed =
        parse(
            delimited(text(1, "a"), message(4))
                + delimited(text(1, "b"), message(4))
                + delimited(text(1, "a"), text(2, "newer"), integer(3, 3)));

    assertEquals(
        List.of(
            new MetricFamily("a", "newer", MetricType.UNTYPED, List.of()),
            new MetricFamily(
                "b", "", MetricType.COUNTER, List.of(new Metric.Valueless(Labels.EMPTY)))),
        parsed.families());
  }

  @Test
  void aReplacedFamilyTakesItsTimestampsWithIt() {
    String timestamped = delimited(text(1, "a"), message(4, integer(6, 7)));

    assertTrue(parse(timestamped).timestamped());
    assertFalse(parse(timestamped + delimited(text(1, "a"))).timestamped());
  }

  @ParameterizedTest
  @ValueSource(longs = {0, 1, -1, Long.MIN_VALUE, Long.MAX_VALUE})
  void anyTimestampIsSeen(long millis) {
    assertTrue(parse(delimited(text(1, "a"), message(4, integer(6, millis)))).timestamped());
  }

  @Test
  void aMissingTypeMeansCounter() {
    assertEquals(MetricType.COUNTER, parseFamily(delimited(text(1, "a"))).type());
  }

  @Test
  void anEmptyBodyHasNoFamilies() {
    assertEquals(new ParsedExposition(List.of(), false), parse(""));
  }

  @Test
  void bytesBehindTheLengthAreNotRead() {
    byte[] body = Wire.bytes(delimited(text(1, "a")) + "ffff");

    assertEquals(1, new ProtobufParser().parse(body, body.length - 2).families().size());
  }

  @Test
  void theTypePicksTheValueEvenFromBehindTheMetrics() {
    String metric =
        message(4, message(2, number(1, 2)), message(3, number(1, 3)), message(5, number(1, 5)));

    MetricFamily family =
        parseFamily(delimited(metric, text(1, "a"), text(5, "seconds"), integer(3, 3)));

    assertEquals("seconds", family.unit());
    assertEquals(List.of(new Metric.Untyped(Labels.EMPTY, 5)), family.metrics());
  }

  @Test
  void aValueThatDoesNotFitTheTypeIsKeptForTheCheck() {
    String metric = message(4, message(5, number(1, 5)), message(3, number(1, 3)));

    assertEquals(
        new Metric.Counter(Labels.EMPTY, 3),
        parseMetric(delimited(text(1, "a"), integer(3, 4), metric)));
  }

  @Test
  void aMessageThatComesTwiceIsMerged() {
    String first = message(4, integer(1, 1), number(2, 7), message(3, number(1, 0.5)));
    String second = message(4, number(2, 8), message(3, number(1, 0.9)));

    assertEquals(
        new Metric.Summary(
            Labels.EMPTY,
            1,
            8,
            List.of(new Metric.Quantile(0.5, 0), new Metric.Quantile(0.9, 0)),
            OpaqueFields.NONE),
        parseMetric(delimited(text(1, "a"), integer(3, 2), message(4, first, second))));
  }

  @Test
  void nothingLeaksFromOneMetricIntoTheNext() {
    String full =
        message(
            4,
            message(1, text(1, "x")),
            message(
                7,
                integer(1, 4),
                message(3, message(3)),
                integer(5, 1),
                message(16),
                text(99, "")));

    List<Metric> metrics =
        parseFamily(delimited(text(1, "a"), integer(3, 4), full, message(4, message(7)))).metrics();

    assertEquals(
        new Metric.Histogram(
            Labels.EMPTY, List.of(), 0, 0, 0, NativeBuckets.NONE, OpaqueFields.NONE),
        metrics.get(1));
  }

  @Test
  void labelsAreSortedAndMayStandTwice() {
    String metric =
        message(
            4,
            message(1, text(1, "b"), text(2, "1")),
            message(1, text(2, "no name")),
            message(1, text(1, "b"), text(2, "0")),
            message(1, text(1, "a")));

    assertEquals(
        Labels.of("", "no name", "a", "", "b", "1", "b", "0"),
        parseMetric(delimited(text(1, "a"), metric)).labels());
  }

  @Test
  void unknownFieldsAreKeptWhereTheModelHasAPlaceAndElseSkipped() {
    String unknown =
        integer(99, 1) + text(98, "x") + number(97, 1) + Wire.varint(96 << 3 | 5) + "01020304";
    String created = message(3, integer(1, 7), integer(2, 8), unknown);

    Metric metric =
        parseMetric(
            delimited(
                text(1, "a"),
                unknown,
                message(
                    4, unknown, message(1, unknown), message(3, created, number(1, 2), unknown))));

    assertEquals(new Metric.Counter(Labels.of("", ""), 2, opaque(created + unknown)), metric);
  }

  private static Metric.Histogram nativeHistogram(
      long count, double countFloat, List<Metric.Bucket> buckets, NativeBuckets nativeBuckets) {
    return new Metric.Histogram(
        Labels.EMPTY, buckets, count, countFloat, 18.4, nativeBuckets, OpaqueFields.NONE);
  }

  private static OpaqueFields opaque(String hex) {
    return OpaqueFields.of(Wire.bytes(hex));
  }

  private static Metric parseMetric(String hex) {
    List<Metric> metrics = parseFamily(hex).metrics();
    assertEquals(1, metrics.size());
    return metrics.get(0);
  }

  private static MetricFamily parseFamily(String hex) {
    List<MetricFamily> families = parse(hex).families();
    assertEquals(1, families.size());
    return families.get(0);
  }

  private static ParsedExposition parse(String hex) {
    byte[] body = Wire.bytes(hex);
    return new ProtobufParser().parse(body, body.length);
  }
}
