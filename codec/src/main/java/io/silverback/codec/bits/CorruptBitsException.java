package io.silverback.codec.bits;

/**
 * Says where and why bits that were stored or received cannot have been written so: they end too
 * early, or hold what no writer writes.
 *
 * <p>It carries no stack trace, since the reader of a page or a frame counts it and goes on.
 */
public final class CorruptBitsException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** The message ends in {@code name=value}. */
  public CorruptBitsException(String message) {
    super(message, null, false, false);
  }
}
