package io.silverback.server.flags;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParseResult;

/** Reads the arguments of the process by the table of flags. */
final class CommandLineReader {
  static final List<String> HELP = List.of("-h", "--help", "--help-long", "--help-man");
  static final List<String> VERSION = List.of("-v", "--version");

  private CommandLineReader() {}

  /**
   * What the arguments say.
   *
   * @param values of the flags that are given, by their names
   */
  record Read(boolean help, boolean version, Map<String, List<String>> values) {}

  /**
   * Reads the arguments, without the values that the flags must have.
   *
   * @throws StartUpException with one line that says what to change
   */
  static Read read(List<String> arguments) {
    // A word in place of a flag, as other servers of this kind take it.
    if (arguments.equals(List.of("help"))) {
      return new Read(true, false, Map.of());
    }
    if (arguments.equals(List.of("version"))) {
      return new Read(false, true, Map.of());
    }
    var command = new CommandLine(specification()).setExpandAtFiles(false);
    command.setNegatableOptionTransformer(new NoPrefix());
    try {
      ParseResult parsed = command.parseArgs(arguments.toArray(String[]::new));
      return new Read(
          parsed.hasMatchedOption("--help"), parsed.hasMatchedOption("--version"), values(parsed));
    } catch (CommandLine.UnmatchedArgumentException e) {
      throw new StartUpException(unknown(e.getUnmatched().getFirst()));
    } catch (CommandLine.ParameterException e) {
      String reason = String.valueOf(e.getMessage()).lines().findFirst().orElse("");
      throw new StartUpException(reason + ", try --help");
    }
  }

  private static String unknown(String argument) {
    if (argument.startsWith("--")) {
      String given = argument.split("=", 2)[0];
      return "unknown long flag '" + given + "', try --help" + hint(given);
    }
    return argument.startsWith("-")
        ? "unknown short flag '" + argument + "', try --help"
        : "unexpected " + argument + ", try --help";
  }

  private static String hint(String given) {
    Stream<String> flags =
        Flags.TABLE.stream()
            .flatMap(
                flag ->
                    flag.kind() == Flag.Kind.SWITCH
                        ? Stream.of(flag.option(), "--no-" + flag.name())
                        : Stream.of(flag.option()));
    List<String> known = Stream.concat(flags, Stream.of("--help", "--version")).toList();
    return Spelling.closest(given, known).map(it -> "; did you mean " + it + "?").orElse("");
  }

  private static Map<String, List<String>> values(ParseResult parsed) {
    var values = new LinkedHashMap<String, List<String>>();
    for (Flag<?> flag : Flags.TABLE) {
      if (parsed.hasMatchedOption(flag.option())) {
        Object value = parsed.matchedOptionValue(flag.option(), (Object) "");
        values.put(
            flag.name(),
            value instanceof List<?> several
                ? several.stream().map(String::valueOf).toList()
                : List.of(String.valueOf(value)));
      }
    }
    return values;
  }

  private static CommandSpec specification() {
    var command = CommandSpec.create().name("silverback");
    command.addOption(OptionSpec.builder(HELP.toArray(String[]::new)).usageHelp(true).build());
    command.addOption(OptionSpec.builder(VERSION.toArray(String[]::new)).versionHelp(true).build());
    for (Flag<?> flag : Flags.TABLE) {
      var option = OptionSpec.builder(flag.option()).paramLabel("VALUE");
      switch (flag.kind()) {
        case SINGLE -> option.type(String.class);
        case SWITCH ->
            option.type(Boolean.class).arity("0..1").fallbackValue("true").negatable(true);
        case LIST -> option.type(List.class).auxiliaryTypes(String.class).arity("1");
      }
      command.addOption(option.build());
    }
    return command;
  }
}
