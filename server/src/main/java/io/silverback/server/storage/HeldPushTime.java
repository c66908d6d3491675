package io.silverback.server.storage;

import io.silverback.codec.model.MetricFamily;
import io.silverback.codec.model.MetricType;
import io.silverback.codec.row.GroupFrameReader;
import io.silverback.server.group.HeldFamily;
import io.silverback.server.group.PushTimes;
import io.silverback.server.storage.StoreSnapshot.Group;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/** When each group was pushed to, or refused a push. */
record HeldPushTime(String name, List<Group> groups) implements HeldFamily {
  /** That of those of the groups that show it; empty if none does. */
  static Optional<HeldPushTime> of(String name, List<Group> groups) {
    List<Group> shown = groups.stream().filter(group -> group.showsPushTime(name)).toList();
    return shown.isEmpty() ? Optional.empty() : Optional.of(new HeldPushTime(name, shown));
  }

  @Override
  public MetricType type() {
    return MetricType.GAUGE;
  }

  @Override
  public String help() {
    return of(groups.getFirst()).help();
  }

  @Override
  public String unit() {
    return "";
  }

  @Override
  public void forEach(Consumer<MetricFamily> consumer) {
    groups.forEach(group -> consumer.accept(of(group)));
  }

  private MetricFamily of(Group group) {
    GroupFrameReader frame = group.reader();
    return name.equals(PushTimes.SUCCESS)
        ? PushTimes.success(group.groupingKey(), frame.pushMillis())
        : PushTimes.failure(group.groupingKey(), frame.failureMillis());
  }
}
