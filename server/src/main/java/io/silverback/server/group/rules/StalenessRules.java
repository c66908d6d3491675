package io.silverback.server.group.rules;

import io.silverback.codec.model.GroupingKey;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/** Rules of which the first one that applies to a group counts. Immutable and thread-safe. */
public record StalenessRules(List<StalenessRule> rules) {
  /** By which no group expires. */
  public static final StalenessRules NONE = new StalenessRules(List.of());

  public StalenessRules {
    rules = List.copyOf(rules);
  }

  public Optional<StalenessRule> ruleFor(GroupingKey key) {
    for (StalenessRule rule : rules) {
      if (rule.appliesTo(key)) {
        return Optional.of(rule);
      }
    }
    return Optional.empty();
  }

  /** No group expires that was quiet for less; empty if no group ever does. */
  public Optional<Duration> shortestPatience() {
    return rules.stream()
        .map(StalenessRule::shortestPatience)
        .flatMap(Optional::stream)
        .min(Comparator.naturalOrder());
  }
}
