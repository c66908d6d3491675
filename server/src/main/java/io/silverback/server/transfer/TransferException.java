package io.silverback.server.transfer;

/** Ends a transfer, and says in one line for the operator why and what to change. */
final class TransferException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  TransferException(String message) {
    super(message, null, false, false);
  }
}
