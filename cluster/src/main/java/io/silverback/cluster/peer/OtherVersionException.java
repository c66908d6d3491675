package io.silverback.cluster.peer;

/** The peer does not speak the version that this side said hello in. */
final class OtherVersionException extends RefusedException {
  private static final long serialVersionUID = 1;

  private final int theirs;

  /**
   * A refusal.
   *
   * @param theirs the newest version that the peer speaks, which nothing has proved yet
   */
  OtherVersionException(int theirs, Versions ours) {
    super(Refusal.VERSION, message(theirs, ours));
    this.theirs = theirs;
  }

  int theirs() {
    return theirs;
  }

  static String message(int theirs, Versions ours) {
    return "the peer speaks another version of the protocol: theirs="
        + theirs
        + " ours="
        + ours.text();
  }
}
