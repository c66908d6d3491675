package io.silverback.server.flags;

import java.util.Collection;
import java.util.Comparator;
import java.util.Optional;

/** Finds the name that a misspelled one means. */
public final class Spelling {
  /** One mistake in as many letters is taken for a slip. */
  private static final int LETTERS_PER_MISTAKE = 5;

  private Spelling() {}

  /** The known name that is nearest, if it is near enough; or the only one that ends so. */
  public static Optional<String> closest(String given, Collection<String> known) {
    int most = given.length() / LETTERS_PER_MISTAKE;
    Optional<String> near =
        known.stream()
            // Lengths first: what is given may be of any.
            .filter(name -> Math.abs(name.length() - given.length()) <= most)
            .filter(name -> distance(given, name) <= most)
            .min(Comparator.comparingInt(name -> distance(given, name)));
    return near.or(() -> only(known, given.replaceFirst("^-+", "")));
  }

  /** When the first part of a name is left out. */
  private static Optional<String> only(Collection<String> known, String end) {
    var matching = known.stream().filter(name -> name.endsWith("." + end)).toList();
    return matching.size() == 1 ? Optional.of(matching.getFirst()) : Optional.empty();
  }

  /** How many letters have to be changed, added or taken away; two that changed places are one. */
  static int distance(String from, String to) {
    int[][] steps = new int[from.length() + 1][to.length() + 1];
    for (int i = 0; i <= from.length(); i++) {
      for (int j = 0; j <= to.length(); j++) {
        if (i == 0 || j == 0) {
          steps[i][j] = i + j;
          continue;
        }
        int change = from.charAt(i - 1) == to.charAt(j - 1) ? 0 : 1;
        int fewest = Math.min(steps[i - 1][j], steps[i][j - 1]) + 1;
        fewest = Math.min(fewest, steps[i - 1][j - 1] + change);
        if (i > 1
            && j > 1
            && from.charAt(i - 1) == to.charAt(j - 2)
            && from.charAt(i - 2) == to.charAt(j - 1)) {
          fewest = Math.min(fewest, steps[i - 2][j - 2] + 1);
        }
        steps[i][j] = fewest;
      }
    }
    return steps[from.length()][to.length()];
  }
}
