package io.silverback.codec.exposition;

import java.util.Arrays;

/**
 * A place in the bytes of a text exposition, and the words to move it on. The bytes may come in
 * pieces of whole lines.
 *
 * <p>The cursor stands on the byte that was read last, {@link #current}. What is read as a token
 * stays until the next token is read. Whatever ends before its line does throws the {@link
 * MalformedExpositionException} of a premature end. Not thread-safe; only reads the body.
 */
final class TextCursor {
  private static final boolean[] NAME_BYTES = new boolean[128];

  static {
    for (char c = 0; c < NAME_BYTES.length; c++) {
      NAME_BYTES[c] =
          (c >= 'a' && c <= 'z')
              || (c >= 'A' && c <= 'Z')
              || (c >= '0' && c <= '9')
              || c == '_'
              || c == ':';
    }
  }

  private byte[] body = {};
  private int length;
  private int next;
  private int line;
  private int lineStart;
  private int current;

  /** A token is a piece of the body as long as it holds no escapes or quotes. */
  private byte[] token = body;

  private int tokenFrom;
  private int tokenTo;

  /** Where the token begins in the body, of one with escapes, too. */
  private int tokenStart;

  private byte[] scratch = new byte[64];

  /** Goes on with the next bytes of the body, from the start of a line. */
  void enter(byte[] bytes, int from, int end) {
    body = bytes;
    length = end;
    next = from;
    token = bytes;
    // The end of the piece before was taken for the start of a line.
    line = Math.max(0, line - 1);
  }

  /** Moves to the first byte of the next line that is not a blank; false if there is none. */
  boolean startLine() {
    line++;
    lineStart = next;
    while (next < length) {
      current = body[next++] & 0xff;
      if (!atBlank()) {
        return true;
      }
    }
    return false;
  }

  int current() {
    return current;
  }

  boolean atNewline() {
    return current == '\n';
  }

  boolean atBlank() {
    return current == ' ' || current == '\t';
  }

  /** Moves on by a byte, and further to the next one that is not a blank. */
  void skipBlanks() {
    do {
      advance();
    } while (atBlank());
  }

  void skipBlanksIfAtBlank() {
    if (atBlank()) {
      skipBlanks();
    }
  }

  /** Moves to the end of a line in which there is a fault; false if that is the end of all. */
  boolean leaveLine() {
    int at = next - 1;
    while (at < length && body[at] != '\n') {
      at++;
    }
    next = Math.min(length, at + 1);
    return next < length;
  }

  void skipLine() {
    int at = next - 1;
    while (at < length && body[at] != '\n') {
      at++;
    }
    moveTo(at);
  }

  byte[] token() {
    return token;
  }

  int tokenFrom() {
    return tokenFrom;
  }

  int tokenTo() {
    return tokenTo;
  }

  boolean tokenIsEmpty() {
    return tokenFrom == tokenTo;
  }

  boolean tokenIs(byte[] word) {
    return Arrays.equals(token, tokenFrom, tokenTo, word, 0, word.length);
  }

  String quotedToken() {
    return GoQuote.quote(token, tokenFrom, tokenTo);
  }

  /** Reads from the current byte up to a blank or the end of the line. */
  void readWord() {
    startTokenAtCurrent();
    int at = next - 1;
    while (at < length && body[at] != '\n' && body[at] != ' ' && body[at] != '\t') {
      at++;
    }
    moveTo(at);
    endTokenBeforeCurrent();
  }

  /** Reads from the current byte up to the end of the line, with escapes. */
  void readEscapedLine() {
    startTokenAtCurrent();
    int at = next - 1;
    while (at < length && body[at] != '\n' && body[at] != '\\') {
      at++;
    }
    moveTo(at);
    endTokenBeforeCurrent();
    if (atNewline()) {
      return;
    }
    continueInScratch();
    while (!atNewline()) {
      if (current == '\\') {
        advance();
        append(unescaped());
      } else {
        append(current);
      }
      advance();
    }
  }

