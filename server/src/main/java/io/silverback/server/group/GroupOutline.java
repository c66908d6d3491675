package io.silverback.server.group;

import io.silverback.codec.model.MetricFamily;
import io.silverback.codec.model.MetricType;
import io.silverback.codec.model.Version;
import java.util.List;
import java.util.TreeMap;

/**
 * What an update would make of a group, in short. Its size does not grow with the group's.
 *
 * @param families of the group afterwards, and those that it loses
 * @param listed the first of them, in the order of their names
 */
public record GroupOutline(int families, List<Line> listed) {
  public static final GroupOutline EMPTY = new GroupOutline(0, List.of());

  private static final int MOST_LISTED = 200;
  private static final int LONGEST_TEXT = 1000;

  /** What becomes of a family. The names are on the wire, too. */
  public enum Change {
    NEW,
    REPLACED,
    KEPT,
    REMOVED
  }

  /**
   * A family.
   *
   * @param name maybe cut off, as the help is
   * @param metrics how many it has afterwards, or had if it is removed
   */
  public record Line(String name, MetricType type, String help, int metrics, Change change) {}

  public GroupOutline {
    listed = List.copyOf(listed);
  }

  /**
   * The outline of a state that follows another.
   *
   * @param update the version that wrote what is new
   */
  public static GroupOutline of(GroupState old, GroupState next, Version update) {
    var lines = new TreeMap<String, Line>();
    old.families()
        .forEach((name, family) -> lines.put(name, line(family.family(), Change.REMOVED)));
    next.families()
        .forEach(
            (name, family) -> {
              boolean isWritten = family.written().version().equals(update);
              Change ofOld = isWritten ? Change.REPLACED : Change.KEPT;
              lines.put(name, line(family.family(), lines.containsKey(name) ? ofOld : Change.NEW));
            });
    return new GroupOutline(lines.size(), lines.values().stream().limit(MOST_LISTED).toList());
  }

  private static Line line(MetricFamily family, Change change) {
    return new Line(
        cut(family.name()), family.type(), cut(family.help()), family.metrics().size(), change);
  }

  private static String cut(String text) {
    return text.length() <= LONGEST_TEXT ? text : text.substring(0, LONGEST_TEXT) + "…";
  }
}
