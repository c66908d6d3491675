package io.silverback.server.group;

import io.silverback.codec.model.Metric;
import io.silverback.server.group.GroupState.VersionedFamily;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * What one update changed in a group. Costs no look at the metrics of families that it left alone.
 *
 * @param gone families that are no longer there or were replaced
 * @param written families that are new or replace another, in the order of their names
 */
public record GroupDifference(List<VersionedFamily> gone, List<VersionedFamily> written) {
  public GroupDifference {
    gone = List.copyOf(gone);
    written = List.copyOf(written);
  }

  public static GroupDifference between(GroupState old, GroupState next) {
    var gone = new ArrayList<VersionedFamily>();
    var written = new ArrayList<VersionedFamily>();
    old.families()
        .forEach(
            (name, before) -> {
              VersionedFamily after = next.families().get(name);
              if (after == null || !sameWrite(before, after)) {
                gone.add(before);
              }
            });
    next.families()
        .forEach(
            (name, after) -> {
              VersionedFamily before = old.families().get(name);
              if (before == null || !sameWrite(before, after)) {
                written.add(after);
              }
            });
    return new GroupDifference(gone, written);
  }

  /** True if only values changed: the same families, types, series and kinds of metrics. */
  public boolean keepsShape() {
    if (gone.size() != written.size()) {
      return false;
    }
    for (int i = 0; i < gone.size(); i++) {
      if (!sameShape(gone.get(i), written.get(i))) {
        return false;
      }
    }
    return true;
  }

  void forEach(Consumer<VersionedFamily> onGone, Consumer<VersionedFamily> onWritten) {
    gone.forEach(onGone);
    written.forEach(onWritten);
  }

  /** Versions are unique, so an equal one means an equal family. */
  private static boolean sameWrite(VersionedFamily before, VersionedFamily after) {
    return before.written().version().equals(after.written().version());
  }

  private static boolean sameShape(VersionedFamily before, VersionedFamily after) {
    if (!before.family().name().equals(after.family().name())
        || before.family().type() != after.family().type()
        || before.family().metrics().size() != after.family().metrics().size()) {
      return false;
    }
    for (int i = 0; i < before.family().metrics().size(); i++) {
      Metric left = before.family().metrics().get(i);
      Metric right = after.family().metrics().get(i);
      if (left.getClass() != right.getClass() || !left.labels().equals(right.labels())) {
        return false;
      }
    }
    return true;
  }
}
