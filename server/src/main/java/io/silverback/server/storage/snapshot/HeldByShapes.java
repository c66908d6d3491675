package io.silverback.server.storage.snapshot;

import io.silverback.codec.model.GroupingKey;
import io.silverback.codec.model.Metric;
import io.silverback.codec.model.MetricType;
import io.silverback.codec.model.SeriesSink;
import io.silverback.codec.row.ShapeReader;
import io.silverback.server.group.HeldFamily;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.agrona.collections.IntArrayList;

/** A family that is in several shapes, each the shape of several groups. */
final class HeldByShapes implements HeldFamily {
  private final IntArrayList holders;
  private final GroupRows rows;
  private final HeldShapes shapes;
  private final MetricReader metrics;
  private final SeriesMerge merge;
  private final String name;
  private final MetricType type;
  private final String help;
  private final String unit;

  /**
   * The family that some shapes stand at.
   *
   * @param holders the shapes, which are not kept beyond the family
   */
  HeldByShapes(
      IntArrayList holders,
      GroupRows rows,
      HeldShapes shapes,
      MetricReader metrics,
      SeriesMerge merge) {
    this.holders = holders;
    this.rows = rows;
    this.shapes = shapes;
    this.metrics = metrics;
    this.merge = merge;
    ShapeReader first = shapes.held(ofSmallestKey()).reader();
    this.name = first.name();
    this.type = first.type();
    this.help = first.help();
    this.unit = first.unit();
  }

  private int ofSmallestKey() {
    int smallest = holders.getInt(0);
    for (int i = 1; i < holders.size(); i++) {
      int shape = holders.getInt(i);
      if (rows.compareKeys(firstGroup(shape), firstGroup(smallest)) < 0) {
        smallest = shape;
      }
    }
    return smallest;
  }

  private int firstGroup(int shape) {
    return shapes.group(shapes.firstGroup(shape));
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public MetricType type() {
    return type;
  }

  @Override
  public String help() {
    return help;
  }

  @Override
  public String unit() {
    return unit;
  }

  @Override
  public GroupingKey smallestKey() {
    return new GroupingKey(rows.keyLabels(firstGroup(ofSmallestKey())));
  }

  @Override
  public void forEachHead(HeadSink sink) {
    for (int i = 0; i < holders.size(); i++) {
      int shape = holders.getInt(i);
      ShapeReader reader = shapes.held(shape).reader();
      int groups = shapes.endOfGroups(shape) - shapes.firstGroup(shape);
      sink.head(reader.type(), reader.help(), groups, reader.metricCount());
    }
  }

  @Override
  public void forEachMetric(MetricType shown, Consumer<? super Metric> consumer) {
    merge.forEach(ofType(shown), consumer);
  }

  @Override
  public void forEachSeries(MetricType shown, SeriesSink sink) {
    merge.forEachSeries(ofType(shown), sink);
  }

  private IntArrayList ofType(MetricType shown) {
    var fitting = new IntArrayList(holders.size(), IntArrayList.DEFAULT_NULL_VALUE);
    for (int i = 0; i < holders.size(); i++) {
      int shape = holders.getInt(i);
      if (shown.sameShapeAs(shapes.held(shape).reader().type())) {
        fitting.addInt(shape);
      }
    }
    return fitting;
  }

  @Override
  public boolean hasMetric(MetricType shown, Predicate<? super Metric> wanted) {
    IntArrayList fitting = ofType(shown);
    for (int i = 0; i < fitting.size(); i++) {
      int shape = fitting.getInt(i);
      for (int at = shapes.firstGroup(shape); at < shapes.endOfGroups(shape); at++) {
        if (hasMetric(shape, shapes.group(at), wanted)) {
          return true;
        }
      }
    }
    return false;
  }

  private boolean hasMetric(int shape, int row, Predicate<? super Metric> wanted) {
    HeldShape held = shapes.held(shape);
    ShapeReader reader = held.reader();
    reader.rewind();
    while (reader.nextMetric()) {
      // What is wanted is told by labels and kind, and an extra has those of its layout.
      Optional<Metric> metric =
          metrics.read(
              row,
              held.labels(reader.labelSet(), reader.labelsPosition(reader.labelSet())),
              reader.layout(reader.layoutPosition()),
              reader.metric(),
              reader.column(),
              0);
      if (metric.filter(wanted).isPresent()) {
        return true;
      }
    }
    return false;
  }
}
