package io.silverback.server.storage.snapshot;

import io.silverback.codec.model.GroupingKey;
import io.silverback.codec.model.Labels;
import io.silverback.codec.model.Metric;
import io.silverback.codec.model.MetricType;
import io.silverback.codec.model.Stamp;
import io.silverback.codec.row.GroupFrameReader;
import io.silverback.server.group.HeldFamily;
import io.silverback.server.group.PushTimes;
import java.util.Arrays;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import org.agrona.concurrent.UnsafeBuffer;

/** When each group was pushed to, or refused a push. */
final class HeldPushTime implements HeldFamily {
  private final String name;
  private final PushTimeOrder groups;
  private final GroupRows rows;
  private final UnsafeBuffer frame = new UnsafeBuffer();

  private HeldPushTime(String name, PushTimeOrder groups) {
    this.name = name;
    this.groups = groups;
    this.rows = groups.rows();
  }

  /** That of those of the groups that show it; empty if none does. */
  static Optional<HeldPushTime> of(String name, PushTimeOrder groups) {
    var held = new HeldPushTime(name, groups);
    return held.shown().findAny().isPresent() ? Optional.of(held) : Optional.empty();
  }

  private IntStream shown() {
    return IntStream.range(0, rows.count()).filter(row -> millis(row).isPresent());
  }

  /** What the group shows; empty if it shows none. */
  private OptionalLong millis(int row) {
    return rows.read(
        () -> {
          rows.frame(row, frame);
          if (frame.capacity() == 0) {
            return OptionalLong.empty();
          }
          var reader = new GroupFrameReader(frame, 0, frame.capacity());
          Optional<ShownFamilies> some = rows.shown();
          if (some.isPresent() && !some.get().shows(stamp(reader))) {
            return OptionalLong.empty();
          }
          if (reader.isStale() && !PushTimes.isKept(name, reader.expiry())) {
            return OptionalLong.empty();
          }
          return OptionalLong.of(
              name.equals(PushTimes.SUCCESS) ? reader.pushMillis() : reader.failureMillis());
        });
  }

  private Stamp stamp(GroupFrameReader reader) {
    return name.equals(PushTimes.SUCCESS) ? reader.push() : reader.bounds().failure();
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public MetricType type() {
    return MetricType.GAUGE;
  }

  @Override
  public String help() {
    return PushTimes.help(name);
  }

  @Override
  public String unit() {
    return "";
  }

  @Override
  public GroupingKey smallestKey() {
    return Arrays.stream(rows.byKey())
        .filter(row -> millis(row).isPresent())
        .mapToObj(row -> new GroupingKey(rows.keyLabels(row)))
        .findFirst()
        .orElseThrow();
  }

  @Override
  public void forEachHead(HeadSink sink) {
    sink.head(type(), help(), (int) shown().count(), 1);
  }

  @Override
  public void forEachMetric(MetricType shown, Consumer<? super Metric> consumer) {
    if (shown.sameShapeAs(type())) {
      for (int row : groups.order()) {
        metric(row).ifPresent(consumer);
      }
    }
  }

  @Override
  public boolean hasMetric(MetricType shown, Predicate<? super Metric> wanted) {
    return shown.sameShapeAs(type())
        && shown().mapToObj(this::metric).flatMap(Optional::stream).anyMatch(wanted);
  }

  private Optional<Metric> metric(int row) {
    OptionalLong millis = millis(row);
    Labels key = rows.keyLabels(row);
    return millis.isEmpty() || key.isEmpty()
        ? Optional.empty()
        : Optional.of(PushTimes.metric(new GroupingKey(key), millis.getAsLong()));
  }
}
