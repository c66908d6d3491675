package io.silverback.cluster.peer;

/** A connection that has to end, and why. */
sealed class RefusedException extends RuntimeException permits OtherVersionException {
  private static final long serialVersionUID = 1;

  private final Refusal refusal;

  RefusedException(Refusal refusal, String message) {
    super(message);
    this.refusal = refusal;
  }

  Refusal refusal() {
    return refusal;
  }
}
