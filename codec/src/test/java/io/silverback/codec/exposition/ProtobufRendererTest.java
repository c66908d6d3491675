package io.silverback.codec.exposition;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.prometheus.metrics.config.EscapingScheme;
import io.prometheus.metrics.expositionformats.generated.com_google_protobuf_4_34_0.Metrics;
import io.prometheus.metrics.expositionformats.internal.PrometheusProtobufWriterImpl;
import io.prometheus.metrics.model.snapshots.ClassicHistogramBuckets;
import io.prometheus.metrics.model.snapshots.CounterSnapshot;
import io.prometheus.metrics.model.snapshots.Exemplar;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import io.prometheus.metrics.model.snapshots.NativeHistogramBuckets;
import io.silverback.codec.model.Labels;
import io.silverback.codec.model.Metric;
import io.silverback.codec.model.MetricFamily;
import io.silverback.codec.model.MetricType;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ProtobufRendererTest {

  @Property(tries = 500)
  void whatIsRenderedIsReadBackWhole(@ForAll long seed) {
    MetricFamily family = new RandomFamilies(seed, true).next();

    byte[] rendered = render(family);
    ParsedExposition parsed = new ProtobufParser().parse(rendered, rendered.length);

    assertEquals(new ParsedExposition(List.of(family), false), parsed);
    // Equal numbers are not enough: the bits of NaN must have survived, too.
    assertEquals(Wire.hex(rendered), Wire.hex(render(parsed.families().get(0))));
  }

  @Property(tries = 500)
  void theGeneratedClientModelReadsTheSame(@ForAll long seed) throws IOException {
    MetricFamily family = new RandomFamilies(seed, true).next();
    byte[] rendered = render(family);

    Metrics.MetricFamily foreign =
        Metrics.MetricFamily.parseDelimitedFrom(new ByteArrayInputStream(rendered));
    var again = new ByteArrayOutputStream();
    foreign.writeDelimitedTo(again);

    assertTrue(foreign.getUnknownFields().asMap().isEmpty());
    assertEquals(
        new ParsedExposition(List.of(family), false),
        new ProtobufParser().parse(again.toByteArray(), again.size()));
  }

  @Test
  void writesTheBytesThatTheConformanceSuiteSends() {
    var family =
        new MetricFamily(
            "c", "h", MetricType.COUNTER, List.of(new Metric.Counter(Labels.of("x", "1"), 3)));

    assertEquals(
        "1d0a0163120168180022130a060a01781201311a09090000000000000840", Wire.hex(render(family)));
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 126, 127, 128, 129, 16_383, 16_384, 2_097_152})
  void lengthsOfAnySizeArePutBeforeTheirMessage(int length) {
    var family = new MetricFamily("a", "x".repeat(length), MetricType.GAUGE, List.of());

    byte[] rendered = render(family);

    assertEquals(List.of(family), new ProtobufParser().parse(rendered, rendered.length).families());
  }

  /** Its metrics are written a second time, and never held together. */
  @Test
  void aLargeFamilyIsWrittenPieceByPiece() {
    var metrics = new ArrayList<Metric>();
    for (int i = 0; i < 20_000; i++) {
      metrics.add(new Metric.Gauge(Labels.of("i", Integer.toString(i)), i));
    }
    var family = new MetricFamily("a", "help", MetricType.GAUGE, "s", metrics);
    var pieces = new ArrayList<Integer>();
    var whole = new ByteArrayOutputStream();
    var out =
        ExpositionBuffer.into(
            new OutputStream() {
              @Override
              public void write(int singleByte) {
                throw new IllegalStateException("one by one");
              }

              @Override
              public void write(byte[] bytes, int offset, int length) {
                pieces.add(length);
                whole.write(bytes, offset, length);
              }
            },
            1024,
            1024);
    new ProtobufRenderer().render(family, out);
    whole.writeBytes(out.toByteArray());

    assertTrue(pieces.stream().allMatch(length -> length < 3 * 1024), pieces::toString);
    byte[] rendered = whole.toByteArray();
    assertEquals(List.of(family), new ProtobufParser().parse(rendered, rendered.length).families());
  }

  @Test
  void familiesStandBehindOneAnother() {
    var out = new ExpositionBuffer(1);
    var families = new RandomFamilies(1, true);
    List<MetricFamily> all = List.of(families.next(), families.next(), families.next());
    var renamed = all.stream().map(family -> renamed(family, all.indexOf(family))).toList();
    renamed.forEach(family -> new ProtobufRenderer().render(family, out));

    assertEquals(renamed, new ProtobufParser().parse(out.toByteArray(), out.length()).families());
  }

  @Test
  void theJavaClientsOwnBytesComeBackAsTheyWere() throws IOException {
    var counter = javaClientCounter();
    var histogram = javaClientHistogram();
    var sent = new ByteArrayOutputStream();
    new PrometheusProtobufWriterImpl()
        .write(sent, MetricSnapshots.of(counter, histogram), EscapingScheme.ALLOW_UTF8);

    ParsedExposition parsed = new ProtobufParser().parse(sent.toByteArray(), sent.size());
    var rendered = new ExpositionBuffer(64);
    parsed.families().forEach(family -> new ProtobufRenderer().render(family, rendered));

    assertEquals(2, parsed.families().size());
    var expected = new ByteArrayInputStream(sent.toByteArray());
    var actual = new ByteArrayInputStream(rendered.toByteArray());
    for (int i = 0; i < 2; i++) {
      assertEquals(
          Metrics.MetricFamily.parseDelimitedFrom(expected),
          Metrics.MetricFamily.parseDelimitedFrom(actual));
    }
  }

  private static CounterSnapshot javaClientCounter() {
    return CounterSnapshot.builder()
        .name("requests")
        .help("Requests")
        .dataPoint(
            CounterSnapshot.CounterDataPointSnapshot.builder()
                .value(4)
                .exemplar(Exemplar.builder().value(1).traceId("abc").timestampMillis(1500).build())
                .createdTimestampMillis(1_700_000_000_123L)
                .build())
        .build();
  }

  private static HistogramSnapshot javaClientHistogram() {
    var dataPoint =
        HistogramSnapshot.HistogramDataPointSnapshot.builder()
            .sum(12.5)
            .classicHistogramBuckets(
                ClassicHistogramBuckets.of(
                    new double[] {1, Double.POSITIVE_INFINITY}, new long[] {3, 4}))
            .nativeSchema(3)
            .nativeZeroCount(1)
            .nativeZeroThreshold(0.01)
            .nativeBucketsForPositiveValues(
                NativeHistogramBuckets.of(new int[] {1, 2, 9}, new long[] {1, 4, 1}));
    return HistogramSnapshot.builder().name("seconds").dataPoint(dataPoint.build()).build();
  }

  private static MetricFamily renamed(MetricFamily family, int number) {
    return new MetricFamily(
        "n" + number, family.help(), family.type(), family.unit(), family.metrics());
  }

  private static byte[] render(MetricFamily family) {
    var out = new ExpositionBuffer(16);
    new ProtobufRenderer().render(family, out);
    return out.toByteArray();
  }
}
