package io.silverback.server.metrics;

import io.prometheus.metrics.model.snapshots.ClassicHistogramBuckets;
import io.prometheus.metrics.model.snapshots.CounterSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot.HistogramDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.InfoSnapshot;
import io.prometheus.metrics.model.snapshots.MetricMetadata;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import io.prometheus.metrics.model.snapshots.NativeHistogramBuckets;
import io.prometheus.metrics.model.snapshots.StateSetSnapshot;
import io.prometheus.metrics.model.snapshots.StateSetSnapshot.StateSetDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.SummarySnapshot;
import io.prometheus.metrics.model.snapshots.SummarySnapshot.SummaryDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.UnknownSnapshot;
import io.silverback.codec.model.Labels;
import io.silverback.codec.model.Metric;
import io.silverback.codec.model.MetricFamily;
import io.silverback.codec.model.MetricType;
import io.silverback.codec.model.NativeBuckets;
import io.silverback.codec.model.OpaqueFields;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.TreeMap;
import java.util.stream.Stream;

/** Snapshots of the Prometheus Java client, read as metric families of our model. */
final class SnapshotReader {
  private static final Comparator<Metric> BY_LABELS =
      Comparator.comparing(Metric::labels, Labels.expositionOrder());

  private SnapshotReader() {}

  /** The families that have metrics, sorted by name, their metrics in the order of exposition. */
  static List<MetricFamily> families(MetricSnapshots snapshots) {
    var byName = new TreeMap<String, MetricFamily>();
    for (MetricSnapshot snapshot : snapshots) {
      MetricFamily family = family(snapshot);
      if (!family.metrics().isEmpty()) {
        // The client lets two collectors share a name if their labels differ.
        byName.merge(
            family.name(),
            family,
            (left, right) ->
                left.withMetrics(
                    Stream.concat(left.metrics().stream(), right.metrics().stream()).toList()));
      }
    }
    return byName.values().stream()
        .map(family -> family.withMetrics(family.metrics().stream().sorted(BY_LABELS).toList()))
        .toList();
  }

  private static MetricFamily family(MetricSnapshot snapshot) {
    return switch (snapshot) {
      case CounterSnapshot counter ->
          family(
              counter,
              "_total",
              MetricType.COUNTER,
              counter.getDataPoints().stream()
                  .map(point -> new Metric.Counter(labels(point.getLabels()), point.getValue())));
      case GaugeSnapshot gauge ->
          family(
              gauge,
              "",
              MetricType.GAUGE,
              gauge.getDataPoints().stream()
                  .map(point -> new Metric.Gauge(labels(point.getLabels()), point.getValue())));
      case InfoSnapshot info ->
          family(
              info,
              "_info",
              MetricType.GAUGE,
              info.getDataPoints().stream()
                  .map(point -> new Metric.Gauge(labels(point.getLabels()), 1)));
      case UnknownSnapshot unknown ->
          family(
              unknown,
              "",
              MetricType.UNTYPED,
              unknown.getDataPoints().stream()
                  .map(point -> new Metric.Untyped(labels(point.getLabels()), point.getValue())));
      case SummarySnapshot summary ->
          family(
              summary,
              "",
              MetricType.SUMMARY,
              summary.getDataPoints().stream().map(SnapshotReader::summary));
      case HistogramSnapshot histogram ->
          family(
              histogram,
              "",
              histogram.isGaugeHistogram() ? MetricType.GAUGE_HISTOGRAM : MetricType.HISTOGRAM,
              histogram.getDataPoints().stream().map(SnapshotReader::histogram));
      case StateSetSnapshot stateSet ->
          family(
              stateSet,
              "",
              MetricType.GAUGE,
              stateSet.getDataPoints().stream()
                  .flatMap(point -> states(stateSet.getMetadata().getPrometheusName(), point)));
      // The client's snapshots are not sealed.
      default ->
          throw new IllegalStateException("unknown kind of snapshot: class=" + snapshot.getClass());
    };
  }

