package io.silverback.codec.bytes;

/**
 * Says where and why the bytes of a frame or a page, stored or received, are not what was written.
 *
 * <p>It carries no stack trace, since the reader counts it and goes on.
 */
public final class CorruptFrameException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** The message ends in {@code name=value}. */
  public CorruptFrameException(String message) {
    super(message, null, false, false);
  }
}
