package io.silverback.server.storage.snapshot;

import io.silverback.codec.model.Labels;
import io.silverback.codec.model.Metric;
import io.silverback.codec.model.SeriesSink;
import io.silverback.codec.model.StoredSeries;
import io.silverback.server.storage.pages.SeriesWindow;
import java.util.Optional;
import java.util.function.Supplier;

/** Makes metrics and stored series of what runs are at. Not thread-safe. */
final class SeriesReader {
  private final HeldShapes shapes;
  private final MetricReader metrics;
  private final LabelTexts texts;

  SeriesReader(GroupRows rows, HeldShapes shapes, MetricReader metrics) {
    this.shapes = shapes;
    this.metrics = metrics;
    this.texts = new LabelTexts(rows);
  }

  /**
   * Hands over the series as it is stored, or as a metric if its labels have no text.
   *
   * @return false if it was not handed over as it is stored
   */
  boolean handOver(SeriesRun at, SeriesSink sink) {
    int shape = at.shape();
    int firstGroup = shapes.firstGroup(shape);
    byte[] text =
        texts.of(
            at.row(),
            shapes.held(shape),
            at.group() - firstGroup,
            shapes.endOfGroups(shape) - firstGroup,
            SeriesWindow.labelSetOf(at.window().series()),
            at.window().labels());
    if (text.length == 0) {
      metric(at).ifPresent(sink::metric);
      return false;
    }
    Optional<Metric> unlabelled = metric(at, Labels.EMPTY);
    unlabelled.ifPresent(it -> sink.stored(new Stored(text, it, () -> metric(at))));
    return unlabelled.isPresent();
  }

  /** The series as a metric; empty if the group is lost. */
  Optional<Metric> metric(SeriesRun at) {
    int set = SeriesWindow.labelSetOf(at.window().series());
    Labels own = shapes.held(at.shape()).labels(set, at.window().labels());
    return metrics.labels(at.row(), own).flatMap(labels -> metric(at, labels));
  }

  private Optional<Metric> metric(SeriesRun at, Labels labels) {
    SeriesWindow window = at.window();
    return metrics.readWith(
        labels,
        at.row(),
        shapes.held(at.shape()).reader().layout(window.layout()),
        SeriesWindow.metricOf(window.series()),
        window.column(),
        window.extra());
  }

  /** The series that a run is at. */
  @SuppressWarnings("ArrayRecordComponent") // Nobody compares them.
  private record Stored(byte[] labelText, Metric unlabelled, Supplier<Optional<Metric>> whole)
      implements StoredSeries {
    @Override
    public Optional<Metric> metric() {
      return whole.get();
    }
  }
}
