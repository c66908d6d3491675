package io.silverback.cluster;

/** A message, or a view, whose bytes are none that this version writes. */
public final class MalformedMessageException extends RuntimeException {
  private static final long serialVersionUID = 1;

  public MalformedMessageException(String message) {
    super(message);
  }
}
