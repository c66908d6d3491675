package io.silverback.server.group.select;

import com.google.re2j.Matcher;
import com.google.re2j.Pattern;
import com.google.re2j.PatternSyntaxException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.regex.MatchResult;
import org.jspecify.annotations.Nullable;

/**
 * A regular expression in RE2's syntax that a text must match as a whole; a dot also matches a line
 * feed.
 *
 * <p>Immutable and thread-safe. Matching takes time linear in the text. Two are equal if their
 * texts are.
 */
public final class AnchoredRegex {
  /*
   * Implementation notes
   *
   * A few characters can ask for a large program: (abc...){1000} holds a thousand copies. And the
   * library calls itself once for each branch that it passes without a character, so that a few
   * thousand of them in a row exhaust the stack. Both are bounded before it sees the text, by a
   * weight that is never too small: it takes whatever looks like a repetition or a branch for one.
   *
   * A repetition after a group can multiply with one inside it, so those counts are multiplied; the
   * library itself refuses products above 1000. So are those after what needs no character, since
   * they make branches in a row. All others repeat one character or class, and the largest counts.
   */
  private static final java.util.regex.Pattern REPETITION =
      java.util.regex.Pattern.compile("([)^$]|\\\\[AbBEz])?\\{(\\d{1,4})(?:,(\\d{0,4}))?\\}");

  private static final String BRANCHES = "(|?*+{^$";
  private static final int BRANCH_WEIGHT = 100;
  private static final int MAX_REPEAT = 1000;

  /**
   * The library copies a row of characters for each that it adds: 168 MB for 9,000 of them. Lists
   * of names may be longer, as each name counts for itself.
   */
  private static final int MAX_ALTERNATIVE = 4_096;

  /** The library writes the flag before the text, and shows both where it quotes all of it. */
  private static final String DOT_MATCHES_ALL = "(?s)";

  private final String text;
  private final Program program;

  private AnchoredRegex(String text, Program program) {
    this.text = text;
    this.program = program;
  }

  /** What finds out whether a text matches. */
  sealed interface Program permits Compiled, TextList {
    boolean matches(String value);

    /** As {@link AnchoredRegex#captures}. */
    Optional<List<String>> captures(String value);

    int groupCount();

    OptionalInt groupNamed(String name);
  }

  /**
   * The expression that the text says.
   *
   * @throws MalformedSelectorException if it says none, or one of more than that weight, or with
   *     more than 4,096 characters between two bars and not only a list of texts
   */
  public static AnchoredRegex compile(String text, long maxWeight) {
    boolean isList = TextList.isOne(text);
    if (!isList && longestAlternative(text) > MAX_ALTERNATIVE) {
      throw new MalformedSelectorException(
          "regular expressions are too large: longest alternative=%d limit=%d"
              .formatted(longestAlternative(text), MAX_ALTERNATIVE));
    }
    if (weightOf(text) > maxWeight) {
      throw new MalformedSelectorException(
          "regular expressions are too large: weight=%d limit=%d"
              .formatted(weightOf(text), maxWeight));
    }
    try {
      return new AnchoredRegex(
          text, isList ? TextList.of(text) : new Compiled(Pattern.compile(text, Pattern.DOTALL)));
    } catch (PatternSyntaxException e) {
      throw new MalformedSelectorException(reasonOf(e));
    }
  }

  private static int longestAlternative(String text) {
    int longest = 0;
    int start = 0;
    while (start <= text.length()) {
      int bar = text.indexOf('|', start);
      int end = bar < 0 ? text.length() : bar;
      longest = Math.max(longest, end - start);
      start = end + 1;
    }
    return longest;
  }

  /** About the number of instructions, and a hundred times the branches in a row; at least. */
  public static long weightOf(String text) {
    if (TextList.isOne(text)) {
      return TextList.weightOf(text);
    }
    long ofGroups = 1;
    long ofCharacters = 1;
    for (MatchResult repetition : REPETITION.matcher(text).results().toList()) {
      long count = Math.max(number(repetition.group(2)), number(repetition.group(3)));
      if (repetition.group(1) == null) {
        ofCharacters = Math.max(ofCharacters, count);
      } else {
        ofGroups = Math.min(MAX_REPEAT, ofGroups * Math.max(1, count));
      }
    }
    long copies = Math.min(MAX_REPEAT, ofGroups * ofCharacters);
    return text.length() * copies + BRANCH_WEIGHT * branchesIn(text) * ofGroups;
  }

  private static long branchesIn(String text) {
    long branches = 0;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      boolean isClass =
          c == '\\' && i + 1 < text.length() && Character.isLetter(text.charAt(i + 1));
      branches += isClass || BRANCHES.indexOf(c) >= 0 ? 1 : 0;
    }
    return branches;
  }

  private static long number(@Nullable String digits) {
    return digits == null || digits.isEmpty() ? 0 : Long.parseLong(digits);
  }

  private static String reasonOf(PatternSyntaxException e) {
    String quoted = String.valueOf(e.getPattern());
    if (quoted.equals("stack underflow")) {
      // The library takes this for a fault of its own.
      return "error parsing regexp: unexpected )";
    }
    String reason = "error parsing regexp: " + e.getDescription();
    if (quoted.isEmpty()) {
      return reason;
    }
    boolean isAll = quoted.startsWith(DOT_MATCHES_ALL);
    return reason + ": `" + (isAll ? quoted.substring(DOT_MATCHES_ALL.length()) : quoted) + "`";
  }

  /** True if all of the text matches. */
  public boolean matches(String value) {
    return program.matches(value);
  }

  /** How many groups in parentheses it captures. */
  public int groupCount() {
    return program.groupCount();
  }

  /** The number of the group that is captured under that name. */
  public OptionalInt groupNamed(String name) {
    return program.groupNamed(name);
  }

  /**
   * What the groups captured, the whole text first, empty where one took no part; nothing if the
   * text does not match.
   */
  public Optional<List<String>> captures(String value) {
    return program.captures(value);
  }

  /** Any expression, as the library runs it. */
  private record Compiled(Pattern pattern) implements Program {
    @Override
    public boolean matches(String value) {
      return pattern.matches(value);
    }

    @Override
    public int groupCount() {
      return pattern.groupCount();
    }

    @Override
    public OptionalInt groupNamed(String name) {
      Integer number = pattern.namedGroups().get(name);
      return number == null ? OptionalInt.empty() : OptionalInt.of(number);
    }

    @Override
    public Optional<List<String>> captures(String value) {
      Matcher matcher = pattern.matcher(value);
      if (!matcher.matches()) {
        return Optional.empty();
      }
      var captures = new ArrayList<String>(matcher.groupCount() + 1);
      for (int group = 0; group <= matcher.groupCount(); group++) {
        captures.add(Objects.requireNonNullElse(matcher.group(group), ""));
      }
      return Optional.of(captures);
    }
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof AnchoredRegex regex && text.equals(regex.text);
  }

  @Override
  public int hashCode() {
    return text.hashCode();
  }

  @Override
  public String toString() {
    return text;
  }
}
