package io.silverback.server.yaml;

import java.nio.file.Path;

/**
 * Says what is wrong with a configuration file, or with a file that it names, and where. The
 * message holds no secret: neither hashes nor keys nor a line of the file.
 */
public final class ConfigException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final String message;

  public ConfigException(String message) {
    super(message);
    this.message = message;
  }

  /** What is wrong, and where; never null. */
  @Override
  public String getMessage() {
    return message;
  }

  /** A fault in a line of the configuration, counted from 1. */
  public static ConfigException inLine(Path file, int line, String key, String problem) {
    return new ConfigException(problem + ": file=" + file + " line=" + line + " key=" + key);
  }

  /** A fault in the configuration that is no matter of one line. */
  public static ConfigException inFile(Path file, String problem) {
    return new ConfigException(problem + ": file=" + file);
  }
}
