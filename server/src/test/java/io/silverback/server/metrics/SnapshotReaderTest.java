package io.silverback.server.metrics;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.core.metrics.Gauge;
import io.prometheus.metrics.core.metrics.Histogram;
import io.prometheus.metrics.core.metrics.StateSet;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot;
import io.prometheus.metrics.model.snapshots.MetricMetadata;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import io.prometheus.metrics.model.snapshots.NativeHistogramBuckets;
import io.prometheus.metrics.model.snapshots.UnknownSnapshot;
import io.silverback.codec.model.Labels;
import io.silverback.codec.model.Metric;
import io.silverback.codec.model.MetricFamily;
import io.silverback.codec.model.MetricType;
import io.silverback.codec.model.NativeBuckets;
import io.silverback.codec.model.OpaqueFields;
import java.util.List;
import org.junit.jupiter.api.Test;

class SnapshotReaderTest {
  private final PrometheusRegistry registry = new PrometheusRegistry();

  private MetricFamily onlyFamily() {
    List<MetricFamily> families = SnapshotReader.families(registry.scrape());
    assertEquals(1, families.size());
    return families.getFirst();
  }

  @Test
  void countersEndInTotalOnce() {
    Counter.builder().name("a").register(registry).inc(2);
    Counter.builder().name("b_total").register(registry).inc(3);
    assertEquals(
        List.of("a_total", "b_total"),
        SnapshotReader.families(registry.scrape()).stream().map(MetricFamily::name).toList());
  }

  @Test
  void classicBucketsBecomeCumulative() {
    Histogram histogram =
        Histogram.builder()
            .name("latency_seconds")
            .help("How long.")
            .classicOnly()
            .classicUpperBounds(1, 2)
            .register(registry);
    histogram.observe(0.5);
    histogram.observe(1.5);
    histogram.observe(1.6);
    histogram.observe(9);
    assertEquals(
        new MetricFamily(
            "latency_seconds",
            "How long.",
            MetricType.HISTOGRAM,
            List.of(
                new Metric.Histogram(
                    Labels.EMPTY,
                    List.of(
                        new Metric.Bucket(1, 1),
                        new Metric.Bucket(2, 3),
                        new Metric.Bucket(Double.POSITIVE_INFINITY, 4)),
                    4,
                    0,
                    12.6,
                    NativeBuckets.NONE,
                    OpaqueFields.NONE))),
        onlyFamily());
  }

  @Test
  void nativeBucketsBecomeSpansAndDeltas() {
    var point =
        new HistogramSnapshot.HistogramDataPointSnapshot(
            3,
            2,
            0.001,
            NativeHistogramBuckets.of(new int[] {-3, -2, 5, 6, 9}, new long[] {4, 1, 7, 7, 2}),
            NativeHistogramBuckets.of(new int[] {2}, new long[] {5}),
            12.5,
            io.prometheus.metrics.model.snapshots.Labels.EMPTY,
            io.prometheus.metrics.model.snapshots.Exemplars.EMPTY,
            0L);
    var snapshot = new HistogramSnapshot(new MetricMetadata("n"), List.of(point));
    MetricFamily family = SnapshotReader.families(new MetricSnapshots(snapshot)).getFirst();
    var histogram = (Metric.Histogram) family.metrics().getFirst();
    assertEquals(28, histogram.count());
    assertEquals(List.of(), histogram.buckets());
    assertEquals(
        new NativeBuckets(
            3,
            0.001,
            2,
            0,
            List.of(new NativeBuckets.Span(2, 1)),
            List.of(5L),
            List.of(),
            List.of(
                new NativeBuckets.Span(-3, 2),
                new NativeBuckets.Span(6, 2),
                new NativeBuckets.Span(2, 1)),
            List.of(4L, -3L, 6L, 0L, -5L),
            List.of()),
        histogram.nativeBuckets());
  }

  @Test
  void aNativeHistogramThatSawNothingIsStillNative() {
    Histogram.builder().name("n").nativeOnly().register(registry);
    var histogram = (Metric.Histogram) onlyFamily().metrics().getFirst();
    assertEquals(List.of(new NativeBuckets.Span(0, 0)), histogram.nativeBuckets().positiveSpans());
  }

  @Test
  void gaugeHistogramsAndUnknownsKeepTheirTypes() {
    var snapshots =
        new MetricSnapshots(
            HistogramSnapshot.builder()
                .name("g")
                .gaugeHistogram(true)
                .dataPoint(
                    HistogramSnapshot.HistogramDataPointSnapshot.builder()
                        .classicHistogramBuckets(
                            io.prometheus.metrics.model.snapshots.ClassicHistogramBuckets.of(
                                new double[] {Double.POSITIVE_INFINITY}, new long[] {1}))
                        .build())
                .build(),
            UnknownSnapshot.builder()
                .name("u")
                .dataPoint(UnknownSnapshot.UnknownDataPointSnapshot.builder().value(5).build())
                .build());
    assertEquals(
        List.of(MetricType.GAUGE_HISTOGRAM, MetricType.UNTYPED),
        SnapshotReader.families(snapshots).stream().map(MetricFamily::type).toList());
  }

  @Test
  void statesBecomeGaugesWithALabelOfTheFamilysName() {
    StateSet.builder().name("feature").states("off", "on").register(registry).setTrue("on");
    assertEquals(
        List.of(
            new Metric.Gauge(Labels.of("feature", "off"), 0),
            new Metric.Gauge(Labels.of("feature", "on"), 1)),
        onlyFamily().metrics());
  }

  @Test
  void collectorsThatShareANameBecomeOneFamily() {
    Gauge.builder().name("g").labelNames("b").register(registry).labelValues("2").set(2);
    Gauge.builder().name("g").labelNames("a").register(registry).labelValues("1").set(1);
    assertEquals(
        List.of(new Metric.Gauge(Labels.of("a", "1"), 1), new Metric.Gauge(Labels.of("b", "2"), 2)),
        onlyFamily().metrics());
  }
}
