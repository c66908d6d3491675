package io.silverback.codec.exposition;

import java.nio.charset.StandardCharsets;

/** Text in error messages, quoted as Go's %q verb does it: clients see these messages. */
public final class GoQuote {
  /** Longer text is cut in a message, so that a refused body is not sent back as a whole. */
  static final int MAX_QUOTED_BYTES = 8192;

  private GoQuote() {}

  public static String quote(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    return quote(bytes, 0, bytes.length);
  }

  /** The bytes {@code [from, to)} in double quotes; what is not UTF-8 as {@code \xNN}. */
  static String quote(byte[] bytes, int from, int to) {
    int end = Math.min(to, from + MAX_QUOTED_BYTES);
    var quoted = new StringBuilder().append('"');
    int at = from;
    while (at < end) {
      int length = sequenceLength(bytes, at, to);
      if (length == 0) {
        quoted.append(hex("\\x", bytes[at] & 0xff, 2));
        at++;
      } else {
        int codePoint = new String(bytes, at, length, StandardCharsets.UTF_8).codePointAt(0);
        append(codePoint, '"', quoted);
        at += length;
      }
    }
    return quoted.append(end < to ? "\"..." : "\"").toString();
  }

  /** One byte in single quotes, taken as the code point of that number. */
  static String quoteByte(int oneByte) {
    var quoted = new StringBuilder().append('\'');
    append(oneByte, '\'', quoted);
    return quoted.append('\'').toString();
  }

  private static void append(int codePoint, char delimiter, StringBuilder out) {
    switch (codePoint) {
      case 7 -> out.append("\\a");
      case '\b' -> out.append("\\b");
      case '\f' -> out.append("\\f");
      case '\n' -> out.append("\\n");
      case '\r' -> out.append("\\r");
      case '\t' -> out.append("\\t");
      case 11 -> out.append("\\v");
      case '\\' -> out.append("\\\\");
      default -> {
        if (codePoint == delimiter) {
          out.append('\\').append(delimiter);
        } else if (isPrintable(codePoint)) {
          out.appendCodePoint(codePoint);
        } else if (codePoint < ' ' || codePoint == 0x7f) {
          out.append(hex("\\x", codePoint, 2));
        } else if (codePoint <= Character.MAX_VALUE) {
          out.append(hex("\\u", codePoint, 4));
        } else {
          out.append(hex("\\U", codePoint, 8));
        }
      }
    }
  }

  private static boolean isPrintable(int codePoint) {
    return switch (Character.getType(codePoint)) {
      case Character.CONTROL,
          Character.FORMAT,
          Character.SURROGATE,
          Character.PRIVATE_USE,
          Character.UNASSIGNED,
          Character.LINE_SEPARATOR,
          Character.PARAGRAPH_SEPARATOR ->
          false;
      case Character.SPACE_SEPARATOR -> codePoint == ' ';
      default -> true;
    };
  }

  private static String hex(String prefix, int number, int digits) {
    String text = Integer.toHexString(number);
    return prefix + "0".repeat(digits - text.length()) + text;
  }

  /** The length of the UTF-8 sequence that starts at an index, 0 if it is not one. */
  private static int sequenceLength(byte[] bytes, int at, int to) {
    int first = bytes[at] & 0xff;
    int length = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    return at + length <= to && Utf8.isValid(bytes, at, at + length) ? length : 0;
  }
}
