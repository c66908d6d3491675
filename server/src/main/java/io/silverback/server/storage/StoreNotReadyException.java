package io.silverback.server.storage;

/** The store is not open yet; says why, for the client, who should try again later. */
public final class StoreNotReadyException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  StoreNotReadyException(String reason) {
    super(reason, null, false, false);
  }
}
