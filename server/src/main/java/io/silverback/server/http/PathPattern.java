package io.silverback.server.http;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * The path of a route: literal segments, {@code :name} for any one segment that is not empty, and
 * at the end {@code *name} for the rest of the path with its leading slash, which may be nothing.
 */
public final class PathPattern {
  private final String pattern;
  private final List<String> segments;
  private final boolean takesRest;

  public PathPattern(String pattern) {
    this.pattern = pattern;
    List<String> parts = Arrays.asList(pattern.substring(1).split("/", -1));
    takesRest = parts.getLast().startsWith("*");
    segments = List.copyOf(takesRest ? parts.subList(0, parts.size() - 1) : parts);
  }

  /** The values of the pattern's names in their order, if the path is of this pattern. */
  public Optional<List<String>> match(String path) {
    return walk(path, false).map(Walk::values);
  }

  /** How the path should have been written to be of this pattern, where only case differs. */
  public Optional<String> ignoringCase(String path) {
    return walk(path, true).map(Walk::path);
  }

  @Override
  public String toString() {
    return pattern;
  }

  private Optional<Walk> walk(String path, boolean ignoreCase) {
    var walk = new Walk();
    int at = 0;
    for (String segment : segments) {
      if (at >= path.length() || path.charAt(at) != '/') {
        return Optional.empty();
      }
      int slash = path.indexOf('/', at + 1);
      int end = slash < 0 ? path.length() : slash;
      String part = path.substring(at + 1, end);
      if (ignoreCase && segment.startsWith(":") && part.isEmpty() && end == path.length()) {
        // upstream: httprouter cuts the slash of "/metrics/job/", to then answer 404.
        return Optional.of(walk);
      }
      boolean fits =
          segment.startsWith(":")
              ? !part.isEmpty()
              : ignoreCase ? segment.equalsIgnoreCase(part) : segment.equals(part);
      if (!fits) {
        return Optional.empty();
      }
      walk.add(segment, part);
      at = end;
    }
    if (takesRest) {
      walk.rest(path.substring(at));
    } else if (at != path.length()) {
      return Optional.empty();
    }
    return Optional.of(walk);
  }

  /** What a match has gathered so far. */
  private static final class Walk {
    private final StringBuilder path = new StringBuilder();
    private final List<String> values = new ArrayList<>(2);

    void add(String segment, String part) {
      boolean named = segment.startsWith(":");
      path.append('/').append(named ? part : segment);
      if (named) {
        values.add(part);
      }
    }

    void rest(String rest) {
      path.append(rest);
      values.add(rest);
    }

    String path() {
      return path.toString();
    }

    List<String> values() {
      return values;
    }
  }
}
