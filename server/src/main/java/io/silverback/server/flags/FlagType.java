package io.silverback.server.flags;

/** How the text of a flag becomes its value, and which texts are refused. */
@FunctionalInterface
interface FlagType<T> {
  /**
   * Reads a value.
   *
   * @param name of the flag, for the message
   * @throws StartUpException with one line that says what the value must be
   */
  T read(String name, String given);

  /** What to throw for a value that is refused. */
  static StartUpException bad(String name, String given, String wanted) {
    return new StartUpException("--" + name + " must be " + wanted + ": " + name + "=" + given);
  }
}
