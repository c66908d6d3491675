package io.silverback.server.flags;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Sizes as flags spell them: a number of bytes, KiB, MiB or GiB. */
public final class ByteSize {
  private static final Pattern SIZE = Pattern.compile("(\\d{1,12})(KiB|MiB|GiB|B|)");
  private static final Pattern PART = Pattern.compile("([1-9]\\d?|100)%");

  private ByteSize() {}

  /** The size in the largest unit that it has at least two digits of. */
  public static String format(long bytes) {
    if (bytes >= 10L << 30 || (bytes > 0 && bytes % (1L << 30) == 0)) {
      return (bytes >> 30) + "GiB";
    }
    if (bytes >= 10L << 20 || (bytes > 0 && bytes % (1L << 20) == 0)) {
      return (bytes >> 20) + "MiB";
    }
    return bytes >= 10L << 10 ? (bytes >> 10) + "KiB" : bytes + "B";
  }

  /**
   * The size in bytes.
   *
   * @throws IllegalArgumentException if the text is no such size
   */
  static long parse(String text) {
    Matcher size = SIZE.matcher(text);
    if (!size.matches()) {
      throw new IllegalArgumentException("not a size: text=" + text);
    }
    long unit =
        switch (size.group(2)) {
          case "KiB" -> 1L << 10;
          case "MiB" -> 1L << 20;
          case "GiB" -> 1L << 30;
          default -> 1;
        };
    long count = Long.parseLong(size.group(1));
    if (count > Long.MAX_VALUE / unit) {
      throw new IllegalArgumentException("size out of range: text=" + text);
    }
    return count * unit;
  }

  /**
   * The same, where {@code 60%} means a part of the whole, from 1 to 100.
   *
   * @throws IllegalArgumentException if the text is neither
   */
  static long parse(String text, long wholeBytes) {
    Matcher part = PART.matcher(text);
    return part.matches()
        ? (long) (wholeBytes / 100.0 * Integer.parseInt(part.group(1)))
        : parse(text);
  }
}
