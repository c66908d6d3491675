package io.silverback.server.config;

import io.silverback.server.group.rules.StalenessRule;
import io.silverback.server.group.select.LabelMatcher;
import io.silverback.server.group.select.MalformedSelectorException;
import io.silverback.server.group.select.SeriesSelector;
import io.silverback.server.yaml.Faults;
import io.silverback.server.yaml.YamlSection;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Reads the section with the staleness rules. */
final class StalenessSection {
  private static final String MATCH = "match";
  private static final String PRESET = "preset";
  private static final String TTL = "ttl";
  private static final String MISSED_PUSHES = "missed_pushes";
  private static final String NEVER_EXPIRE = "never_expire";
  private static final String KEEP_PUSH_TIME = "keep_push_time";
  private static final String PURGE_AFTER = "purge_after";

  private static final Set<String> KEYS =
      Set.of(MATCH, PRESET, TTL, MISSED_PUSHES, NEVER_EXPIRE, KEEP_PUSH_TIME, PURGE_AFTER);

  /** Flink adds a random id to the job name of each process, unless it is told not to. */
  private static final Map<String, String> PRESETS = Map.of("flink", "{job=~\".*[0-9a-f]{32}\"}");

  private static final Duration SHORTEST_TTL = Duration.ofSeconds(1);

  /** One push may always be late. */
  private static final int FEWEST_MISSED_PUSHES = 2;

  private StalenessSection() {}

  static List<StalenessRule> read(YamlSection root, String key, Faults faults) {
    var rules = new ArrayList<StalenessRule>();
    for (int i = 0; i < root.size(key); i++) {
      int index = i;
      faults
          .attempt(Optional.<YamlSection>empty(), () -> Optional.of(root.item(key, index)))
          .ifPresent(rule -> add(rule, rules, faults));
    }
    return rules;
  }

  private static void add(YamlSection rule, List<StalenessRule> rules, Faults faults) {
    int before = faults.count();
    StalenessRule read = read(rule, rules, faults);
    if (!faults.areMoreThan(before)) {
      rules.add(read);
    }
  }

  /** Reads each key although others are at fault, so that one look at a file finds all faults. */
  private static StalenessRule read(YamlSection rule, List<StalenessRule> before, Faults faults) {
    if (!before.isEmpty() && before.getLast().groups().equals(SeriesSelector.ALL)) {
      faults.add(rule.fault("", "the rule before is for all groups, so this one is never reached"));
    }
    int known = faults.count();
    faults.addUnknownKeys(rule, KEYS);
    boolean isMisspelled = faults.areMoreThan(known);
    SeriesSelector groups = faults.attempt(SeriesSelector.ALL, () -> groups(rule));
    if (faults.attempt(false, () -> rule.flag(NEVER_EXPIRE, false))) {
      for (String other : List.of(TTL, MISSED_PUSHES, KEEP_PUSH_TIME, PURGE_AFTER)) {
        if (rule.has(other)) {
          faults.add(rule.fault(other, "says nothing beside " + NEVER_EXPIRE));
        }
      }
      return new StalenessRule(groups, Duration.ZERO, 0, false, StalenessRule.USUAL_PURGE);
    }
    if (!rule.has(TTL) && !rule.has(MISSED_PUSHES) && !isMisspelled) {
      faults.add(rule.fault("", "needs " + TTL + ", " + MISSED_PUSHES + " or " + NEVER_EXPIRE));
    }
    Duration ttl = faults.attempt(Duration.ZERO, () -> ttl(rule));
    int missedPushes = faults.attempt(0, () -> missedPushes(rule));
    boolean keepsPushTime = faults.attempt(false, () -> rule.flag(KEEP_PUSH_TIME, false));
    Duration purgeAfter =
        rule.has(PURGE_AFTER)
            ? faults.attempt(StalenessRule.USUAL_PURGE, () -> rule.duration(PURGE_AFTER))
            : StalenessRule.USUAL_PURGE;
    return new StalenessRule(groups, ttl, missedPushes, keepsPushTime, purgeAfter);
  }

  private static SeriesSelector groups(YamlSection rule) {
    if (rule.has(MATCH) && rule.has(PRESET)) {
      throw rule.fault(PRESET, "is short for a " + MATCH + ", so only one of them may be there");
    }
    if (rule.has(PRESET)) {
      String selector = PRESETS.get(rule.text(PRESET));
      if (selector == null) {
        throw rule.fault(PRESET, "expected flink but got", rule.located(PRESET));
      }
      return SeriesSelector.parse(selector);
    }
    return rule.has(MATCH) ? parsed(rule, rule.text(MATCH)) : SeriesSelector.ALL;
  }

  private static SeriesSelector parsed(YamlSection rule, String text) {
    try {
      SeriesSelector selector = SeriesSelector.parse(text);
      if (selector.matchers().stream().anyMatch(it -> it.label().equals(LabelMatcher.NAME))) {
        throw rule.fault(MATCH, "groups have grouping labels, but no metric name");
      }
      return selector;
    } catch (MalformedSelectorException e) {
      throw rule.fault(MATCH, String.valueOf(e.getMessage()));
    }
  }

  private static Duration ttl(YamlSection rule) {
    Duration ttl = rule.duration(TTL);
    if (rule.has(TTL) && ttl.compareTo(SHORTEST_TTL) < 0) {
      throw rule.fault(TTL, "must be 1s or more");
    }
    return ttl;
  }

  private static int missedPushes(YamlSection rule) {
    int missed = rule.count(MISSED_PUSHES);
    if (rule.has(MISSED_PUSHES) && missed < FEWEST_MISSED_PUSHES) {
      throw rule.fault(MISSED_PUSHES, "must be " + FEWEST_MISSED_PUSHES + " or more");
    }
    return missed;
  }
}
