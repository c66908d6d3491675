package io.silverback.server.group.select;

import io.silverback.codec.model.GroupingKey;
import io.silverback.codec.model.Labels;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/**
 * The series that fulfil all of some conditions. Immutable and thread-safe.
 *
 * @param text what {@link #parse} makes it of
 */
public record SeriesSelector(List<LabelMatcher> matchers, String text) {
  /** Without a condition. */
  public static final SeriesSelector ALL = new SeriesSelector(List.of(), "{}");

  /** Bounds the memory of all regular expressions that are parsed at once: about 20 MB. */
  public static final long MAX_REGEX_WEIGHT = 100_000;

  /** What the names of the series of a family end with. */
  private static final List<String> PARTS = List.of("", "_sum", "_count", "_bucket");

  public SeriesSelector {
    matchers = List.copyOf(matchers);
  }

  /**
   * Reads a selector of Prometheus' query language, such as {@code up{job="x",instance=~"a.*"}} or
   * {@code {"my.metric","my.label"!="v"}}. Words that this language reserves, like {@code on}, are
   * names here.
   *
   * @throws MalformedSelectorException if the text is not valid, or one that could match a series
   *     without any label
   */
  public static SeriesSelector parse(String text) {
    return parse(List.of(text)).getFirst();
  }

  /** Reads the selectors of one request, whose regular expressions share one limit. */
  public static List<SeriesSelector> parse(List<String> texts) {
    var selectors = new ArrayList<SeriesSelector>(texts.size());
    long regexWeight = MAX_REGEX_WEIGHT;
    for (String text : texts) {
      var parser = new SelectorParser(text, regexWeight);
      selectors.add(parser.parse());
      regexWeight = parser.regexWeightLeft();
    }
    return List.copyOf(selectors);
  }

  /**
   * The series that fulfil those conditions, which all series may do.
   *
   * <p>{@link #parse} takes no text that could mean series without labels. That a series has a name
   * is true of all, and makes it take this one.
   */
  public static SeriesSelector of(List<LabelMatcher> matchers) {
    var text = new StringBuilder("{" + LabelMatcher.NAME + "!=\"\"");
    matchers.forEach(matcher -> text.append(',').append(matcher.text()));
    return new SeriesSelector(matchers, text.append('}').toString());
  }

  /** True if the series of that name and those labels, grouping labels included, is meant. */
  public boolean matches(String name, Labels labels) {
    for (LabelMatcher matcher : matchers) {
      String value =
          matcher.label().equals(LabelMatcher.NAME)
              ? name
              : labels.value(matcher.label()).orElse("");
      if (!matcher.matches(value)) {
        return false;
      }
    }
    return true;
  }

  /** False if no series of a family of that name can match, nor one of its parts. */
  public boolean mayMatchFamily(String name) {
    return PARTS.stream().anyMatch(part -> mayMatchName(name + part));
  }

  /**
   * False if the name of a metric is asked for that none has, or a job that has no group: each
   * series has the job of its group.
   *
   * @param isKnown whether there may be a family of a name
   * @param hasGroups whether there may be a group of a job
   */
  public boolean mayMatchAny(Predicate<String> isKnown, Predicate<String> hasGroups) {
    for (LabelMatcher matcher : matchers) {
      if (matcher instanceof LabelMatcher.Equal(String label, String value)) {
        boolean mayMatch =
            switch (label) {
              case LabelMatcher.NAME ->
                  PARTS.stream().anyMatch(part -> isPartOfKnown(value, part, isKnown));
              case GroupingKey.JOB -> hasGroups.test(value);
              default -> true;
            };
        if (!mayMatch) {
          return false;
        }
      }
    }
    return true;
  }

  private static boolean isPartOfKnown(String name, String part, Predicate<String> isKnown) {
    return name.endsWith(part) && isKnown.test(name.substring(0, name.length() - part.length()));
  }

  private boolean mayMatchName(String name) {
    return matchers.stream()
        .allMatch(matcher -> !matcher.label().equals(LabelMatcher.NAME) || matcher.matches(name));
  }

  /** False if no series of that group can match, since grouping labels override those pushed. */
  public boolean mayMatch(GroupingKey key) {
    for (LabelMatcher matcher : matchers) {
      if (!key.labels().value(matcher.label()).map(matcher::matches).orElse(true)) {
        return false;
      }
    }
    return true;
  }
}
