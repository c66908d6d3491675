package io.silverback.codec.exposition;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** One media range of an Accept header. */
record AcceptClause(String mediaType, float quality, Map<String, String> parameters) {
  /** Go sorts by insertion as long as there are no more than so many. */
  private static final int FEW = 12;

  AcceptClause {
    parameters = Collections.unmodifiableMap(new HashMap<>(parameters));
  }

  /** The clauses of a header in order of preference; those that make no sense are left out. */
  static List<AcceptClause> parse(String header) {
    var clauses = new ArrayList<AcceptClause>();
    for (String part : header.split(",", -1)) {
      parseClause(part).ifPresent(clauses::add);
    }
    sort(clauses);
    return clauses;
  }

  String parameter(String name) {
    return parameters.getOrDefault(name, "");
  }

  private static Optional<AcceptClause> parseClause(String text) {
    String[] parts = text.split(";", -1);
    String[] type = parts[0].split("/", 2);
    String main = trim(type[0]);
    String sub = type.length == 2 ? type[1] : "";
    if (sub.isEmpty() && main.equals("*")) {
      sub = "*";
    }
    if (sub.isEmpty() || sub.contains("/")) {
      return Optional.empty();
    }
    float quality = 1;
    var parameters = new HashMap<String, String>();
    for (int i = 1; i < parts.length; i++) {
      String[] pair = parts[i].split("=", 3);
      if (pair.length != 2 || pair[1].isEmpty()) {
        continue;
      }
      String name = trim(pair[0]);
      if (name.equals("q")) {
        quality = quality(pair[1]);
      } else {
        parameters.put(name, trim(pair[1]));
      }
    }
    return Optional.of(new AcceptClause(main + "/" + trim(sub), quality, parameters));
  }

  /** upstream: goautoneg takes 0 for a quality that is no number, and any number as it is. */
  private static float quality(String text) {
    return (float) GoNumbers.parseDouble(text).orElse(0);
  }

  /** upstream: the order is not transitive, so the way of sorting matters. */
  private static void sort(List<AcceptClause> clauses) {
    if (clauses.size() > FEW) {
      clauses.sort((left, right) -> Float.compare(right.quality, left.quality));
      return;
    }
    for (int i = 1; i < clauses.size(); i++) {
      for (int j = i; j > 0 && clauses.get(j).goesBefore(clauses.get(j - 1)); j--) {
        Collections.swap(clauses, j, j - 1);
      }
    }
  }

  private boolean goesBefore(AcceptClause other) {
    return quality > other.quality
        || (!mediaType.startsWith("*/") && other.mediaType.startsWith("*/"))
        || (!mediaType.endsWith("/*") && other.mediaType.endsWith("/*"));
  }

  /** Cuts blanks only, no other white space. */
  private static String trim(String text) {
    int from = 0;
    int to = text.length();
    while (from < to && text.charAt(from) == ' ') {
      from++;
    }
    while (to > from && text.charAt(to - 1) == ' ') {
      to--;
    }
    return text.substring(from, to);
  }
}
