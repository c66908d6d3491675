package io.silverback.server.storage;

/** A store cannot be opened where it was asked for; says what the operator has to change. */
public final class StoreUnusableException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public StoreUnusableException(String message) {
    super(message);
  }

  public StoreUnusableException(String message, Throwable cause) {
    super(message, cause);
  }
}
