package io.silverback.server.group.select;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Reads one selector. */
final class SelectorParser {
  private final String text;
  private final SelectorCursor cursor;
  private final List<LabelMatcher> matchers = new ArrayList<>();
  private long regexWeightLeft;

  /**
   * A parser of that text.
   *
   * @param maxRegexWeight what all regular expressions together may weigh
   * @throws MalformedSelectorException if the text cannot be said in UTF-8
   */
  SelectorParser(String text, long maxRegexWeight) {
    this.text = text;
    this.cursor = new SelectorCursor(text);
    this.regexWeightLeft = maxRegexWeight;
  }

  /** What further regular expressions may weigh. */
  long regexWeightLeft() {
    return regexWeightLeft;
  }

  SeriesSelector parse() {
    cursor.skipSpace();
    int start = cursor.position();
    readMatchers();
    if (matchers.stream().allMatch(matcher -> matcher.matches(""))) {
      throw cursor.malformed(start, "selector must contain at least one non-empty matcher");
    }
    return new SeriesSelector(matchers, text);
  }

  /** The conditions, whatever they match. */
  List<LabelMatcher> readMatchers() {
    cursor.skipSpace();
    Optional<String> name = cursor.metricName();
    name.ifPresent(metric -> matchers.add(new LabelMatcher.Equal(LabelMatcher.NAME, metric)));
    cursor.skipSpace();
    if (cursor.skip('{')) {
      readBraces();
    } else if (name.isEmpty()) {
      throw cursor.unexpected("metric name or \"{\"");
    }
    cursor.skipSpace();
    if (!cursor.isAtEnd()) {
      throw cursor.unexpected("end of input");
    }
    return matchers;
  }

  /** The conditions, a comma after each but the last one, which may have one, too. */
  private void readBraces() {
    cursor.skipSpace();
    while (!cursor.skip('}')) {
      readMatcher();
      cursor.skipSpace();
      if (cursor.skip(',')) {
        cursor.skipSpace();
      } else if (!cursor.isAt('}')) {
        throw cursor.unexpected("\",\" or \"}\"");
      }
    }
  }

  private void readMatcher() {
    int start = cursor.position();
    Optional<String> quoted = cursor.quotedText();
    String label =
        quoted
            .or(cursor::labelName)
            .orElseThrow(() -> cursor.unexpected("label name, quoted metric name or \"}\""));
    cursor.skipSpace();
    if (quoted.isPresent() && (cursor.isAt(',') || cursor.isAt('}'))) {
      matchers.add(new LabelMatcher.Equal(LabelMatcher.NAME, label));
      return;
    }
    String operator =
        cursor.operator().orElseThrow(() -> cursor.unexpected("label matching operator"));
    cursor.skipSpace();
    String value = cursor.quotedText().orElseThrow(() -> cursor.unexpected("quoted string"));
    matchers.add(
        switch (operator) {
          case "=" -> new LabelMatcher.Equal(label, value);
          case "!=" -> new LabelMatcher.NotEqual(label, value);
          case "=~" -> new LabelMatcher.Like(label, regex(start, value));
          case "!~" -> new LabelMatcher.NotLike(label, regex(start, value));
          default -> throw new IllegalStateException("unknown operator: operator=" + operator);
        });
  }

  private AnchoredRegex regex(int start, String text) {
    try {
      var regex = AnchoredRegex.compile(text, regexWeightLeft);
      regexWeightLeft -= AnchoredRegex.weightOf(text);
      return regex;
    } catch (MalformedSelectorException e) {
      throw cursor.malformed(start, String.valueOf(e.getMessage()));
    }
  }
}
