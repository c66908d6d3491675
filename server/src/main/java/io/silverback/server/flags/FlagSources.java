package io.silverback.server.flags;

import io.silverback.server.config.Configuration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Where the values of flags come from, besides the configuration file: the command line beats the
 * environment, which beats that file, which beats the default.
 *
 * @param commandLine by the names of the flags
 * @param environment of the process
 */
record FlagSources(Map<String, List<String>> commandLine, Map<String, String> environment) {
  FlagValues with(Configuration configuration) {
    var texts = new LinkedHashMap<String, List<String>>();
    for (Flag<?> flag : Flags.TABLE) {
      Configuration.FlagValue inFile = configuration.flags().get(flag.name());
      List<String> otherwise = inFile == null ? List.of(flag.standard()) : inFile.texts();
      texts.put(flag.name(), given(flag).orElse(otherwise));
    }
    return new FlagValues(texts);
  }

  /** What the command line says, else the environment; empty if neither does. */
  Optional<List<String>> given(Flag<?> flag) {
    return Optional.ofNullable(commandLine.get(flag.name()))
        .or(() -> Optional.ofNullable(environment.get(flag.variable())).map(List::of));
  }
}
