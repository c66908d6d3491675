package io.silverback.codec.row;

import io.silverback.codec.bytes.CorruptFrameException;
import io.silverback.codec.exposition.GoNumbers;
import io.silverback.codec.model.GroupingKey;
import io.silverback.codec.model.Labels;
import io.silverback.codec.model.Metric;
import io.silverback.codec.model.MetricFamily;
import io.silverback.codec.model.MetricType;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.agrona.DirectBuffer;

/**
 * A family without its values, and where in its group they stand. Immutable.
 *
 * @param firstMetric how many metrics of the group stand before
 * @param firstColumn how many columns of the group stand before
 * @param columnCount how many columns the metrics have together
 */
public record FamilyShape(
    String name,
    String help,
    MetricType type,
    String unit,
    List<MetricShape> metrics,
    int firstMetric,
    int firstColumn,
    int columnCount) {

  public FamilyShape {
    metrics = List.copyOf(metrics);
  }

  /**
   * The family with its values and the labels of its group.
   *
   * @param words all columns of the group and nothing else
   * @param extras those of the group
   * @throws CorruptFrameException if words or extras are not those of a group of this shape
   */
  public MetricFamily family(GroupingKey key, DirectBuffer words, Extras extras) {
    if (firstColumn + columnCount > words.capacity() / Long.BYTES) {
      throw new CorruptFrameException(
          "fewer columns than the shape says: family=" + name + " length=" + words.capacity());
    }
    var restored = new ArrayList<Metric>(metrics.size());
    int offset = firstColumn * Long.BYTES;
    for (MetricShape metric : metrics) {
      Labels labels = metric.labels().with(key.labels());
      Optional<Metric> extra = extras.of(firstMetric + restored.size(), metric.layout());
      restored.add(
          extra.isPresent()
              ? extra.get().withLabels(labels)
              : metric.layout().read(labels, words, offset));
      offset += metric.layout().columnCount() * Long.BYTES;
    }
    return new MetricFamily(name, help, type, unit, restored);
  }

  /** The float series of the columns, one each. */
  public List<FloatSeries> series(GroupingKey key) {
    var series = new ArrayList<FloatSeries>(columnCount);
    for (MetricShape metric : metrics) {
      addSeries(metric.layout(), metric.labels().with(key.labels()), series);
    }
    return series;
  }

  private void addSeries(MetricLayout layout, Labels labels, List<FloatSeries> series) {
    switch (layout.kind()) {
      case COUNTER, GAUGE, UNTYPED -> series.add(new FloatSeries(name, labels));
      case SUMMARY -> {
        for (int i = 0; i < layout.boundCount(); i++) {
          Labels quantile = Labels.of("quantile", text(layout.bound(i)));
          series.add(new FloatSeries(name, labels.overriddenBy(quantile)));
        }
        series.add(new FloatSeries(name + "_sum", labels));
        series.add(new FloatSeries(name + "_count", labels));
      }
      case HISTOGRAM -> {
        for (int i = 0; i < layout.boundCount(); i++) {
          Labels bound = Labels.of("le", text(layout.bound(i)));
          series.add(new FloatSeries(name + "_bucket", labels.overriddenBy(bound)));
        }
        series.add(new FloatSeries(name + "_sum", labels));
        series.add(new FloatSeries(name + "_count", labels));
      }
      case VALUELESS -> {}
    }
  }

  /** As an exposition shows it, which has no negative zero. */
  private static String text(double bound) {
    return bound == 0 ? "0" : GoNumbers.toString(bound);
  }
}