  private static MetricFamily family(
      MetricSnapshot snapshot, String suffix, MetricType type, Stream<? extends Metric> metrics) {
    MetricMetadata metadata = snapshot.getMetadata();
    String help = metadata.getHelp();
    return new MetricFamily(
        metadata.getPrometheusName() + suffix,
        help == null ? "" : help,
        type,
        metrics.<Metric>map(metric -> metric).toList());
  }

  private static Metric summary(SummaryDataPointSnapshot point) {
    var quantiles = new ArrayList<Metric.Quantile>();
    point
        .getQuantiles()
        .forEach(q -> quantiles.add(new Metric.Quantile(q.getQuantile(), q.getValue())));
    return new Metric.Summary(
        labels(point.getLabels()),
        point.hasCount() ? point.getCount() : 0,
        point.hasSum() ? point.getSum() : 0,
        quantiles,
        OpaqueFields.NONE);
  }

  private static Metric histogram(HistogramDataPointSnapshot point) {
    var buckets = new ArrayList<Metric.Bucket>();
    if (point.hasClassicHistogramData()) {
      ClassicHistogramBuckets classic = point.getClassicBuckets();
      long cumulative = 0;
      for (int i = 0; i < classic.size(); i++) {
        cumulative += classic.getCount(i);
        buckets.add(new Metric.Bucket(classic.getUpperBound(i), cumulative));
      }
    }
    return new Metric.Histogram(
        labels(point.getLabels()),
        buckets,
        point.hasCount() ? point.getCount() : 0,
        0,
        point.hasSum() ? point.getSum() : 0,
        point.hasNativeHistogramData() ? nativeBuckets(point) : NativeBuckets.NONE,
        OpaqueFields.NONE);
  }

  private static NativeBuckets nativeBuckets(HistogramDataPointSnapshot point) {
    NativeHistogramBuckets negative = point.getNativeBucketsForNegativeValues();
    NativeHistogramBuckets positive = point.getNativeBucketsForPositiveValues();
    var negativeSpans = spans(negative);
    var positiveSpans = spans(positive);
    if (negativeSpans.isEmpty() && positiveSpans.isEmpty() && point.getNativeZeroCount() == 0) {
      // An empty span is how the protobuf format tells a native histogram that saw nothing.
      positiveSpans = List.of(new NativeBuckets.Span(0, 0));
    }
    return new NativeBuckets(
        point.getNativeSchema(),
        point.getNativeZeroThreshold(),
        point.getNativeZeroCount(),
        0,
        negativeSpans,
        deltas(negative),
        List.of(),
        positiveSpans,
        deltas(positive),
        List.of());
  }

  private static List<NativeBuckets.Span> spans(NativeHistogramBuckets buckets) {
    var spans = new ArrayList<NativeBuckets.Span>();
    int spanEnd = 0;
    int at = 0;
    while (at < buckets.size()) {
      int first = buckets.getBucketIndex(at);
      int length = 0;
      while (at < buckets.size() && buckets.getBucketIndex(at) == first + length) {
        length++;
        at++;
      }
      spans.add(new NativeBuckets.Span(first - spanEnd, length));
      spanEnd = first + length;
    }
    return spans;
  }

  private static List<Long> deltas(NativeHistogramBuckets buckets) {
    var deltas = new ArrayList<Long>();
    long before = 0;
    for (int i = 0; i < buckets.size(); i++) {
      deltas.add(buckets.getCount(i) - before);
      before = buckets.getCount(i);
    }
    return deltas;
  }

  /** One series a state, told apart by a label that has the family's name. */
  private static Stream<Metric> states(String name, StateSetDataPointSnapshot point) {
    Labels labels = labels(point.getLabels());
    return point.stream()
        .map(
            state ->
                new Metric.Gauge(
                    labels.overriddenBy(Labels.of(name, state.getName())), state.isTrue() ? 1 : 0));
  }

  private static Labels labels(io.prometheus.metrics.model.snapshots.Labels labels) {
    var builder = new Labels.Builder();
    for (int i = 0; i < labels.size(); i++) {
      builder.add(labels.getPrometheusName(i), labels.getValue(i));
    }
    return builder.build();
  }
}
