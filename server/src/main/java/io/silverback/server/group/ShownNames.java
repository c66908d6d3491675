package io.silverback.server.group;

import io.silverback.codec.model.MetricFamily;
import io.silverback.codec.model.MetricType;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The types of pushed names that others might collide with, while families are shown in the order
 * of their names. Not thread-safe.
 *
 * <p>A name with a suffix comes after the one that it collides with, so what was shown before is
 * known. Of the names before, a later one can only collide with its own beginnings, so only the
 * beginnings of the last name are remembered, and the names of the lines that an own family writes.
 */
final class ShownNames {
  /** Names that an own summary or histogram needs for its own lines. */
  private final Set<String> linesOfOwn = new HashSet<>();

  private final Map<String, MetricType> shownLines = new HashMap<>();
  private final List<Beginning> beginnings = new ArrayList<>();
  private String last = "";

  /** The first characters of the last name that are the name of another family. */
  private record Beginning(int length, MetricType type) {}

  ShownNames(Collection<MetricFamily> ownFamilies) {
    for (MetricFamily family : ownFamilies) {
      linesOfOwn.addAll(SuffixCollision.linesOf(family.name(), family.type()));
    }
  }

  /** A pushed family was shown, whose name comes after those of all others before. */
  void add(String name, MetricType type) {
    if (linesOfOwn.contains(name)) {
      shownLines.put(name, type);
    }
    if (type == MetricType.SUMMARY || type.isHistogram()) {
      while (!beginnings.isEmpty() && !name.startsWith(textOf(beginnings.getLast()))) {
        beginnings.removeLast();
      }
      beginnings.add(new Beginning(name.length(), type));
      last = name;
    }
  }

  /** Under which type the name is taken, if it is. */
  Set<MetricType> types(String name) {
    MetricType line = shownLines.get(name);
    if (line != null) {
      return Set.of(line);
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
