package io.silverback.codec.model;

import java.security.SecureRandom;

/**
 * Hash codes of texts that depend on secrets of this process.
 *
 * <p>Those of {@code String} are known to everyone, so that a client can choose thousands of texts
 * with the same one. Trees within the tables bound what that costs, but each look-up then compares
 * text after text.
 */
final class KeyedHash {
  /*
   * Implementation notes: the folded multiplication of wyhash, four characters at a time, with a
   * secret multiplier instead of a known one. Not proof against one who can measure or see hash
   * codes; nobody outside can, and the trees are still there.
   */
  private static final int AT_ONCE = Long.SIZE / Character.SIZE;

  private static final long START;
  private static final long MULTIPLIER;

  static {
    var random = new SecureRandom();
    START = random.nextLong();
    MULTIPLIER = random.nextLong() | 1;
  }

  private KeyedHash() {}

  /** Of all texts in their order. */
  static int of(String[] texts) {
    long hash = START;
    for (String text : texts) {
      hash = with(hash, text);
    }
    return (int) (hash ^ hash >>> Integer.SIZE);
  }

  private static long with(long before, String text) {
    int length = text.length();
    // The length keeps apart what differs only in where one text ends and the next begins.
    long hash = folded(before ^ length);
    int at = 0;
    for (; at <= length - AT_ONCE; at += AT_ONCE) {
      long four =
          text.charAt(at)
              | (long) text.charAt(at + 1) << 16
              | (long) text.charAt(at + 2) << 32
              | (long) text.charAt(at + 3) << 48;
      hash = folded(hash ^ four);
    }
    long rest = 0;
    for (; at < length; at++) {
      rest = rest << Character.SIZE | text.charAt(at);
    }
    return folded(hash ^ rest);
  }

  private static long folded(long value) {
    return value * MULTIPLIER ^ Math.unsignedMultiplyHigh(value, MULTIPLIER);
  }
}
