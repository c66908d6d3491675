package io.silverback.server.config;

import io.silverback.server.config.Configuration.FlagValue;
import io.silverback.server.yaml.Faults;
import io.silverback.server.yaml.YamlSection;
import io.silverback.server.yaml.YamlValue.Text;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Reads the section with flags: each name with a value, or a list of values. */
final class FlagsSection {
  private FlagsSection() {}

  static Map<String, FlagValue> read(YamlSection root, String key, Faults faults) {
    var flags = new LinkedHashMap<String, FlagValue>();
    YamlSection section = faults.attempt(root, () -> root.section(key));
    if (section == root) {
      return flags;
    }
    for (String name : section.keys()) {
      List<Text> texts = faults.attempt(List.of(), () -> section.oneOrList(name));
      if (!texts.isEmpty()) {
        int line = texts.getFirst().line();
        flags.put(name, new FlagValue(texts.stream().map(Text::text).toList(), line));
      }
    }
    return flags;
  }
}
