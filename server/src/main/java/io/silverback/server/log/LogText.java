package io.silverback.server.log;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.HexFormat;

/** Makes texts of any origin fit to stand in a log line: short enough, and only what prints. */
final class LogText {
  private static final HexFormat HEX = HexFormat.of();

  private LogText() {}

  /** Numbers and booleans as they are, all else as a text that is cut. */
  static Object bounded(Object value, int longest) {
    return value instanceof Boolean || value instanceof Integer || value instanceof Long
        ? value
        : cut(value.toString(), longest);
  }

  static String cut(String text, int longest) {
    if (text.length() <= longest) {
      return text;
    }
    int end = Character.isHighSurrogate(text.charAt(longest - 1)) ? longest - 1 : longest;
    return text.substring(0, end) + "... (" + (text.length() - end) + " more characters)";
  }

  static String stack(Throwable failure) {
    var text = new StringWriter();
    failure.printStackTrace(new PrintWriter(text));
    return text.toString();
  }

  /** Bare if that is unambiguous, else between quotation marks as Go writes them. */
  static void appendLogfmt(StringBuilder line, String text) {
    if (isBare(text)) {
      line.append(text);
      return;
    }
    line.append('"');
    text.codePoints()
        .forEach(
            c -> {
              switch (c) {
                case '"' -> line.append("\\\"");
                case '\\' -> line.append("\\\\");
                case '\n' -> line.append("\\n");
                case '\r' -> line.append("\\r");
                case '\t' -> line.append("\\t");
                default -> {
                  if (isPrintable(c)) {
                    line.appendCodePoint(c);
                  } else if (c < 0x80) {
                    line.append("\\x").append(HEX.toHexDigits((byte) c));
                  } else if (c < 0x10000) {
                    line.append("\\u").append(HEX.toHexDigits((char) c));
                  } else {
                    line.append("\\U").append(HEX.toHexDigits(c));
                  }
                }
              }
            });
    line.append('"');
  }

  static void appendJson(StringBuilder line, String text) {
    line.append('"');
    text.codePoints()
        .forEach(
            c -> {
              switch (c) {
                case '"' -> line.append("\\\"");
                case '\\' -> line.append("\\\\");
                case '\n' -> line.append("\\n");
                case '\r' -> line.append("\\r");
                case '\t' -> line.append("\\t");
                default -> {
                  if (isPrintable(c)) {
                    line.appendCodePoint(c);
                  } else {
                    for (char unit : Character.toChars(c)) {
                      line.append("\\u").append(HEX.toHexDigits(unit));
                    }
                  }
                }
              }
            });
    line.append('"');
  }

  // upstream: slog's text handler leaves a lone backslash bare, too.
  private static boolean isBare(String text) {
    return !text.isEmpty()
        && text.codePoints().allMatch(c -> c != ' ' && c != '"' && c != '=' && isPrintable(c));
  }

  /** False for all that could break a line, steer a terminal or turn the direction of reading. */
  private static boolean isPrintable(int c) {
    if (c < 0x7f) {
      return c >= ' ';
    }
    return switch (Character.getType(c)) {
      case Character.CONTROL,
          Character.FORMAT,
          Character.SURROGATE,
          Character.PRIVATE_USE,
          Character.UNASSIGNED,
          Character.LINE_SEPARATOR,
          Character.PARAGRAPH_SEPARATOR,
          Character.SPACE_SEPARATOR ->
          false;
      default -> true;
    };
  }
}
