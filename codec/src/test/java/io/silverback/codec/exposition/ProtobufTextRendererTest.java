package io.silverback.codec.exposition;

import static io.silverback.codec.exposition.Wire.integer;
import static io.silverback.codec.exposition.Wire.message;
import static io.silverback.codec.exposition.Wire.number;
import static io.silverback.codec.exposition.Wire.text;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.prometheus.metrics.expositionformats.generated.com_google_protobuf_4_34_0.Metrics;
import io.prometheus.metrics.shaded.com_google_protobuf_4_34_0.TextFormat;
import io.silverback.codec.exposition.ProtobufTextRenderer.Layout;
import io.silverback.codec.model.Labels;
import io.silverback.codec.model.Metric;
import io.silverback.codec.model.MetricFamily;
import io.silverback.codec.model.MetricType;
import io.silverback.codec.model.NativeBuckets;
import io.silverback.codec.model.OpaqueFields;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ProtobufTextRendererTest {
  private static final MetricFamily GAUGES =
      new MetricFamily(
          "n_a",
          "some help",
          MetricType.GAUGE,
          List.of(
              new Metric.Gauge(Labels.of("x", "1", "y", "ä\n"), 1e6),
              new Metric.Valueless(Labels.EMPTY)));

  @Test
  void compactTextHasAFamilyALine() {
    assertEquals(
        """
        name:"n_a" help:"some help" type:GAUGE metric:{label:{name:"x" value:"1"} \
        label:{name:"y" value:"ä\\n"} gauge:{value:1e+06}} metric:{}
        """,
        render(Layout.COMPACT, GAUGES));
  }

  @Test
  void indentedTextHasAFieldALineAndAnEmptyLineBehindEachFamily() {
    assertEquals(
        """
        name: "n_a"
        help: "some help"
        type: GAUGE
        metric: {
          label: {
            name: "x"
            value: "1"
          }
          label: {
            name: "y"
            value: "ä\\n"
          }
          gauge: {
            value: 1e+06
          }
        }
        metric: {}

        """,
        render(Layout.INDENTED, GAUGES));
  }

  @Property(tries = 500)
  void theGeneratedClientModelReadsTheSameFromTextAsFromBytes(
      @ForAll long seed, @ForAll Layout layout) throws IOException {
    MetricFamily family = new RandomFamilies(seed, false).next();
    var bytes = new ExpositionBuffer(64);
    new ProtobufRenderer().render(family, bytes);

    var fromText = Metrics.MetricFamily.newBuilder();
    TextFormat.getParser().merge(render(layout, family), fromText);

    assertEquals(
        Metrics.MetricFamily.parseDelimitedFrom(new ByteArrayInputStream(bytes.toByteArray())),
        fromText.build());
  }

  @Test
  void singleLineShowsPlainKindsAsUpstreamsMessagesDo() {
    Labels labels = Labels.of("x", "y");
    assertEquals(
        "label:{name:\"x\" value:\"y\"} gauge:{value:1}",
        ProtobufTextRenderer.singleLine(new Metric.Gauge(labels, 1)));
    assertEquals(
        "label:{name:\"x\" value:\"y\"} counter:{value:nan}",
        ProtobufTextRenderer.singleLine(new Metric.Counter(labels, Double.NaN)));
    assertEquals(
        "untyped:{value:-inf}",
        ProtobufTextRenderer.singleLine(
            new Metric.Untyped(Labels.EMPTY, Double.NEGATIVE_INFINITY)));
    assertEquals("", ProtobufTextRenderer.singleLine(new Metric.Valueless(Labels.EMPTY)));
  }

  @Test
  void singleLineShowsASummary() {
    assertEquals(
        "summary:{sample_count:18446744073709551615 sample_sum:-0 quantile:{quantile:0.5 value:4}}",
        ProtobufTextRenderer.singleLine(
            new Metric.Summary(
                Labels.EMPTY, -1, -0.0, List.of(new Metric.Quantile(0.5, 4)), OpaqueFields.NONE)));
  }

  @Test
  void histogramFieldsStandInTheOrderOfTheirDeclaration() {
    OpaqueFields opaque =
        opaque(
            message(16, message(1, text(1, "t"), text(2, "a")), number(2, 2), message(3))
                + message(15, integer(1, -7), integer(2, 8)));
    var nativeBuckets =
        new NativeBuckets(
            -1,
            0.5,
            0,
            3,
            List.of(new NativeBuckets.Span(-3, -1)),
            List.of(-5L),
            List.of(),
            List.of(),
            List.of(),
            List.of(1.5));

    assertEquals(
        "histogram:{sample_count:4 sample_sum:9 bucket:{cumulative_count:3 upper_bound:inf} "
            + "created_timestamp:{seconds:-7 nanos:8} schema:-1 zero_threshold:0.5 "
            + "zero_count_float:3 negative_span:{offset:-3 length:4294967295} negative_delta:-5 "
            + "positive_count:1.5 "
            + "exemplars:{label:{name:\"t\" value:\"a\"} value:2 timestamp:{}}}",
        ProtobufTextRenderer.singleLine(
            new Metric.Histogram(
                Labels.EMPTY,
                List.of(new Metric.Bucket(Double.POSITIVE_INFINITY, 3)),
                4,
                0,
                9,
                nativeBuckets,
                opaque)));
  }

  @Test
  void aFloatHistogramShowsItsFloatCountsOnly() {
    assertEquals(
        "histogram:{sample_count_float:2.5 sample_sum:9 "
            + "bucket:{cumulative_count_float:1.5 upper_bound:1}}",
        ProtobufTextRenderer.singleLine(
            new Metric.Histogram(
                Labels.EMPTY,
                List.of(new Metric.Bucket(1, 0, 1.5, OpaqueFields.NONE)),
                0,
                2.5,
                9,
                NativeBuckets.NONE,
                OpaqueFields.NONE)));
  }

  @Test
  void unknownFieldsAreShownByNumber() {
    OpaqueFields opaque =
        opaque(
            integer(99, 7)
                + number(98, 1)
                + text(97, "ä\u0085")
                + message(96, "ff41220a")
                + Wire.varint(95 << 3 | 5)
                + "01020304");

    assertEquals(
        "counter:{value:1 99:7 98:0x3ff0000000000000 97:\"ä\\u0085\" 96:\"\\xffA\\\"\\n\" "
            + "95:0x4030201}",
        ProtobufTextRenderer.singleLine(new Metric.Counter(Labels.EMPTY, 1, opaque)));
  }

  @Test
  void textIsQuotedAsGoDoes() {
    assertEquals(
        "label:{name:\"\" value:\"'\\\"\\\\\\n\\r\\t\\x00\\x1f\\x7f\\u0080\\u009f\u00a0🦍\"}",
        ProtobufTextRenderer.singleLine(
            new Metric.Valueless(
                Labels.of("", "'\"\\\n\r\t\u0000\u001f\u007f\u0080\u009f\u00a0🦍"))));
  }

  @ParameterizedTest
  @EnumSource(MetricType.class)
  void theTypeIsAWord(MetricType type) {
    assertEquals(
        "name:\"a\" type:" + type.name() + "\n",
        render(Layout.COMPACT, new MetricFamily("a", "", type, List.of())));
  }

  private static OpaqueFields opaque(String hex) {
    return OpaqueFields.of(Wire.bytes(hex));
  }

  private static String render(Layout layout, MetricFamily family) {
    var out = new ExpositionBuffer(16);
    new ProtobufTextRenderer(layout).render(family, out);
    return out.toString();
  }
}
