package io.silverback.codec.model;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Label pairs in the order of their names.
 *
 * <p>Immutable. A name may stand twice, since a protobuf body can say so; the pairs then keep the
 * order in which they came, and the consistency check refuses them.
 */
public final class Labels implements Comparable<Labels> {
  public static final Labels EMPTY = new Labels(new String[0]);

  /** Names at even, values at odd positions. */
  private final String[] pairs;

  /** 0 until asked for. Threads that race write the same number, as those of a String do. */
  private int hash;

  private Labels(String[] pairs) {
    this.pairs = pairs;
  }

  /** Labels of alternating names and values, in any order. */
  public static Labels of(String... namesAndValues) {
    if (namesAndValues.length % 2 != 0) {
      throw new IllegalArgumentException(
          "names and values must alternate: length=" + namesAndValues.length);
    }
    var builder = new Builder();
    for (int i = 0; i < namesAndValues.length; i += 2) {
      builder.add(namesAndValues[i], namesAndValues[i + 1]);
    }
    return builder.build();
  }

  public static Labels of(Map<String, String> pairs) {
    var builder = new Builder();
    pairs.forEach(builder::add);
    return builder.build();
  }

  public int size() {
    return pairs.length / 2;
  }

  public boolean isEmpty() {
    return pairs.length == 0;
  }

  public String name(int index) {
    return pairs[2 * index];
  }

  public String value(int index) {
    return pairs[2 * index + 1];
  }

  /** The value of the first pair with that name. */
  public Optional<String> value(String name) {
    for (int i = 0; i < pairs.length; i += 2) {
      if (pairs[i].equals(name)) {
        return Optional.of(pairs[i + 1]);
      }
    }
    return Optional.empty();
  }

  public boolean has(String name) {
    for (int i = 0; i < pairs.length; i += 2) {
      if (pairs[i].equals(name)) {
        return true;
      }
    }
    return false;
  }

  /** The names alone, in order. */
  public List<String> names() {
    var names = new ArrayList<String>(size());
    for (int i = 0; i < pairs.length; i += 2) {
      names.add(pairs[i]);
    }
    return List.copyOf(names);
  }

  /** These pairs and {@code winners}, whose value counts where both have a name. */
  public Labels overriddenBy(Labels winners) {
    String[] merged = new String[pairs.length + winners.pairs.length];
    int length = 0;
    int left = 0;
    int right = 0;
    while (left < pairs.length || right < winners.pairs.length) {
      int order =
          left == pairs.length
              ? 1
              : right == winners.pairs.length ? -1 : pairs[left].compareTo(winners.pairs[right]);
      if (order == 0) {
        left += 2;
      } else if (order < 0) {
        merged[length++] = pairs[left++];
        merged[length++] = pairs[left++];
      } else {
        // The same name may stand several times on the left; skip them all before the winner.
        merged[length++] = winners.pairs[right++];
        merged[length++] = winners.pairs[right++];
        while (left < pairs.length && pairs[left].equals(merged[length - 2])) {
          left += 2;
        }
      }
    }
    return new Labels(length == merged.length ? merged : Arrays.copyOf(merged, length));
  }

  /** These pairs and {@code others}, each of those before the pairs with the same name. */
  public Labels with(Labels others) {
    if (others.isEmpty()) {
      return this;
    }
    String[] merged = new String[pairs.length + others.pairs.length];
    int own = 0;
    int other = 0;
    for (int at = 0; at < merged.length; at += 2) {
      boolean takesOther =
          other < others.pairs.length
              && (own == pairs.length || others.pairs[other].compareTo(pairs[own]) <= 0);
      String[] source = takesOther ? others.pairs : pairs;
      int from = takesOther ? other : own;
      merged[at] = source[from];
      merged[at + 1] = source[from + 1];
      other += takesOther ? 2 : 0;
      own += takesOther ? 0 : 2;
    }
    return new Labels(merged);
  }

  /**
   * The labels that give these when {@code others} are put back by {@link #with}.
   *
   * @throws IllegalArgumentException if there are none: one of the others is not the first pair of
   *     its name here
   */
  public Labels without(Labels others) {
    if (others.isEmpty()) {
      return this;
    }
    String[] rest = new String[Math.max(0, pairs.length - others.pairs.length)];
    int length = 0;
    int other = 0;
    for (int own = 0; own < pairs.length; own += 2) {
      if (other < others.pairs.length
          && pairs[own].equals(others.pairs[other])
          && pairs[own + 1].equals(others.pairs[other + 1])) {
        other += 2;
      } else if (length == rest.length
          || (other < others.pairs.length && pairs[own].equals(others.pairs[other]))) {
        break;
      } else {
        rest[length++] = pairs[own];
        rest[length++] = pairs[own + 1];
      }
    }
    if (other < others.pairs.length) {
      throw new IllegalArgumentException(
          "labels lack a pair: name=" + others.pairs[other] + " labels=" + this);
    }
    return length == 0 ? EMPTY : new Labels(rest);
  }

