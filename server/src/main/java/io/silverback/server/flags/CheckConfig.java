package io.silverback.server.flags;

import io.silverback.server.config.Configuration;
import io.silverback.server.config.ConfigurationReader;
import io.silverback.server.config.MalformedConfigurationException;
import java.io.PrintStream;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;

/** One run of {@code silverback check-config}: says all that is wrong with a configuration file. */
public final class CheckConfig {
  private static final String COMMAND = "check-config";
  private static final String USAGE = "usage: silverback check-config FILE";

  private CheckConfig() {}

  /** True if these arguments of the process ask for it. */
  public static boolean isAskedFor(List<String> arguments) {
    return !arguments.isEmpty() && arguments.getFirst().equals(COMMAND);
  }

  /**
   * Checks the file and returns the exit code: 0 only if a server would take it.
   *
   * @param arguments the name of the command, then the file
   */
  public static int run(List<String> arguments, PrintStream output, PrintStream errors) {
    if (arguments.size() != 2) {
      errors.println(USAGE);
      return 1;
    }
    if (List.of("-h", "--help").contains(arguments.get(1))) {
      output.println(USAGE);
      return 0;
    }
    try {
      Path file = Path.of(arguments.get(1));
      Configuration configuration = ConfigurationReader.read(file);
      List<String> problems = FlagRules.problems(file, configuration);
      if (problems.isEmpty()) {
        output.println(
            "ok: staleness rules=%d flags=%d rewrite rules=%d"
                .formatted(
                    configuration.staleness().size(),
                    configuration.flags().size(),
                    configuration.rewrite().size()));
        return 0;
      }
      problems.forEach(errors::println);
    } catch (MalformedConfigurationException e) {
      e.problems().forEach(errors::println);
    } catch (InvalidPathException e) {
      errors.println("not the path of a file: file=" + arguments.get(1));
    }
    return 1;
  }
}
