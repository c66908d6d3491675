package io.silverback.server.flags;

import io.silverback.server.config.Configuration;
import io.silverback.server.config.ConfigurationReader;
import io.silverback.server.config.ConfigurationReader.Result;
import io.silverback.server.permission.PermissionFile;
import io.silverback.server.remotewrite.RemoteWriteConfig;
import io.silverback.server.web.WebConfigFile;
import io.silverback.server.yaml.ConfigException;
import java.io.PrintStream;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * One run of {@code silverback check-config}: says all for which a server would not start with a
 * configuration file.
 *
 * <p>The file is looked at together with the environment and with the flags that are given beside
 * it, as some flags mean something only with others. No port and no store is opened, so the check
 * may run beside the server.
 */
public final class CheckConfig {
  private static final String COMMAND = "check-config";
  private static final String USAGE = "silverback check-config FILE [<flags>]";
  private static final List<String> HELP =
      List.of(
          "Says all for which a server would not start with the configuration FILE, a line each.",
          "Name the flags that the server gets on its command line, too: the environment counts as"
              + " well.",
          "Ends with 0 if there is nothing to say, else with 1.");

  private final Path file;
  private final FlagSources sources;
  private final Set<String> faults = new LinkedHashSet<>();

  private CheckConfig(Path file, FlagSources sources) {
    this.file = file;
    this.sources = sources;
  }

  /** True if these arguments of the process ask for it. */
  public static boolean isAskedFor(List<String> arguments) {
    return !arguments.isEmpty() && arguments.getFirst().equals(COMMAND);
  }

  /**
   * Checks the file and returns the exit code: 0 only if a server would take it.
   *
   * @param arguments the name of the command, the file, then flags of the server
   */
  public static int run(
      List<String> arguments,
      Map<String, String> environment,
      PrintStream output,
      PrintStream errors) {
    List<String> given = arguments.subList(1, arguments.size());
    if (given.isEmpty()) {
      errors.print(HelpText.ofCommand(USAGE, HELP, environment));
      return 1;
    }
    if (given.stream().anyMatch(CommandLineReader.HELP::contains)) {
      output.print(HelpText.ofCommand(USAGE, HELP, environment));
      return 0;
    }
    try {
      var flags = CommandLineReader.read(given.subList(1, given.size())).values();
      var check = new CheckConfig(Path.of(given.getFirst()), new FlagSources(flags, environment));
      Configuration configuration = check.look();
      if (check.faults.isEmpty()) {
        output.println(
            "ok: staleness rules=%d flags=%d rewrite rules=%d remote write targets=%d"
                .formatted(
                    configuration.staleness().size(),
                    configuration.flags().size(),
                    configuration.rewrite().size(),
                    configuration.remoteWrite().size()));
        for (RemoteWriteConfig target : configuration.remoteWrite()) {
          if (!target.meaningless().isEmpty()) {
            output.println(
                "note: keys of a remote_write that change nothing here: remote_name=%s keys=%s"
                    .formatted(target.name(), String.join(",", target.meaningless())));
          }
        }
        return 0;
      }
      check.faults.forEach(errors::println);
    } catch (StartUpException e) {
      errors.println(e.getMessage());
    } catch (InvalidPathException e) {
      errors.println("not the path of a file: file=" + given.getFirst());
    }
    return 1;
  }

  private Configuration look() {
    Result read = ConfigurationReader.readAll(file);
    Configuration configuration = read.configuration();
    faults.addAll(read.faults());
    faults.addAll(FlagRules.problems(file, configuration));
    FlagValues values = sources.with(configuration);
    for (Flag<?> flag : Flags.TABLE) {
      if (!isFromFile(flag, configuration)) {
        look(new FlagRule(flag, flags -> flags.all(flag)), values, configuration);
      }
    }
    FlagRules.all().forEach(rule -> look(rule, values, configuration));
    FlagRules.ofFiles().forEach(rule -> look(rule, values, configuration));
    lookAtWhole(values, configuration);
    lookAtWebFiles(values);
    return configuration;
  }

  private void lookAtWhole(FlagValues values, Configuration configuration) {
    try {
      FlagRules.ofFile(values, configuration)
          .ifPresent(reason -> faults.add(ConfigException.inFile(file, reason).getMessage()));
    } catch (StartUpException _) {
      // A flag that it is about was looked at already.
    }
  }

  /** Their faults have lines of their own, in the files that they are in. */
  private void lookAtWebFiles(FlagValues values) {
    Optional<Path> web = file(ServerFlags.WEB_CONFIG_FILE, values);
    List<String> ofWeb = web.map(WebConfigFile::faults).orElse(List.of());
    add(ServerFlags.WEB_CONFIG_FILE, ofWeb);
    Optional<Path> permissions = file(ServerFlags.PERMISSIONS_FILE, values);
    if (permissions.isPresent()) {
      add(
          ServerFlags.PERMISSIONS_FILE,
          ofWeb.isEmpty()
              ? PermissionFile.faults(
                  permissions.get(), web.map(it -> WebConfigFile.open(it).current()))
              : PermissionFile.faults(permissions.get()));
    }
  }

  private static Optional<Path> file(Flag<Optional<Path>> flag, FlagValues values) {
    try {
      return values.get(flag);
    } catch (StartUpException e) {
      return Optional.empty(); // It was looked at as a flag already.
    }
  }

  private void add(Flag<?> flag, List<String> found) {
    found.forEach(fault -> faults.add(flag.option() + ": " + fault));
  }

  private void look(FlagRule rule, FlagValues values, Configuration configuration) {
    try {
      rule.check().accept(values);
    } catch (StartUpException e) {
      String reason = String.valueOf(e.getMessage());
      String located = located(rule.about(), reason, configuration);
      // Many rules need the same flag, which is wrong only once.
      if (faults.stream().noneMatch(fault -> fault.startsWith(reason))) {
        faults.add(located);
      }
    }
  }

  private boolean isFromFile(Flag<?> flag, Configuration configuration) {
    return configuration.flags().containsKey(flag.name()) && sources.given(flag).isEmpty();
  }

  /** With the line of the file, if the value comes from there. */
  private String located(Flag<?> about, String reason, Configuration configuration) {
    Configuration.FlagValue inFile = configuration.flags().get(about.name());
    return inFile == null || !isFromFile(about, configuration)
        ? reason
        : ConfigException.inLine(file, inFile.line(), "flags." + about.name(), reason).getMessage();
  }
}
