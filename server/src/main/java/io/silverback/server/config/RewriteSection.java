package io.silverback.server.config;

import io.silverback.server.group.rules.MalformedRuleException;
import io.silverback.server.group.rules.RewriteRules;
import io.silverback.server.yaml.ConfigException;
import io.silverback.server.yaml.Faults;
import io.silverback.server.yaml.YamlSection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Reads the section with the rules that rewrite grouping keys. */
final class RewriteSection {
  private static final String PRESET = "preset";
  private static final String LABEL = "label";
  private static final String REGEX = "regex";
  private static final String SET = "set";

  private static final Set<String> KEYS = Set.of(PRESET, LABEL, REGEX, SET);

  private RewriteSection() {}

  static RewriteRules read(YamlSection root, String key, Faults faults) {
    var rules = new RewriteRules.Builder();
    for (int i = 0; i < root.size(key); i++) {
      int index = i;
      faults.attempt(
          Optional.empty(),
          () -> {
            YamlSection rule = root.item(key, index);
            int known = faults.count();
            faults.addUnknownKeys(rule, KEYS);
            if (!faults.areMoreThan(known)) {
              add(rule, rules);
            }
            return Optional.empty();
          });
    }
    return rules.build();
  }

  private static void add(YamlSection rule, RewriteRules.Builder rules) {
    try {
      if (rule.has(PRESET)) {
        for (String other : List.of(LABEL, REGEX, SET)) {
          if (rule.has(other)) {
            throw rule.fault(other, "says nothing beside " + PRESET);
          }
        }
        rules.addPreset(rule.text(PRESET));
        return;
      }
      for (String needed : List.of(LABEL, REGEX, SET)) {
        if (!rule.has(needed)) {
          throw rule.fault("", "needs " + needed + ", or a " + PRESET + " instead of all");
        }
      }
      Map<String, String> set = new LinkedHashMap<>();
      rule.texts(SET).forEach((name, template) -> set.put(name, template.text()));
      rules.add(rule.text(LABEL), rule.text(REGEX), set);
    } catch (MalformedRuleException e) {
      throw fault(rule, e);
    }
  }

  private static ConfigException fault(YamlSection rule, MalformedRuleException malformed) {
    String reason = String.valueOf(malformed.getMessage());
    String inSet = SET + ".";
    return malformed.part().startsWith(inSet)
        ? rule.section(SET).fault(malformed.part().substring(inSet.length()), reason)
        : rule.fault(malformed.part(), reason);
  }
}
