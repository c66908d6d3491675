package io.silverback.server.group.select;

import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/**
 * A regular expression that only lists texts, such as {@code (host-1|host-2)}, perhaps thousands of
 * them: dashboards write the values so that their reader chose.
 *
 * <p>Looking a text up takes as long however many there are, and needs no program of the library,
 * whose size and time grow with the list.
 */
final class TextList implements AnchoredRegex.Program {
  private static final String SPECIAL = "^$.*+?()[]{}";

  /** Means itself after a backslash. What else does is left to the library. */
  private static final String ESCAPED = SPECIAL + "|\\-/";

  /** As many characters of a text take as much memory as the rest of its entry. */
  private static final int CHARACTERS_OF_AN_ENTRY = 100;

  private final Set<String> texts;
  private final boolean isGroup;

  private TextList(Set<String> texts, boolean isGroup) {
    this.texts = texts;
    this.isGroup = isGroup;
  }

  /** True if it only lists texts. Takes no memory. */
  static boolean isOne(String regex) {
    int end = end(regex);
    for (int i = start(regex); i < end; i++) {
      char c = regex.charAt(i);
      if (c == '\\') {
        i++;
        if (i == end || ESCAPED.indexOf(regex.charAt(i)) < 0) {
          return false;
        }
      } else if (SPECIAL.indexOf(c) >= 0) {
        return false;
      }
    }
    return true;
  }

  /** What the list takes, in the unit of {@link AnchoredRegex#weightOf}; at least. */
  static long weightOf(String regex) {
    long bars = regex.chars().filter(c -> c == '|').count();
    return 1 + bars + regex.length() / CHARACTERS_OF_AN_ENTRY;
  }

  /** The list that the expression is. */
  static TextList of(String regex) {
    var texts = new HashSet<String>();
    var text = new StringBuilder();
    int end = end(regex);
    for (int i = start(regex); i < end; i++) {
      char c = regex.charAt(i);
      switch (c) {
        case '|' -> {
          texts.add(text.toString());
          text.setLength(0);
        }
        case '\\' -> text.append(regex.charAt(++i));
        default -> text.append(c);
      }
    }
    texts.add(text.toString());
    return new TextList(texts, isGroup(regex));
  }

  private static boolean isGroup(String regex) {
    return regex.length() > 1 && regex.startsWith("(") && regex.endsWith(")");
  }

  private static int start(String regex) {
    return isGroup(regex) ? 1 : 0;
  }

  private static int end(String regex) {
    return isGroup(regex) ? regex.length() - 1 : regex.length();
  }

  @Override
  public boolean matches(String value) {
    return texts.contains(value);
  }

  @Override
  public Optional<List<String>> captures(String value) {
    return matches(value)
        ? Optional.of(Collections.nCopies(1 + groupCount(), value))
        : Optional.empty();
  }

  /** One around all of the list, or none. */
  @Override
  public int groupCount() {
    return isGroup ? 1 : 0;
  }

  @Override
  public OptionalInt groupNamed(String name) {
    return OptionalInt.empty();
  }
}
