package io.silverback.server.group.rules;

import io.silverback.codec.exposition.NameValidation;
import io.silverback.codec.model.GroupingKey;
import io.silverback.codec.model.Labels;
import io.silverback.server.group.select.AnchoredRegex;
import io.silverback.server.group.select.MalformedSelectorException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Makes other grouping labels of the value of one: if all of it matches, each label of {@code set}
 * gets the text of its template, and one whose text is empty goes.
 *
 * <p>A label that the client gave itself is never replaced, but for the one that was matched: if
 * one of the others is there with another value, the rule is passed over as a whole. Immutable and
 * thread-safe.
 */
public final class RewriteRule {
  /** Any value that a path can hold is shorter; templates can multiply values. */
  private static final int MAX_VALUE_LENGTH = 64 * 1024;

  private final String label;
  private final AnchoredRegex regex;
  private final Map<String, RewriteTemplate> set;

  private RewriteRule(String label, AnchoredRegex regex, Map<String, RewriteTemplate> set) {
    this.label = label;
    this.regex = regex;
    this.set = set;
  }

  /** What a rule makes of a key. */
  sealed interface Result {
    record Passed() implements Result {}

    record Rewritten(GroupingKey key) implements Result {}

    record Invalid(String reason) implements Result {}
  }

  /**
   * The rule that an operator wrote.
   *
   * @param set templates by the names of the labels that they set
   * @throws MalformedRuleException if it is not valid
   */
  static RewriteRule of(String label, String regex, Map<String, String> set, long maxRegexWeight) {
    requireGroupingLabel("label", label);
    if (regex.isEmpty()) {
      throw new MalformedRuleException("regex", "is missing");
    }
    AnchoredRegex compiled;
    try {
      compiled = AnchoredRegex.compile(regex, maxRegexWeight);
    } catch (MalformedSelectorException e) {
      throw new MalformedRuleException("regex", String.valueOf(e.getMessage()));
    }
    if (set.isEmpty()) {
      throw new MalformedRuleException("set", "names no label to set");
    }
    Map<String, RewriteTemplate> templates = new TreeMap<>();
    set.forEach(
        (name, template) -> {
          requireGroupingLabel("set." + name, name);
          try {
            templates.put(name, RewriteTemplate.parse(template, compiled));
          } catch (IllegalArgumentException e) {
            throw new MalformedRuleException("set." + name, String.valueOf(e.getMessage()));
          }
        });
    return new RewriteRule(label, compiled, templates);
  }

  private static void requireGroupingLabel(String part, String name) {
    // Names that every server takes, whatever its flags say.
    if (!NameValidation.LEGACY.isLabelName(name) || name.startsWith("__")) {
      throw new MalformedRuleException(
          part, "no name of a grouping label: name=\"%s\"".formatted(name));
    }
  }

  /** What the regular expression takes of what all together may weigh. */
  long regexWeight() {
    return AnchoredRegex.weightOf(regex.toString());
  }

  Result apply(GroupingKey key) {
    Optional<String> value = key.labels().value(label);
    Optional<List<String>> captures = value.flatMap(regex::captures);
    if (value.isEmpty() || captures.isEmpty()) {
      return new Result.Passed();
    }
    Map<String, String> labels = new TreeMap<>();
    Labels old = key.labels();
    for (int i = 0; i < old.size(); i++) {
      labels.put(old.name(i), old.value(i));
    }
    for (var entry : set.entrySet()) {
      String name = entry.getKey();
      String text = entry.getValue().expand(captures.get());
      if (text.length() > MAX_VALUE_LENGTH) {
        return invalid(name, "a value of " + text.length() + " characters", value.get());
      }
      if (!name.equals(label) && old.value(name).filter(given -> !given.equals(text)).isPresent()) {
        return new Result.Passed();
      }
      if (text.isEmpty()) {
        labels.remove(name);
      } else {
        labels.put(name, text);
      }
    }
    if (!labels.containsKey(GroupingKey.JOB)) {
      return invalid(GroupingKey.JOB, "no value", value.get());
    }
    return new Result.Rewritten(new GroupingKey(Labels.of(labels)));
  }

  private Result invalid(String name, String gets, String value) {
    String shown = value.length() > 200 ? value.substring(0, 200) + "..." : value;
    return new Result.Invalid("the label " + name + " gets " + gets + ": " + label + "=" + shown);
  }

  @Override
  public String toString() {
    return label + "=~\"" + regex + "\" -> " + set;
  }
}
