package io.silverback.server.flags;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/** What is worth a line of the log at the start, and stops nothing. */
final class FlagWarnings {
  private FlagWarnings() {}

  static List<Flags.Warning> of(Map<String, String> environment) {
    Set<String> known = Flags.TABLE.stream().map(Flag::variable).collect(Collectors.toSet());
    return environment.keySet().stream()
        .filter(name -> name.startsWith(Flag.VARIABLE_PREFIX) && !known.contains(name))
        .sorted()
        .map(name -> new Flags.Warning("environment variable stands for no flag, ignored", name))
        .toList();
  }
}
