package io.silverback.server.storage;

/**
 * The groups cannot be told of now, such as before the store is open; says why, for the client, who
 * should try again later.
 */
public final class StoreNotReadyException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public StoreNotReadyException(String reason) {
    super(reason, null, false, false);
  }
}