  /**
   * Fewer pairs first, then the values in the order of their names: the order of an exposition. Of
   * equal values the names decide, so that only equal labels compare as 0. Texts are compared by
   * code points, which is the order of their bytes in UTF-8.
   */
  public static Comparator<Labels> expositionOrder() {
    return (left, right) -> {
      int order = Integer.compare(left.pairs.length, right.pairs.length);
      order = order != 0 ? order : compare(left, right, 1);
      return order != 0 ? order : compare(left, right, 0);
    };
  }

  /**
   * Fewer pairs first, then the names, then the values. Among labels of the same names this is the
   * order of an exposition, whatever labels are put into all of them.
   */
  public static Comparator<Labels> namesOrder() {
    return (left, right) -> {
      int order = Integer.compare(left.pairs.length, right.pairs.length);
      order = order != 0 ? order : compare(left, right, 0);
      return order != 0 ? order : compare(left, right, 1);
    };
  }

  /** Compares all names (from 0) or all values (from 1) of as many pairs. */
  private static int compare(Labels left, Labels right, int from) {
    int order = 0;
    for (int i = from; order == 0 && i < left.pairs.length; i += 2) {
      order = compareCodePoints(left.pairs[i], right.pairs[i]);
    }
    return order;
  }

  /** Compares texts by code points, which is the order of their bytes in UTF-8. */
  public static int compareCodePoints(String left, String right) {
    int length = Math.min(left.length(), right.length());
    for (int i = 0; i < length; i++) {
      char a = left.charAt(i);
      char b = right.charAt(i);
      if (a != b) {
        // A surrogate is part of a character above all those of one unit.
        int order = Boolean.compare(Character.isSurrogate(a), Character.isSurrogate(b));
        return order != 0 ? order : Character.compare(a, b);
      }
    }
    return Integer.compare(left.length(), right.length());
  }

  /** Pair by pair, so that equal labels and nothing else compare as 0. */
  @Override
  public int compareTo(Labels other) {
    return Arrays.compare(pairs, other.pairs);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Labels labels && Arrays.equals(pairs, labels.pairs);
  }

  /** Differs from process to process, so that no client can choose labels that share one. */
  @Override
  public int hashCode() {
    int known = hash;
    if (known == 0) {
      known = KeyedHash.of(pairs);
      hash = known;
    }
    return known;
  }

  @Override
  public String toString() {
    var text = new StringBuilder("{");
    for (int i = 0; i < pairs.length; i += 2) {
      text.append(i == 0 ? "" : ",")
          .append(pairs[i])
          .append("=\"")
          .append(pairs[i + 1])
          .append('"');
    }
    return text.append('}').toString();
  }

  /** Collects pairs in any order. Not thread-safe; may be cleared and used again. */
  public static final class Builder {
    private static final int INSERTION_SORT_LIMIT = 128;

    private String[] pairs = new String[16];
    private int length;

    public Builder add(String name, String value) {
      if (length == pairs.length) {
        pairs = Arrays.copyOf(pairs, 2 * length);
      }
      pairs[length++] = name;
      pairs[length++] = value;
      return this;
    }

    /** True if a pair with that name was added since the last clear. */
    public boolean has(String name) {
      for (int i = 0; i < length; i += 2) {
        if (pairs[i].equals(name)) {
          return true;
        }
      }
      return false;
    }

    public void clear() {
      length = 0;
    }

    public Labels build() {
      if (length == 0) {
        return EMPTY;
      }
      if (length > INSERTION_SORT_LIMIT) {
        return new Labels(mergeSorted());
      }
      String[] sorted = Arrays.copyOf(pairs, length);
      // Insertion sort: stable, and bodies mostly come sorted already.
      for (int i = 2; i < length; i += 2) {
        String name = sorted[i];
        String value = sorted[i + 1];
        int at = i;
        while (at > 0 && sorted[at - 2].compareTo(name) > 0) {
          sorted[at] = sorted[at - 2];
          sorted[at + 1] = sorted[at - 1];
          at -= 2;
        }
        sorted[at] = name;
        sorted[at + 1] = value;
      }
      return new Labels(sorted);
    }

    // A hostile body may hold a million labels in reverse; they must not take a day.
    private String[] mergeSorted() {
      Integer[] order = new Integer[length / 2];
      Arrays.setAll(order, index -> 2 * index);
      Arrays.sort(order, Comparator.comparing(index -> pairs[index]));
      String[] sorted = new String[length];
      for (int i = 0; i < order.length; i++) {
        sorted[2 * i] = pairs[order[i]];
        sorted[2 * i + 1] = pairs[order[i] + 1];
      }
      return sorted;
    }
  }
}
