package io.silverback.codec.exposition;

import static io.silverback.codec.exposition.Expositions.render;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.silverback.codec.model.Labels;
import io.silverback.codec.model.Metric;
import io.silverback.codec.model.Metric.Bucket;
import io.silverback.codec.model.Metric.Quantile;
import io.silverback.codec.model.MetricFamily;
import io.silverback.codec.model.MetricType;
import io.silverback.codec.model.NativeBuckets;
import io.silverback.codec.model.OpaqueFields;
import java.util.List;
import org.junit.jupiter.api.Test;

class TextRendererTest {

  private static MetricFamily family(String name, MetricType type, Metric... metrics) {
    return new MetricFamily(name, "", type, List.of(metrics));
  }

  private static Metric.Histogram histogram(
      long count, double countFloat, double sum, Bucket... buckets) {
    return new Metric.Histogram(
        Labels.of("l", "v"),
        List.of(buckets),
        count,
        countFloat,
        sum,
        NativeBuckets.NONE,
        OpaqueFields.NONE);
  }

  @Test
  void helpStandsOnlyIfThereIsOne() {
    var gauge = new Metric.Gauge(Labels.EMPTY, -0.0);
    assertEquals(
        """
        # HELP a back\\\\slash, new\\nline, "quotes"
        # TYPE a gauge
        a 0
        # TYPE b gauge
        b 0
        """,
        render(
            List.of(
                new MetricFamily(
                    "a", "back\\slash, new\nline, \"quotes\"", MetricType.GAUGE, List.of(gauge)),
                family("b", MetricType.GAUGE, gauge))));
  }

  @Test
  void labelValuesAreEscaped() {
    assertEquals(
        "# TYPE a counter\na{l=\"\\\\ \\n \\\" ü\\\\\",m=\"\"} 1e+06\n",
        render(
            List.of(
                family(
                    "a",
                    MetricType.COUNTER,
                    new Metric.Counter(Labels.of("l", "\\ \n \" ü\\", "m", ""), 1e6)))));
  }

  @Test
  void otherNamesAreQuotedAndTheMetricsNameGoesInside() {
    assertEquals(
        """
        # HELP "f.m" dots
        # TYPE "f.m" untyped
        {"f.m"} 1
        {"f.m","l.x"="1"} 3
        # TYPE "s\\"m" summary
        {"s\\"m",a="b",quantile="0.5"} 1
        {"s\\"m_sum",a="b"} 2
        {"s\\"m_count",a="b"} 3
        # TYPE a:b untyped
        a:b{"x:y"="z"} 1
        # TYPE "0a" untyped
        {"0a"} 1
        """,
        render(
            List.of(
                new MetricFamily(
                    "f.m",
                    "dots",
                    MetricType.UNTYPED,
                    List.of(
                        new Metric.Untyped(Labels.EMPTY, 1),
                        new Metric.Untyped(Labels.of("l.x", "1"), 3))),
                family(
                    "s\"m",
                    MetricType.SUMMARY,
                    new Metric.Summary(
                        Labels.of("a", "b"),
                        3,
                        2,
                        List.of(new Quantile(0.5, 1)),
                        OpaqueFields.NONE)),
                family("a:b", MetricType.UNTYPED, new Metric.Untyped(Labels.of("x:y", "z"), 1)),
                family("0a", MetricType.UNTYPED, new Metric.Untyped(Labels.EMPTY, 1)))));
  }

  @Test
  void missingLastBucketIsAdded() {
    assertEquals(
        """
        # TYPE h histogram
        h_bucket{l="v",le="0.5"} 1
        h_bucket{l="v",le="+Inf"} 4
        h_sum{l="v"} -2.5
        h_count{l="v"} 4
        """,
        render(
            List.of(family("h", MetricType.HISTOGRAM, histogram(4, 0, -2.5, new Bucket(0.5, 1))))));
  }

  @Test
  void lastBucketThatIsThereStaysAsItIs() {
    assertEquals(
        """
        # TYPE h histogram
        h_bucket{l="v",le="+Inf"} 5
        h_bucket{l="v",le="1"} 1
        h_sum{l="v"} 0
        h_count{l="v"} 4
        """,
        render(
            List.of(
                family(
                    "h",
                    MetricType.HISTOGRAM,
                    histogram(
                        4, 0, 0, new Bucket(Double.POSITIVE_INFINITY, 5), new Bucket(1, 1))))));
  }

  @Test
  void gaugeHistogramIsShownAsHistogramAndFloatCountsWin() {
    assertEquals(
        """
        # TYPE h histogram
        h_bucket{l="v",le="1"} 1.5
        h_bucket{l="v",le="2"} 2
        h_bucket{l="v",le="+Inf"} 4.25
        h_sum{l="v"} NaN
        h_count{l="v"} 4.25
        """,
        render(
            List.of(
                family(
                    "h",
                    MetricType.GAUGE_HISTOGRAM,
                    histogram(
                        9,
                        4.25,
                        Double.NaN,
                        new Bucket(1, 7, 1.5, OpaqueFields.NONE),
                        new Bucket(2, 2))))));
  }

  @Test
  void countsAreUnsigned() {
    assertEquals(
        "s_count 1.8446744073709552e+19",
        render(
                List.of(
                    family(
                        "s",
                        MetricType.SUMMARY,
                        new Metric.Summary(Labels.EMPTY, -1, 0, List.of(), OpaqueFields.NONE))))
            .lines()
            .toList()
            .getLast());
  }

  @Test
  void whatDoesNotFitTheTypeIsLeftOut() {
    assertEquals(
        "# TYPE a gauge\na 1\n",
        render(
            List.of(
                family(
                    "a",
                    MetricType.GAUGE,
                    new Metric.Counter(Labels.EMPTY, 2),
                    new Metric.Valueless(Labels.EMPTY),
                    new Metric.Gauge(Labels.EMPTY, 1)),
                family("b", MetricType.GAUGE, new Metric.Valueless(Labels.EMPTY)),
                family("c", MetricType.GAUGE),
                family("", MetricType.GAUGE, new Metric.Gauge(Labels.EMPTY, 1)))));
  }
}
