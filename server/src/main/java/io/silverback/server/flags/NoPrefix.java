package io.silverback.server.flags;

import picocli.CommandLine.INegatableOptionTransformer;
import picocli.CommandLine.Model.CommandSpec;

/** Spells the opposite of {@code --web.x} as {@code --no-web.x}; picocli itself stops at dots. */
final class NoPrefix implements INegatableOptionTransformer {
  @Override
  public String makeNegative(String optionName, CommandSpec command) {
    return optionName.startsWith("--") ? "--no-" + optionName.substring(2) : optionName;
  }

  @Override
  public String makeSynopsis(String optionName, CommandSpec command) {
    return optionName.startsWith("--") ? "--[no-]" + optionName.substring(2) : optionName;
  }
}
