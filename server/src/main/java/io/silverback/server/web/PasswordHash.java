package io.silverback.server.web;

import java.util.regex.Pattern;

/**
 * A bcrypt hash as the file has it. Printed without its text.
 *
 * @param text the hash, of whatever form
 * @param line where it stands, counted from 1
 */
public record PasswordHash(String text, int line) {
  private static final Pattern WELL_FORMED =
      Pattern.compile("\\$2[aby]\\$(0[4-9]|[12][0-9]|3[01])\\$[./A-Za-z0-9]{53}");
  private static final int COST_OFFSET = "$2y$".length();
  private static final int COST_LENGTH = 2;

  /** True if a password can match this at all. */
  public boolean isWellFormed() {
    return WELL_FORMED.matcher(text).matches();
  }

  /** The binary logarithm of the rounds, 4 to 31; only of a well-formed hash. */
  int cost() {
    return Integer.parseInt(text, COST_OFFSET, COST_OFFSET + COST_LENGTH, 10);
  }

  @Override
  public String toString() {
    return "PasswordHash[line=" + line + "]";
  }
}
