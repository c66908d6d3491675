package io.silverback.codec.exposition;

/** Says where and why bytes that a client sent are not an exposition. The message is for them. */
public final class MalformedExpositionException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final int line;

  private MalformedExpositionException(String message, int line) {
    super(message, null, false, false);
    this.line = line;
  }

  /** A fault in a line of the text format, counted from 1. */
  public static MalformedExpositionException inLine(int line, String reason) {
    // upstream: expfmt's ParseError prints exactly this, and clients show it to people.
    return new MalformedExpositionException(
        "text format parsing error in line " + line + ": " + reason, line);
  }

  /** A fault in a protobuf body, which has no lines. */
  public static MalformedExpositionException inMessage(String reason) {
    return new MalformedExpositionException(reason, 0);
  }

  /** The line of the fault, counted from 1; 0 if the body has no lines. */
  public int line() {
    return line;
  }
}
