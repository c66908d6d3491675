package io.silverback.server.flags;

import java.util.Locale;

/**
 * One flag: a row of the table, of the help and of the status page.
 *
 * @param name without dashes
 * @param type reads a value, and knows its bounds
 * @param standard the default, written as on the command line
 * @param isLive whether the flag follows the configuration file while the server runs
 */
record Flag<T>(
    String name, Kind kind, FlagType<T> type, String standard, String help, boolean isLive) {
  static final String VARIABLE_PREFIX = "SILVERBACK_";

  /** How a flag is written on the command line. */
  enum Kind {
    SINGLE,
    SWITCH,
    LIST
  }

  String option() {
    return "--" + name;
  }

  /** The name of the environment variable that sets it. */
  String variable() {
    return VARIABLE_PREFIX + name.replace('.', '_').replace('-', '_').toUpperCase(Locale.ROOT);
  }

  /**
   * Reads a value.
   *
   * @throws StartUpException with one line that says what the value must be
   */
  T read(String given) {
    return type.read(name, given);
  }
}
