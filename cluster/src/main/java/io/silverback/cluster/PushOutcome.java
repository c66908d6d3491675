package io.silverback.cluster;

/** What became of an update that was handed to the cluster. */
public sealed interface PushOutcome {
  /** The leader of the group says so, and what it says is safe. */
  record Answered(byte[] answer) implements PushOutcome {}

  /**
   * Nobody could say; it may take effect later, but never above a later update.
   *
   * @param reason for the client, says what to do
   */
  record Unavailable(String reason) implements PushOutcome {}
}
