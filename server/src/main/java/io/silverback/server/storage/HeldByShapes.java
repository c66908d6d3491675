package io.silverback.server.storage;

import io.silverback.codec.model.MetricFamily;
import io.silverback.codec.model.MetricType;
import io.silverback.codec.row.GroupFrameReader;
import io.silverback.server.group.HeldFamily;
import io.silverback.server.storage.StoreSnapshot.Group;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import java.util.function.Consumer;

/** A family that is in several shapes, each the shape of several groups. */
final class HeldByShapes implements HeldFamily {
  private final String name;
  private final List<HeldShape> shapes;
  private final List<Group> groups;
  private final HeldShape first;

  /**
   * A family of the name that the shapes stand at.
   *
   * @param groups all groups, which the shapes know by their place in this list
   */
  HeldByShapes(String name, List<HeldShape> shapes, List<Group> groups) {
    this.name = name;
    this.shapes = shapes;
    this.groups = groups;
    this.first =
        shapes.stream().min(Comparator.comparingInt(shape -> shape.group(0))).orElseThrow();
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public MetricType type() {
    return first.reader().type();
  }

  @Override
  public String help() {
    return first.reader().help();
  }

  @Override
  public String unit() {
    return first.reader().unit();
  }

  @Override
  public void forEach(Consumer<MetricFamily> consumer) {
    var walks = new PriorityQueue<Walk>(Comparator.comparingInt(Walk::group));
    shapes.forEach(shape -> walks.add(new Walk(shape)));
    while (!walks.isEmpty()) {
      Walk walk = walks.remove();
      consumer.accept(family(groups.get(walk.group()), walk.shape));
      if (walk.next()) {
        walks.add(walk);
      }
    }
  }

  private static MetricFamily family(Group group, HeldShape shape) {
    GroupFrameReader frame = group.reader();
    return shape.family().family(group.groupingKey(), frame.words(), frame.extras());
  }

  private static final class Walk {
    private final HeldShape shape;
    private int index;

    private Walk(HeldShape shape) {
      this.shape = shape;
    }

    private int group() {
      return shape.group(index);
    }

    private boolean next() {
      index++;
      return index < shape.groupCount();
    }
  }
}
