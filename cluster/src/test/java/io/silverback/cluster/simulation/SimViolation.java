package io.silverback.cluster.simulation;

/** Something happened in the simulation that must never happen. */
final class SimViolation extends AssertionError {
  private static final long serialVersionUID = 1;

  SimViolation(String message) {
    super(message);
  }
}
