package io.silverback.server.storage;

/** Bytes from another node that are not what they should be. */
public final class MalformedBytesException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public MalformedBytesException(String message) {
    super(message);
  }
}
