package io.silverback.server.web;

import java.nio.file.Path;

/**
 * Says what is wrong with the web configuration, or with a file that it names, and where. The
 * message holds no secret: neither hashes nor keys nor a line of the file.
 */
public final class WebConfigException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final String message;

  WebConfigException(String message) {
    super(message);
    this.message = message;
  }

  /** What is wrong, and where; never null. */
  @Override
  public String getMessage() {
    return message;
  }

  /** A fault in a line of the configuration, counted from 1. */
  static WebConfigException inLine(Path file, int line, String key, String problem) {
    return new WebConfigException(problem + ": file=" + file + " line=" + line + " key=" + key);
  }

  /** A fault in the configuration that is no matter of one line. */
  static WebConfigException inFile(Path file, String problem) {
    return new WebConfigException(problem + ": file=" + file);
  }
}
