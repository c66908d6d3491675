package io.silverback.server.storage;

/**
 * A group changed while it was read, and there was no memory to keep what it was. Has no stack
 * trace.
 */
public final class GroupLostException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public GroupLostException() {
    super(
        "a group changed while it was read, and there is no memory to keep what it was, raise "
            + SnapshotRefusedException.FLAG,
        null,
        false,
        false);
  }
}