  /**
   * Reads from the current byte up to the end of the line.
   *
   * <p>upstream: backslashes vanish here, as text_parse.go takes each for the start of an escape.
   */
  void readLineWithoutBackslashes() {
    startTokenAtCurrent();
    endTokenBeforeCurrent();
    continueInScratch();
    while (!atNewline()) {
      if (current != '\\') {
        append(current);
      }
      advance();
    }
  }

  /** Reads the name of a metric; an empty token if the current byte cannot start one. */
  void readMetricName() {
    readName("metric", true);
  }

  /** Reads the name of a label; an empty token if the current byte cannot start one. */
  void readLabelName() {
    readName("label", false);
  }

  private void readName(String kind, boolean colons) {
    startTokenAtCurrent();
    if (current >= '0' && current <= '9') {
      endTokenBeforeCurrent();
      return;
    }
    int at = next - 1;
    while (at < length && isPlainNameByte(body[at], colons)) {
      at++;
    }
    moveTo(at);
    endTokenBeforeCurrent();
    if (current == '"') {
      continueInScratch();
      readQuotedName(kind);
    }
  }

  /** upstream: a quote may open in the middle of a name, and the closing one ends the name. */
  private void readQuotedName(String kind) {
    advance();
    while (current != '"') {
      if (atNewline()) {
        throw malformed(kind + " name " + quotedToken() + " contains unescaped new-line");
      }
      if (current == '\\') {
        advance();
        append(unescaped());
      } else {
        append(current);
      }
      advance();
    }
    advance();
  }

  /** Reads what stands between the quote that is the current byte and the next one. */
  void readLabelValue() {
    advance();
    startTokenAtCurrent();
    int at = next - 1;
    while (at < length && body[at] != '"' && body[at] != '\\' && body[at] != '\n') {
      at++;
    }
    moveTo(at);
    endTokenBeforeCurrent();
    if (current == '\\') {
      continueInScratch();
      while (current != '"' && !atNewline()) {
        if (current == '\\') {
          advance();
          append(unescaped());
        } else {
          append(current);
        }
        advance();
      }
    }
    if (atNewline()) {
      throw malformed("label value " + quotedToken() + " contains unescaped new-line");
    }
  }

  /** A fault at the current byte. */
  MalformedExpositionException malformed(String reason) {
    return malformedAt(next - 1, reason);
  }

  /** A fault of the token. */
  MalformedExpositionException malformedToken(String reason) {
    return malformedAt(tokenStart, reason);
  }

  private MalformedExpositionException malformedAt(int at, String reason) {
    int column = 1;
    for (int i = lineStart; i < at; i++) {
      // The later bytes of a character of UTF-8 are no column of their own.
      column += (body[i] & 0xc0) == 0x80 ? 0 : 1;
    }
    return MalformedExpositionException.inLine(line, column, reason);
  }

  private void advance() {
    moveTo(next);
  }

  private void moveTo(int at) {
    if (at == length) {
      throw malformedAt(length, "unexpected end of input stream");
    }
    current = body[at] & 0xff;
    next = at + 1;
  }

  private int unescaped() {
    return switch (current) {
      case '\\', '"' -> current;
      case 'n' -> '\n';
      default -> throw malformed("invalid escape sequence '\\" + (char) current + "'");
    };
  }

  private static boolean isPlainNameByte(byte value, boolean colons) {
    return value >= 0 && NAME_BYTES[value] && (colons || value != ':');
  }

  private void startTokenAtCurrent() {
    token = body;
    tokenFrom = next - 1;
    tokenStart = tokenFrom;
  }

  private void endTokenBeforeCurrent() {
    tokenTo = next - 1;
  }

  private void continueInScratch() {
    int count = tokenTo - tokenFrom;
    if (scratch.length < count) {
      scratch = new byte[2 * count];
    }
    System.arraycopy(body, tokenFrom, scratch, 0, count);
    token = scratch;
    tokenFrom = 0;
    tokenTo = count;
  }

  private void append(int value) {
    if (tokenTo == scratch.length) {
      scratch = Arrays.copyOf(scratch, 2 * scratch.length);
      token = scratch;
    }
    scratch[tokenTo++] = (byte) value;
  }
}
