package io.silverback.server.group.select;

import io.silverback.codec.exposition.GoQuote;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;

/**
 * A position in the bytes of a selector, and the words that start there.
 *
 * <p>What does not stand at the position is answered with nothing, and the position stays; what
 * starts there but is broken throws a {@link MalformedSelectorException}.
 */
final class SelectorCursor {
  private static final int END = -1;

  /** The longer ones first. */
  private static final List<String> OPERATORS = List.of("=~", "!~", "!=", "=");

  private final byte[] bytes;
  private int at;

  SelectorCursor(String text) {
    try {
      ByteBuffer encoded = StandardCharsets.UTF_8.newEncoder().encode(CharBuffer.wrap(text));
      bytes = new byte[encoded.remaining()];
      encoded.get(bytes);
    } catch (CharacterCodingException _) {
      throw new MalformedSelectorException("selector is not UTF-8");
    }
  }

  int position() {
    return at;
  }

  boolean isAtEnd() {
    return at == bytes.length;
  }

  boolean isAt(char c) {
    return peek() == c;
  }

  /** Goes on after that character if it is here. */
  boolean skip(char c) {
    boolean found = isAt(c);
    at += found ? 1 : 0;
    return found;
  }

  /** Goes on after spaces and comments. */
  void skipSpace() {
    while (true) {
      switch (peek()) {
        case ' ', '\t', '\n', '\r' -> at++;
        case '#' -> {
          while (peek() != '\n' && peek() != '\r' && !isAtEnd()) {
            at++;
          }
        }
        default -> {
          return;
        }
      }
    }
  }

  Optional<String> metricName() {
    return name(true);
  }

  Optional<String> labelName() {
    return name(false);
  }

  Optional<String> operator() {
    for (String operator : OPERATORS) {
      int end = Math.min(bytes.length, at + operator.length());
      if (operator.equals(new String(bytes, at, end - at, StandardCharsets.US_ASCII))) {
        at = end;
        return Optional.of(operator);
      }
    }
    return Optional.empty();
  }

  /** A text in double or single quotes with the escapes of Go, or in backquotes without any. */
  Optional<String> quotedText() {
    int quote = peek();
    if (quote != '"' && quote != '\'' && quote != '`') {
      return Optional.empty();
    }
    int start = at++;
    var text = new ByteArrayOutputStream();
    while (peek() != quote) {
      if (isAtEnd() || (peek() == '\n' && quote != '`')) {
        throw malformed(start, "unterminated quoted string");
      }
      if (peek() == '\\' && quote != '`') {
        readEscape(quote, text);
      } else {
        text.write(bytes[at++]);
      }
    }
    at++;
    try {
      var decoder = StandardCharsets.UTF_8.newDecoder();
      return Optional.of(decoder.decode(ByteBuffer.wrap(text.toByteArray())).toString());
    } catch (CharacterCodingException _) {
      throw malformed(start, "quoted string is not UTF-8");
    }
  }

  private void readEscape(int quote, ByteArrayOutputStream text) {
    int start = at++;
    int letter = peek();
    at += isAtEnd() ? 0 : 1;
    switch (letter) {
      case 'a' -> text.write(7);
      case 'b' -> text.write('\b');
      case 'f' -> text.write('\f');
      case 'n' -> text.write('\n');
      case 'r' -> text.write('\r');
      case 't' -> text.write('\t');
      case 'v' -> text.write(11);
      case '\\' -> text.write('\\');
      case 'x' -> text.write(number(start, 2, 16, 0xFF));
      case 'u' -> writeCodePoint(number(start, 4, 16, Character.MAX_CODE_POINT), text);
      case 'U' -> writeCodePoint(number(start, 8, 16, Character.MAX_CODE_POINT), text);
      case '0', '1', '2', '3', '4', '5', '6', '7' -> {
        at--;
        text.write(number(start, 3, 8, 0xFF));
      }
      default -> {
        if (letter != quote) {
          throw malformed(start, "unknown escape sequence");
        }
        text.write(quote);
      }
    }
  }

  private int number(int start, int digits, int radix, int max) {
    long number = 0;
    for (int i = 0; i < digits; i++) {
      int digit = Character.digit(peek(), radix);
      if (digit < 0) {
        throw malformed(start, "escape sequence lacks digits");
      }
      number = number * radix + digit;
      at++;
    }
    boolean isSurrogate = number >= Character.MIN_SURROGATE && number <= Character.MAX_SURROGATE;
    if (number > max || isSurrogate) {
      throw malformed(start, "escape sequence is an invalid Unicode code point");
    }
    return (int) number;
  }

  private static void writeCodePoint(int codePoint, ByteArrayOutputStream text) {
    text.writeBytes(Character.toString(codePoint).getBytes(StandardCharsets.UTF_8));
  }

  private Optional<String> name(boolean colons) {
    int start = at;
    while (isNameByte(peek(), colons, at > start)) {
      at++;
    }
    return at == start ? Optional.empty() : Optional.of(text(start, at));
  }

  private static boolean isNameByte(int b, boolean colons, boolean digits) {
    return (b >= 'a' && b <= 'z')
        || (b >= 'A' && b <= 'Z')
        || b == '_'
        || (b == ':' && colons)
        || (b >= '0' && b <= '9' && digits);
  }

  private int peek() {
    return isAtEnd() ? END : bytes[at] & 0xff;
  }

  private String text(int from, int to) {
    return new String(bytes, from, to - from, StandardCharsets.UTF_8);
  }

  /** Names what stands here, where something else should. */
  MalformedSelectorException unexpected(String expected) {
    int start = at;
    String found = "end of input";
    if (!isAtEnd()) {
      String word = metricName().orElseGet(() -> Character.toString(codePoint()));
      found = GoQuote.quote(word);
    }
    return malformed(start, "unexpected " + found + ", expected " + expected);
  }

  private int codePoint() {
    return text(at, Math.min(bytes.length, at + 4)).codePointAt(0);
  }

  /** upstream: promql's ParseErr shows line and column in this way, both counted from 1. */
  MalformedSelectorException malformed(int position, String reason) {
    int line = 1;
    int column = 1;
    for (int i = 0; i < position; i++) {
      line += bytes[i] == '\n' ? 1 : 0;
      column = bytes[i] == '\n' ? 1 : column + 1;
    }
    return new MalformedSelectorException(line + ":" + column + ": parse error: " + reason);
  }
}
