package io.silverback.server.group.rules;

import io.silverback.codec.model.GroupingKey;
import io.silverback.server.group.select.SeriesSelector;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * What grouping keys of requests become before anything else sees them: each rule is applied to
 * what those before it made of the key. Pure, immutable and thread-safe.
 */
public final class RewriteRules {
  public static final RewriteRules NONE = new RewriteRules(List.of());

  private static final int MAX_RULES = 100;

  private final List<RewriteRule> rules;

  private RewriteRules(List<RewriteRule> rules) {
    this.rules = List.copyOf(rules);
  }

  /** What became of a key. */
  public sealed interface Outcome {
    /** The key to go on with, which may be the one that was asked about. */
    record Key(GroupingKey key) implements Outcome {}

    /** A rule makes of it what is no grouping key. The reason, for the client, names both. */
    record Invalid(String reason) implements Outcome {}
  }

  /** Collects rules in their order. Not thread-safe. */
  public static final class Builder {
    private final List<RewriteRule> rules = new ArrayList<>();
    private long regexWeightLeft = SeriesSelector.MAX_REGEX_WEIGHT;

    /**
     * Adds a rule.
     *
     * @param label whose value must match
     * @param regex in RE2's syntax; all of the value must match
     * @param set templates by the names of the labels that they set
     * @throws MalformedRuleException if that is no rule
     */
    public Builder add(String label, String regex, Map<String, String> set) {
      if (rules.size() == MAX_RULES) {
        throw new MalformedRuleException("", "there are more rules than " + MAX_RULES);
      }
      RewriteRule rule = RewriteRule.of(label, regex, set, regexWeightLeft);
      regexWeightLeft -= rule.regexWeight();
      rules.add(rule);
      return this;
    }

    /**
     * Adds the rules known by a name: {@code flink} takes the random suffix of 32 hexadecimal
     * digits off the job and makes the instance of it.
     *
     * @throws MalformedRuleException if there are none
     */
    public Builder addPreset(String name) {
      if (!name.equals("flink")) {
        throw new MalformedRuleException("preset", "there is none of that name, only flink");
      }
      return add("job", "(.+)([0-9a-f]{32})", Map.of("job", "$1", "instance", "$2"));
    }

    public RewriteRules build() {
      return rules.isEmpty() ? NONE : new RewriteRules(rules);
    }
  }

  public Outcome apply(GroupingKey key) {
    GroupingKey current = key;
    for (RewriteRule rule : rules) {
      switch (rule.apply(current)) {
        case RewriteRule.Result.Passed() -> {}
        case RewriteRule.Result.Rewritten(var next) -> current = next;
        case RewriteRule.Result.Invalid(var reason) -> {
          return new Outcome.Invalid("rewrite rule " + rule + " cannot be applied, " + reason);
        }
      }
    }
    return new Outcome.Key(current);
  }

  /** Number of rules. */
  public int size() {
    return rules.size();
  }
}
