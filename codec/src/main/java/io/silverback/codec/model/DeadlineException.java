package io.silverback.codec.model;

/** Ends a piece of work at its {@link Deadline}. Has no stack trace. */
public final class DeadlineException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** Why the work ends. */
  public enum Reason {
    /** It took too long. */
    TIME,
    /** Nobody waits for it. */
    ABANDONED
  }

  private final Reason reason;

  DeadlineException(Reason reason) {
    super("the work is ended: reason=" + reason, null, false, false);
    this.reason = reason;
  }

  public Reason reason() {
    return reason;
  }
}
