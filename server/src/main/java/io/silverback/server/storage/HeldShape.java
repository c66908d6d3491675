package io.silverback.server.storage;

import io.silverback.codec.row.FamilyShape;
import io.silverback.codec.row.ShapeReader;
import org.agrona.collections.IntArrayList;
import org.jspecify.annotations.Nullable;

/** A walk through the families of one shape, and the groups that have it. Not thread-safe. */
final class HeldShape {
  private final ShapeReader reader;
  private final IntArrayList groups = new IntArrayList();
  private String name = "";
  private @Nullable FamilyShape family;

  HeldShape(ShapeReader reader) {
    this.reader = reader;
  }

  /** Groups come in the order of their numbers. */
  void addGroup(int group) {
    groups.addInt(group);
  }

  /** Goes to the next family with a metric; false if there is none. */
  boolean nextFamily() {
    family = null;
    do {
      if (!reader.nextFamily()) {
        return false;
      }
    } while (reader.metricCount() == 0);
    name = reader.name();
    return true;
  }

  String name() {
    return name;
  }

  /** The current family, decoded at the first call. */
  FamilyShape family() {
    FamilyShape decoded = family;
    if (decoded == null) {
      decoded = reader.family();
      family = decoded;
    }
    return decoded;
  }

  ShapeReader reader() {
    return reader;
  }

  int groupCount() {
    return groups.size();
  }

  int group(int index) {
    return groups.getInt(index);
  }
}
