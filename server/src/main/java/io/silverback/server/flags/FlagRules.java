package io.silverback.server.flags;

import io.silverback.server.config.Configuration;
import io.silverback.server.yaml.ConfigException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** What must hold for flags: for each alone, and between them. */
final class FlagRules {
  private FlagRules() {}

  /**
   * Checks all flags.
   *
   * @throws StartUpException of the first one that is wrong
   */
  static void requireAll(FlagValues flags) {
    for (Flag<?> flag : Flags.TABLE) {
      flags.all(flag);
    }
    ClusterRules.all().forEach(rule -> rule.check().accept(flags));
  }

  /** What is wrong with the flags of a configuration file, each looked at alone, a line each. */
  static List<String> problems(Path file, Configuration configuration) {
    var problems = new ArrayList<String>();
    configuration
        .flags()
        .forEach(
            (name, value) ->
                problem(name, value)
                    .ifPresent(
                        reason ->
                            problems.add(
                                ConfigException.inLine(file, value.line(), "flags." + name, reason)
                                    .getMessage())));
    return List.copyOf(problems);
  }

  private static Optional<String> problem(String name, Configuration.FlagValue value) {
    if (name.equals(ServerFlags.CONFIG_FILE.name())) {
      return Optional.of("a file cannot name another one");
    }
    Optional<Flag<?>> known =
        Flags.TABLE.stream().filter(flag -> flag.name().equals(name)).findAny();
    if (known.isEmpty()) {
      List<String> names = Flags.TABLE.stream().map(Flag::name).toList();
      String hint =
          Spelling.closest(name, names).map(it -> "; did you mean " + it + "?").orElse("");
      return Optional.of("unknown flag, try --help" + hint);
    }
    if (value.texts().size() > 1 && known.get().kind() != Flag.Kind.LIST) {
      return Optional.of("expected a single value");
    }
    return value.texts().stream().flatMap(text -> problem(known.get(), text).stream()).findFirst();
  }

  private static Optional<String> problem(Flag<?> flag, String text) {
    try {
      flag.read(text);
      return Optional.empty();
    } catch (StartUpException e) {
      return Optional.of(String.valueOf(e.getMessage()));
    }
  }
}
