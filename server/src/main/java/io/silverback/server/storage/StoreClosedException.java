package io.silverback.server.storage;

/** The store was closed: the server is going down, and a client should try again elsewhere. */
public final class StoreClosedException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public StoreClosedException() {
    super("store is closed", null, false, false);
  }
}
