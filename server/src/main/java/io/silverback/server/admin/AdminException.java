package io.silverback.server.admin;

/** Ends a command, and says in one line for the operator why and what to change. */
final class AdminException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final int exitCode;

  private AdminException(int exitCode, String message) {
    super(message, null, false, false);
    this.exitCode = exitCode;
  }

  static AdminException failed(String message) {
    return new AdminException(ExitCode.FAILED, message);
  }

  static AdminException wrongUsage(String message) {
    return new AdminException(ExitCode.WRONG_USAGE, message);
  }

  int exitCode() {
    return exitCode;
  }
}
