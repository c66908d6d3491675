package io.silverback.codec.row;

import io.silverback.codec.model.Stamp;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The distinct stamps of a frame that is being written, in the order in which they were added. */
final class StampTable {
  private final List<Stamp> stamps = new ArrayList<>();
  private final Map<Stamp, Integer> indexes = new HashMap<>();

  StampTable() {
    indexes.put(Stamp.NEVER, GroupFrameLayout.NEVER);
  }

  /** The index of a stamp, which is in the table from now on. */
  int add(Stamp stamp) {
    Integer known = indexes.putIfAbsent(stamp, indexes.size());
    if (known != null) {
      return known;
    }
    stamps.add(stamp);
    return stamps.size();
  }

  List<Stamp> stamps() {
    return stamps;
  }
}
