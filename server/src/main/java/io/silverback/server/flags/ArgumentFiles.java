package io.silverback.server.flags;

import io.silverback.server.log.FileFailure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Arguments {@code @FILE}, each replaced by the lines of that file. */
public final class ArgumentFiles {
  private static final int MAX_BYTES = 1024 * 1024;

  private ArgumentFiles() {}

  /**
   * The arguments with those lines in place of their files.
   *
   * @throws StartUpException if a file cannot be read
   */
  public static List<String> expand(List<String> arguments) {
    var expanded = new ArrayList<String>();
    for (String argument : arguments) {
      if (!argument.startsWith("@")) {
        expanded.add(argument);
        continue;
      }
      try {
        Path file = Path.of(argument.substring(1));
        if (Files.size(file) > MAX_BYTES) {
          throw new StartUpException("argument file is over 1 MiB: file=" + file);
        }
        Files.readAllLines(file).stream()
            .filter(line -> !line.isBlank() && !line.startsWith("#"))
            .forEach(expanded::add);
      } catch (IOException e) {
        throw new StartUpException(
            "cannot read the argument file, "
                + FileFailure.reason(e)
                + ": file="
                + argument.substring(1));
      } catch (InvalidPathException e) {
        throw new StartUpException("not the path of an argument file: argument=" + argument);
      }
    }
    return expanded;
  }
}
