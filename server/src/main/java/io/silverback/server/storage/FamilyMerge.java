package io.silverback.server.storage;

import io.silverback.codec.model.Fingerprint;
import io.silverback.server.group.HeldFamily;
import io.silverback.server.group.PushTimes;
import io.silverback.server.storage.StoreSnapshot.Group;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The families of many groups in the order of their names, push times included.
 *
 * <p>Walks through the shapes side by side, all groups of one shape together, so that only the
 * families of the current name are ever decoded. Not thread-safe.
 */
final class FamilyMerge implements Iterator<HeldFamily> {
  private final List<Group> groups;
  private final PriorityQueue<HeldShape> waiting =
      new PriorityQueue<>(Comparator.comparing(HeldShape::name));
  private final List<HeldShape> current = new ArrayList<>();
  private final Iterator<HeldPushTime> pushTimes;
  private @Nullable HeldPushTime nextPushTime;

  /**
   * The families of some groups.
   *
   * @param groups in the order of their keys
   */
  FamilyMerge(List<Group> groups, ShapeTable shapes) {
    this.groups = groups;
    this.pushTimes =
        Stream.of(PushTimes.FAILURE, PushTimes.SUCCESS)
            .map(name -> HeldPushTime.of(name, groups))
            .flatMap(Optional::stream)
            .iterator();
    this.nextPushTime = followingPushTime();
    Map<Fingerprint, HeldShape> held = new HashMap<>();
    for (int i = 0; i < groups.size(); i++) {
      Fingerprint shape = groups.get(i).reader().shape();
      if (!shape.equals(Fingerprint.NONE)) {
        held.computeIfAbsent(shape, known -> new HeldShape(shapes.reader(known))).addGroup(i);
      }
    }
    held.values().forEach(this::queue);
  }

  @Override
  public boolean hasNext() {
    advance();
    return !waiting.isEmpty() || nextPushTime != null;
  }

  @Override
  public HeldFamily next() {
    if (!hasNext()) {
      throw new NoSuchElementException("no more families");
    }
    HeldPushTime pushTime = nextPushTime;
    if (pushTime != null
        && (waiting.isEmpty() || pushTime.name().compareTo(waiting.element().name()) < 0)) {
      nextPushTime = followingPushTime();
      return pushTime;
    }
    String name = waiting.element().name();
    while (!waiting.isEmpty() && waiting.element().name().equals(name)) {
      current.add(waiting.remove());
    }
    return new HeldByShapes(name, List.copyOf(current), groups);
  }

  /** Steps on with the shapes that the last family was in. */
  private void advance() {
    current.forEach(this::queue);
    current.clear();
  }

  private void queue(HeldShape shape) {
    if (shape.nextFamily()) {
      waiting.add(shape);
    }
  }

  private @Nullable HeldPushTime followingPushTime() {
    return pushTimes.hasNext() ? pushTimes.next() : null;
  }
}
