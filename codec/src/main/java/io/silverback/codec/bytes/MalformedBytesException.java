package io.silverback.codec.bytes;

/** Says why bytes from another node, or of a view, are not what this version writes. */
public final class MalformedBytesException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** The message ends in {@code name=value}. */
  public MalformedBytesException(String message) {
    super(message);
  }
}
