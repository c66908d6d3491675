package io.silverback.server;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Sizes as flags spell them: a number of bytes, KiB, MiB or GiB. */
final class ByteSize {
  private static final Pattern SIZE = Pattern.compile("(\\d{1,12})(KiB|MiB|GiB|B|)");

  private ByteSize() {}

  /**
   * The size in bytes, from 1 to {@code most}.
   *
   * @throws IllegalArgumentException if the text is no such size
   */
  static long parse(String text, long most) {
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
    if (count < 1 || count > most / unit) {
      throw new IllegalArgumentException("size out of range: text=" + text);
    }
    return count * unit;
  }
}
