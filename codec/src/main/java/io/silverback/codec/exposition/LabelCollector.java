package io.silverback.codec.exposition;

import io.silverback.codec.model.Labels;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import java.util.TreeMap;

/**
 * The labels of the sample line that is being read, each name once.
 *
 * <p>Takes time in proportion to the labels, also for a line of very many. Not thread-safe.
 */
final class LabelCollector {
  /** From here on names are looked up instead of searched for. */
  private static final int MANY = 16;

  private String[] pairs = new String[2 * MANY];
  private int length;
  private Set<String> seen = new HashSet<>();

  private final Labels.Builder builder = new Labels.Builder();

  private String[] lastPairs = new String[2 * MANY];
  private int lastLength;
  private Labels last = Labels.EMPTY;

  void clear() {
    length = 0;
    if (!seen.isEmpty()) {
      // Clearing would take the time of the longest line that ever was.
      seen = new HashSet<>();
    }
  }

  boolean has(String name) {
    if (length > 2 * MANY) {
      return seen.contains(name);
    }
    for (int i = 0; i < length; i += 2) {
      if (pairs[i].equals(name)) {
        return true;
      }
    }
    return false;
  }

  void add(String name, String value) {
    if (length == pairs.length) {
      pairs = Arrays.copyOf(pairs, 2 * length);
    }
    pairs[length++] = name;
    pairs[length++] = value;
    if (length > 2 * MANY) {
      if (seen.isEmpty()) {
        for (int i = 0; i < length; i += 2) {
          seen.add(pairs[i]);
        }
      } else {
        seen.add(name);
      }
    }
  }

  /** The labels collected; the same object as last time if they did not change. */
  Labels build() {
    if (Arrays.equals(pairs, 0, length, lastPairs, 0, lastLength)) {
      return last;
    }
    last = sorted();
    lastLength = length;
    if (lastPairs.length < length) {
      lastPairs = new String[pairs.length];
    }
    System.arraycopy(pairs, 0, lastPairs, 0, length);
    return last;
  }

  private Labels sorted() {
    if (length > 2 * MANY) {
      // The builder is quick only with few or sorted names.
      var ordered = new TreeMap<String, String>();
      for (int i = 0; i < length; i += 2) {
        ordered.put(pairs[i], pairs[i + 1]);
      }
      return Labels.of(ordered);
    }
    builder.clear();
    for (int i = 0; i < length; i += 2) {
      builder.add(pairs[i], pairs[i + 1]);
    }
    return builder.build();
  }
}
