package io.silverback.server.flags;

/** Says in one line, for the operator, why the server cannot start and what to change. */
public final class StartUpException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public StartUpException(String message) {
    super(message);
  }
}
