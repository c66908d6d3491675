package io.silverback.server.group;

import io.silverback.codec.model.MetricFamily;
import io.silverback.codec.model.MetricType;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The types of names that others might collide with, while families are shown in the order of their
 * names. Not thread-safe.
 *
 * <p>A name with a suffix comes after the one that it collides with, so what was shown before is
 * known; of what is yet to come only the own families matter, and those win whether or not they
 * have metrics. Of the names before, only those can matter that the current one begins with, and so
 * all later ones: no more than these are remembered.
 */
final class ShownNames {
  private final Map<String, MetricType> own = new HashMap<>();
  private final List<Beginning> beginnings = new ArrayList<>();
  private String last = "";

  /** The first so many characters of the last name, which are the name of another family. */
  private record Beginning(int length, MetricType type) {}

  ShownNames(Collection<MetricFamily> ownFamilies) {
    ownFamilies.forEach(family -> own.put(family.name(), family.type()));
  }

  /** A family was shown, whose name comes after those of all others before. */
  void add(String name, MetricType type) {
    if (type == MetricType.SUMMARY || type.isHistogram()) {
      while (!beginnings.isEmpty() && !name.startsWith(textOf(beginnings.getLast()))) {
        beginnings.removeLast();
      }
      beginnings.add(new Beginning(name.length(), type));
      last = name;
    }
  }

  /** Nothing was shown under the name after all. */
  void remove(String name) {
    own.remove(name);
  }

  /** Under which type the name is taken, if it is. */
  Set<MetricType> types(String name) {
    MetricType ownType = own.get(name);
    if (ownType != null) {
      return Set.of(ownType);
    }
    for (Beginning beginning : beginnings) {
      if (beginning.length == name.length() && last.startsWith(name)) {
        return Set.of(beginning.type);
      }
    }
    return Set.of();
  }

  private String textOf(Beginning beginning) {
    return last.substring(0, beginning.length);
  }
}
