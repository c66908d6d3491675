package io.silverback.server.admin;

/** What the process tells the script that started it. */
final class ExitCode {
  static final int FINE = 0;

  /** The server cannot be reached, or refuses. */
  static final int FAILED = 1;

  static final int WRONG_USAGE = 2;

  /** The command worked, and what it says is that an operator should look. */
  static final int NEEDS_OPERATOR = 3;

  /** What was waited for did not come in time. */
  static final int TIMED_OUT = 4;

  private ExitCode() {}
}
