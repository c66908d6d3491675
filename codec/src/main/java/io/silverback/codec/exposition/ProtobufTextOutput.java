package io.silverback.codec.exposition;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;

/**
 * Writes fields in the text form of protobuf, on one line or indented by two blanks a level.
 *
 * <p>Looks as Go's newest prototext does, without the second blank that it throws in at random. Not
 * thread-safe.
 */
final class ProtobufTextOutput {
  private static final HexFormat HEXADECIMAL = HexFormat.of();

  private enum Last {
    NOTHING,
    NAME,
    VALUE,
    OPEN,
    CLOSE
  }

  private final ExpositionBuffer out;
  private final boolean indented;
  private Last last = Last.NOTHING;
  private int depth;

  ProtobufTextOutput(ExpositionBuffer out, boolean indented) {
    this.out = out;
    this.indented = indented;
  }

  void open(String name) {
    name(name);
    value("{");
    last = Last.OPEN;
    depth++;
  }

  void close() {
    depth--;
    if (indented && last != Last.OPEN) {
      newLine();
    }
    out.put('}');
    last = Last.CLOSE;
  }

  void number(String name, double value) {
    name(name);
    value(number(value));
  }

  void unsigned(String name, long value) {
    name(name);
    value(Long.toUnsignedString(value));
  }

  void signed(String name, long value) {
    name(name);
    value(Long.toString(value));
  }

  /** A word that is not quoted. */
  void word(String name, String value) {
    name(name);
    value(value);
  }

  void text(String name, String value) {
    name(name);
    value("\"");
    for (int from = 0; from < value.length(); ) {
      int plainEnd = from;
      while (plainEnd < value.length() && isPlain(value.charAt(plainEnd))) {
        plainEnd++;
      }
      out.put(value.substring(from, plainEnd));
      if (plainEnd < value.length()) {
        out.put(escaped(value.charAt(plainEnd)));
      }
      from = plainEnd + 1;
    }
    out.put('"');
  }

  /** Bytes that may be text; others are written one by one. */
  void bytes(String name, byte[] value) {
    var text = new String(value, StandardCharsets.UTF_8);
    if (Arrays.equals(text.getBytes(StandardCharsets.UTF_8), value)) {
      text(name, text);
      return;
    }
    name(name);
    value("\"");
    for (byte one : value) {
      char c = (char) (one & 0xFF);
      out.put(c < 0x80 ? isPlain(c) ? Character.toString(c) : escaped(c) : hexadecimal(one));
    }
    out.put('"');
  }

  private void name(String name) {
    if (indented && last != Last.NOTHING) {
      newLine();
    }
    if (!indented && (last == Last.VALUE || last == Last.CLOSE)) {
      out.put(' ');
    }
    out.put(name);
    out.put(':');
    last = Last.NAME;
  }

  private void value(String value) {
    if (indented) {
      out.put(' ');
    }
    out.put(value);
    last = Last.VALUE;
  }

  private void newLine() {
    out.put('\n');
    for (int i = 0; i < depth; i++) {
      out.put("  ");
    }
  }

  private static boolean isPlain(char c) {
    return c >= ' ' && c != '"' && c != '\\' && (c < 0x7F || c > 0x9F);
  }

  private static String escaped(char c) {
    return switch (c) {
      case '"' -> "\\\"";
      case '\\' -> "\\\\";
      case '\n' -> "\\n";
      case '\r' -> "\\r";
      case '\t' -> "\\t";
      default -> c < 0x80 ? hexadecimal((byte) c) : "\\u" + HEXADECIMAL.toHexDigits(c);
    };
  }

  private static String hexadecimal(byte one) {
    return "\\x" + HEXADECIMAL.toHexDigits(one);
  }

  private static String number(double value) {
    if (Double.isNaN(value)) {
      return "nan";
    }
    if (Double.isInfinite(value)) {
      return value > 0 ? "inf" : "-inf";
    }
    return GoNumbers.toString(value);
  }
}
