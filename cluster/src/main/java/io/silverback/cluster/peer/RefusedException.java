package io.silverback.cluster.peer;

/** A connection that has to end, and why. */
sealed class RefusedException extends RuntimeException {
  private static final long serialVersionUID = 1;

  private final Refusal refusal;

  RefusedException(Refusal refusal, String message) {
    super(message);
    this.refusal = refusal;
  }

  Refusal refusal() {
    return refusal;
  }

  /** The peer does not speak the version that this side said hello in. */
  static final class OtherVersion extends RefusedException {
    private static final long serialVersionUID = 1;

    private final int theirs;

    /**
     * A refusal by the peer.
     *
     * @param theirs the newest version that the peer speaks, which nothing has proved yet
     */
    OtherVersion(int theirs, Versions ours) {
      super(Refusal.VERSION, ours.without(theirs));
      this.theirs = theirs;
    }

    int theirs() {
      return theirs;
    }
  }
}
