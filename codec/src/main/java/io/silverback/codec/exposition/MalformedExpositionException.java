package io.silverback.codec.exposition;

/** Says where and why bytes that a client sent are not an exposition. The message is for them. */
public final class MalformedExpositionException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final String reason;
  private final int line;
  private final int column;

  private MalformedExpositionException(String message, String reason, int line, int column) {
    super(message, null, false, false);
    this.reason = reason;
    this.line = line;
    this.column = column;
  }

  /** A fault in a line of the text format; line and column are counted from 1. */
  public static MalformedExpositionException inLine(int line, int column, String reason) {
    // upstream: expfmt's ParseError prints exactly this, and clients show it to people.
    return new MalformedExpositionException(
        "text format parsing error in line " + line + ": " + reason, reason, line, column);
  }

  /** A fault in a protobuf body, which has no lines. */
  public static MalformedExpositionException inMessage(String reason) {
    return new MalformedExpositionException(reason, reason, 0, 0);
  }

  /** The message without the place. */
  public String reason() {
    return reason;
  }

  /** The line of the fault, counted from 1; 0 if the body has no lines. */
  public int line() {
    return line;
  }

  /** The character of the line where the fault was seen, counted from 1; 0 without lines. */
  public int column() {
    return column;
  }
}
