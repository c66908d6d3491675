package io.silverback.server.storage;

/** There is no memory to look at all groups with just now, or ever. Has no stack trace. */
public final class SnapshotRefusedException extends RuntimeException {
  /** Raises what may be taken. */
  public static final String FLAG = "--limits.max-scrape-memory";

  private static final long serialVersionUID = 1L;

  /**
   * A refusal.
   *
   * @param reason for the client; names the flag
   */
  public SnapshotRefusedException(String reason) {
    super(reason, null, false, false);
  }
}
