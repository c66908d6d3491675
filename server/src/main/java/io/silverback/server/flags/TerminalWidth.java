package io.silverback.server.flags;

import java.util.Map;
import java.util.Optional;

/** How long a line of help may be. */
public final class TerminalWidth {
  private static final int USUAL = 80;
  private static final int LEAST = 60;
  private static final int MOST = 140;

  private TerminalWidth() {}

  /**
   * The {@code COLUMNS} of the environment, within limits that can be read; 80 if it does not say.
   */
  public static int of(Map<String, String> environment) {
    return Optional.ofNullable(environment.get("COLUMNS"))
        .filter(given -> given.matches("[1-9][0-9]{0,3}"))
        .map(given -> Math.clamp(Integer.parseInt(given), LEAST, MOST))
        .orElse(USUAL);
  }
}
