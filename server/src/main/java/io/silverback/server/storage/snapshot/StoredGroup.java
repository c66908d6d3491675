package io.silverback.server.storage.snapshot;

import io.silverback.codec.model.Family;
import io.silverback.codec.model.GroupBounds;
import io.silverback.codec.model.GroupingKey;
import io.silverback.codec.model.Metric;
import io.silverback.codec.model.MetricType;
import io.silverback.codec.model.Stamp;
import io.silverback.codec.row.ExtrasCursor;
import io.silverback.codec.row.GroupFrameReader;
import io.silverback.codec.row.ShapeReader;
import io.silverback.server.storage.GroupLostException;
import io.silverback.server.storage.ListedGroup;
import java.util.Optional;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.Function;
import org.agrona.concurrent.UnsafeBuffer;

/** A group of a snapshot, read where it is stored. Not thread-safe. */
final class StoredGroup implements ListedGroup {
  private final int row;
  private final GroupRows rows;
  private final GroupingKey key;
  private final Optional<HeldShape> shape;
  private final MetricReader metrics;
  private final UnsafeBuffer frame = new UnsafeBuffer();
  private final ExtrasCursor extras = new ExtrasCursor();
  private final ExtrasCursor next = new ExtrasCursor();
  private int metricsRead;

  /**
   * The group of a row.
   *
   * @param shape empty for a group without families
   */
  StoredGroup(
      int row, GroupRows rows, GroupingKey key, Optional<HeldShape> shape, MetricReader metrics) {
    this.row = row;
    this.rows = rows;
    this.key = key;
    this.shape = shape;
    this.metrics = metrics;
  }

  private <T> T read(Function<GroupFrameReader, T> field) {
    return rows.read(
        () -> {
          rows.frame(row, frame);
          if (frame.capacity() == 0) {
            throw new GroupLostException();
          }
          return field.apply(new GroupFrameReader(frame, 0, frame.capacity()));
        });
  }

  @Override
  public GroupingKey key() {
    return key;
  }

  @Override
  public GroupBounds bounds() {
    GroupBounds all = read(GroupFrameReader::bounds);
    return rows.shown().map(some -> some.bounds(all)).orElse(all);
  }

  @Override
  public boolean hasFamily(String name) {
    return shape.filter(held -> hasFamily(held.reader(), name)).isPresent();
  }

  private boolean hasFamily(ShapeReader reader, String name) {
    reader.restart();
    int order = -1;
    while (order < 0 && reader.nextFamily()) {
      order = reader.name().compareTo(name);
    }
    return order == 0
        && rows.shown().filter(some -> !some.shows(row, reader.familyPlace())).isEmpty();
  }

  @Override
  public void forEachFamily(BiConsumer<Stamp, Family> consumer) {
    shape.ifPresent(held -> forEachFamily(held, consumer));
  }

  private void forEachFamily(HeldShape held, BiConsumer<Stamp, Family> consumer) {
    ShapeReader reader = held.reader();
    reader.restart();
    Stamp push = read(GroupFrameReader::push);
    int stampAt = read(GroupFrameReader::firstFamilyStamp);
    while (reader.nextFamily()) {
      int at = stampAt;
      Stamp written = at == 0 ? push : read(frame -> frame.familyStamp(at));
      if (rows.shown().filter(some -> !some.shows(written)).isEmpty()) {
        consumer.accept(written, new Listed(held));
      }
      stampAt = at == 0 ? 0 : read(frame -> frame.nextFamilyStamp(at));
    }
  }

  /** The family that the reader stands at. */
  private final class Listed implements Family {
    private final HeldShape held;
    private final ShapeReader reader;

    private Listed(HeldShape held) {
      this.held = held;
      this.reader = held.reader();
    }

    @Override
    public String name() {
      return reader.name();
    }

    @Override
    public String help() {
      return reader.help();
    }

    @Override
    public MetricType type() {
      return reader.type();
    }

    @Override
    public String unit() {
      return reader.unit();
    }

    @Override
    public void forEachMetric(Consumer<? super Metric> consumer) {
      startExtras();
      reader.rewind();
      while (reader.nextMetric()) {
        int metric = reader.metric();
        consumer.accept(
            metrics
                .read(
                    row,
                    held.labels(reader.labelSet(), reader.labelsPosition(reader.labelSet())),
                    reader.layout(reader.layoutPosition()),
                    metric,
                    reader.column(),
                    extraOf(metric))
                .orElseThrow(GroupLostException::new));
      }
    }

    /** They are walked through once for all families, unless one is read again. */
    private void startExtras() {
      if (reader.firstMetric() < metricsRead || metricsRead == 0) {
        rows.readInt(
            () -> {
              rows.frame(row, frame);
              extras.start(frame, frame.capacity() == 0 ? 0 : rows.extras(row));
              return 0;
            });
      }
    }

    private int extraOf(int metric) {
      int extra =
          rows.readInt(
              () -> {
                // What is read may change meanwhile, and is then read again from here.
                next.moveTo(extras);
                rows.frame(row, frame);
                return next.find(metric);
              });
      extras.moveTo(next);
      metricsRead = metric + 1;
      return extra;
    }
  }
}
